#include "arguments.hpp"

#include <nlohmann/json.hpp>

#include "core/base/name.hpp"
#include "core/base/quote.hpp"
#include "core/base/utf8.hpp"
#include "core/json/text.hpp"
#include "core/model/task.hpp"

namespace uvsched::capi {
namespace {

constexpr std::size_t kMaxErrorText = 65'536;

[[noreturn]] void refuse_number(std::int64_t value, const std::string& why, const char* argument) {
    fail(Code::invalid, std::string(argument) + ": " + std::to_string(value) + " " + why);
}

void check_pair(const char* text, std::size_t length, const char* argument) {
    if (text == nullptr && length != 0) {
        throw ArgumentError(Code::invalid,
                            std::string(argument) + ": NULL, with a length of " + std::to_string(length));
    }
}

}  // namespace

std::string name_argument(const char* text, const char* argument, std::size_t limit) {
    std::string value = not_null(text, argument);
    validate_text(argument, value, limit);
    return value;
}

std::string optional_name(const char* text, const char* argument) {
    return text == nullptr ? std::string() : name_argument(text, argument);
}

std::string text_argument(const char* text, const char* argument, std::size_t limit) {
    std::string value = not_null(text, argument);
    if (value.size() > limit) {
        fail(Code::invalid,
             std::string(argument) + ": " + in_quotes(value) + " has more than " + std::to_string(limit) + " bytes");
    }
    check_utf8(argument, value);
    return value;
}

std::int64_t at_least(std::int64_t value, std::int64_t least, const char* argument) {
    if (value < least) refuse_number(value, "is less than " + std::to_string(least), argument);
    return value;
}

std::int32_t int_at_least(int value, int least, const char* argument) {
    return static_cast<std::int32_t>(at_least(value, least, argument));
}

std::int32_t catch_up_argument(int value) {
    if (value > kMostCatchUp) refuse_number(value, "is more than 100000", "max_catch_up");
    return int_at_least(value, 1, "max_catch_up");
}

std::int64_t instant_argument(std::int64_t value, const char* argument) {
    if (value < 0 || value >= kHorizon) {
        refuse_number(value, "is not in the years 1970 to 2199 (in microseconds since 1970)", argument);
    }
    return value;
}

bool flag_argument(int value, const char* argument) {
    if (value != 0 && value != 1) refuse_number(value, "is neither 0 nor 1", argument);
    return value == 1;
}

std::uint64_t event_mask(std::uint64_t mask) {
    if ((mask & ~UVSCHED_EVENT_ALL) != 0) {
        fail(Code::invalid, "mask: " + std::to_string(mask) + " has bits that are not UVSCHED_EVENT_*");
    }
    return mask;
}

std::optional<Micros> grace_argument(std::int64_t microseconds) {
    if (microseconds < -1)
        refuse_number(microseconds, "is neither 0 or more nor -1 (never too late)", "mistrigger_grace_time");
    return microseconds == -1 ? std::nullopt : std::optional(microseconds);
}

std::optional<Micros> timeout_argument(int milliseconds) {
    if (milliseconds < -1) refuse_number(milliseconds, "is neither 0 or more nor -1 (for ever)", "timeout_ms");
    return milliseconds == -1 ? std::nullopt : std::optional(milliseconds * kMillisecond);
}

std::string error_argument(const char* text, std::size_t length, const char* argument) {
    check_pair(text, length, argument);
    std::string out;
    for (std::string_view rest(text, length); !rest.empty() && out.size() < kMaxErrorText;) {
        const std::size_t valid = rest.front() == '\0' ? 0 : utf8_length(rest);
        out += valid == 0 ? std::string_view("\xEF\xBF\xBD") : rest.substr(0, valid);
        rest.remove_prefix(valid == 0 ? 1 : valid);
    }
    return out;
}

std::string result_argument(const char* json, std::size_t length, const char* argument) {
    check_pair(json, length, argument);
    if (length == 0) return {};
    const std::string_view text(json, length);
    static_cast<void>(parse_json(text, argument));
    return std::string(text);
}

}  // namespace uvsched::capi
