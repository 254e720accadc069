#include "core/base/name.hpp"

#include <string_view>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/base/utf8.hpp"

namespace uvsched {

void check_utf8(const char* argument, std::string_view value) {
    for (std::string_view rest = value; !rest.empty(); rest.remove_prefix(utf8_length(rest))) {
        if (utf8_length(rest) != 0) continue;
        fail(Code::invalid, std::string(argument) + ": " + in_quotes(value) + " is not UTF-8 (from byte " +
                                std::to_string(value.size() - rest.size()) + " on)");
    }
}

void validate_text(const char* argument, const std::string& value, std::size_t limit) {
    const auto refuse = [&](const std::string& why) {
        fail(Code::invalid, std::string(argument) + ": " + in_quotes(value) + " " + why);
    };
    if (value.empty())
        fail(Code::invalid, std::string(argument) + ": empty; give 1 to " + std::to_string(limit) + " bytes of UTF-8");
    if (value.size() > limit) {
        refuse("has " + std::to_string(value.size()) + " bytes; at most " + std::to_string(limit) + " are allowed");
    }
    check_utf8(argument, value);
    for (std::string_view rest = value; !rest.empty(); rest.remove_prefix(utf8_length(rest))) {
        if (is_control(rest)) refuse("has a control character");
    }
}

}  // namespace uvsched
