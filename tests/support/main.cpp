#include <doctest/doctest.h>

#include "tests/support/run_tests.hpp"

int main(int argc, char** argv) {
    doctest::Context context(argc, argv);
    return run_tests(context);
}
