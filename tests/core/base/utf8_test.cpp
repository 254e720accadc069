#include "core/base/utf8.hpp"

#include <doctest/doctest.h>

using namespace uvsched;

TEST_CASE("UTF-8 is what the standard says it is") {
    CHECK(utf8_length("a") == 1);
    CHECK(utf8_length("\xC3\xB1") == 2);
    CHECK(utf8_length("\xE2\x82\xAC") == 3);
    CHECK(utf8_length("\xF0\x9F\x98\x80") == 4);
    const char* const bad[] = {
        "",                  // nothing
        "\x80",              // a continuation first
        "\xC3",              // cut short
        "\xC3z",             // no continuation
        "\xC0\x80",          // overlong
        "\xC1\xBF",          // overlong
        "\xE0\x80\x80",      // overlong
        "\xF0\x80\x80\x80",  // overlong
        "\xED\xA0\x80",      // a surrogate
        "\xF4\x90\x80\x80",  // beyond U+10FFFF
        "\xF5\x80\x80\x80",
        "\xFF",
    };
    for (const char* text : bad) CHECK(utf8_length(text) == 0);
}
