#include "core/base/name.hpp"

#include <doctest/doctest.h>

#include "core/base/error.hpp"

using namespace uvsched;

namespace {

std::string refusal(const std::string& value, std::size_t limit = 255) {
    try {
        validate_text("id", value, limit);
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("ids, names and functions are short UTF-8 text without control characters") {
    CHECK(refusal("digest") == "");
    CHECK(refusal("módulo:función 😀") == "");
    CHECK(refusal(std::string(255, 'x')) == "");
    CHECK(refusal("abc", 3) == "");
    CHECK(refusal("") == "id: empty; give 1 to 255 bytes of UTF-8");
    CHECK(refusal("abcd", 3) == "id: \"abcd\" has 4 bytes; at most 3 are allowed");
    CHECK(refusal(std::string(256, 'x')) ==
          "id: \"" + std::string(60, 'x') + "…\" has 256 bytes; at most 255 are allowed");
    CHECK(refusal("a\tb") == "id: \"a\\x09b\" has a control character");
    CHECK(refusal(std::string("a\0b", 3)) == "id: \"a\\x00b\" has a control character");
    CHECK(refusal("a\x7f") == "id: \"a\\x7f\" has a control character");
    CHECK(refusal("a\xC2\x9F") == "id: \"a\\xc2\\x9f\" has a control character");
    CHECK(refusal("a\xC2\xA0") == "");
    CHECK(refusal("ab\xFF") == "id: \"ab\\xff\" is not UTF-8 (from byte 2 on)");
    CHECK(refusal("\xED\xA0\x80") == "id: \"\\xed\\xa0\\x80\" is not UTF-8 (from byte 0 on)");
}
