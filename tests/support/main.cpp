#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <stdlib.h>

int main(int argc, char** argv) {
    ::setenv("TZ", "UTC", 1);  // what names no zone means the same on each machine
    return doctest::Context(argc, argv).run();
}
