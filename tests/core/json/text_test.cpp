#include "core/json/text.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"

using namespace uvsched;

TEST_CASE("JSON text is bounded before it is parsed") {
    const auto message = [](const std::string& text) {
        try {
            static_cast<void>(parse_json(text, "arguments"));
        } catch (const Error& error) {
            CHECK(error.code() == Code::invalid);
            return error.message();
        }
        return std::string();
    };
    CHECK(message("[1, 2.5, -3, \"é\", null, true, {\"a\": 1e400000}]").starts_with("arguments: not JSON at byte "));
    CHECK(message("[1, 2.5, -3, \"é\", null, true, {\"a\": {}}]") == "");
    CHECK(message("").starts_with("arguments: not JSON at byte "));
    CHECK(message("{} {}").starts_with("arguments: not JSON at byte "));
    CHECK(message("[\"\xFF\"]").starts_with("arguments: not JSON at byte "));
    CHECK(message("\xDB]").ends_with("last read: '\\xdb'"));
    CHECK(message("[\"" + std::string(400, 'x')).size() < 300);
    CHECK(message(R"({"a":1,"b":{"a":1},"a":2})") == "arguments: the name \"a\" is given twice");
    CHECK(message("[18446744073709551615, -9223372036854775808]") == "");
    CHECK(message("[18446744073709551616]") ==
          "arguments: the whole number 18446744073709551616 does not fit into 64 bits");
    CHECK(message("[-9223372036854775809]") ==
          "arguments: the whole number -9223372036854775809 does not fit into 64 bits");
    CHECK(message(std::string(64, '[') + std::string(64, ']')) == "");
    CHECK(message(std::string(65, '[') + std::string(65, ']')) == "arguments: nested deeper than 64");
    CHECK(message(std::string(900'000, '[')) == "arguments: nested deeper than 64");
    CHECK(message("\"" + std::string(kMaxJsonBytes - 2, 'x') + "\"") == "");
    CHECK(message("\"" + std::string(kMaxJsonBytes - 1, 'x') + "\"") == "arguments: longer than 1048576 bytes of JSON");
}

TEST_CASE("values in messages are cut between characters") {
    CHECK(json_excerpt(5) == "5");
    CHECK(json_excerpt("text") == "\"text\"");
    const std::string cut = json_excerpt(nlohmann::json::array({std::string(100, 'x'), "é"}));
    CHECK(cut == "[\"" + std::string(58, 'x') + "…");
    CHECK(json_excerpt(nlohmann::json::array({std::string(57, 'x') + "éé"})) == "[\"" + std::string(57, 'x') + "é…");
}
