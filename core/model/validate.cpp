#include <string_view>

#include "core/base/error.hpp"
#include "core/model/task.hpp"
#include "core/time/quote.hpp"

namespace uvsched {

void validate_text(const char* argument, const std::string& value, std::size_t limit) {
    const auto refuse = [&](const std::string& why) {
        fail(Code::invalid, std::string(argument) + ": " + in_quotes(value) + " " + why);
    };
    if (value.empty())
        fail(Code::invalid, std::string(argument) + ": empty; give 1 to " + std::to_string(limit) + " bytes of UTF-8");
    if (value.size() > limit) {
        refuse("has " + std::to_string(value.size()) + " bytes; at most " + std::to_string(limit) + " are allowed");
    }
    for (std::string_view rest = value; !rest.empty();) {
        const std::size_t length = utf8_length(rest);
        if (length == 0) refuse("is not UTF-8 (from byte " + std::to_string(value.size() - rest.size()) + " on)");
        if (is_control(rest)) refuse("has a control character");
        rest.remove_prefix(length);
    }
}

}  // namespace uvsched
