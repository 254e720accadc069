#include "core/time/zone_name.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/time/civil.hpp"

namespace uvsched {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
    fail(Code::invalid, in_quotes(name) + " is not a time zone: " + why);
}

// "UTC+2" is 2 hours east to one reader and, by POSIX, 2 hours west to the next. The data has GMT+0, GMT-0 and GMT0.
bool is_ambiguous(std::string_view name) {
    const bool prefixed = name.starts_with("UTC") || name.starts_with("GMT");
    return prefixed && name.size() > 3 && (name[3] == '+' || name[3] == '-') && name != "GMT+0" && name != "GMT-0";
}

bool has_component(std::string_view name, std::string_view wanted) {
    std::size_t begin = 0;
    while (begin <= name.size()) {
        const std::size_t end = std::min(name.find('/', begin), name.size());
        if (name.substr(begin, end - begin) == wanted) return true;
        begin = end + 1;
    }
    return false;
}

}  // namespace

std::optional<int> fixed_offset(const std::string& name) noexcept {
    if (name == "UTC" || name == "Z") return 0;
    std::string_view offset = name;
    if (offset.starts_with("UTC")) offset.remove_prefix(3);
    return parse_offset(offset);
}

std::string offset_name(int seconds) {
    if (seconds == 0) return "UTC";
    const int size = std::abs(seconds);
    std::array<char, 16> name{};
    const char* const form = size % 60 == 0 ? "%c%02d:%02d" : "%c%02d:%02d:%02d";
    std::snprintf(name.data(), name.size(), form, seconds < 0 ? '-' : '+', size / 3600, size / 60 % 60, size % 60);
    return name.data();
}

void check_zone_name(const std::string& name) {
    if (name.empty()) refuse(name, "it is empty; use an IANA name such as \"Europe/Madrid\", or \"UTC\"");
    if (name.front() == '/') refuse(name, "it is a path; use an IANA name such as \"Europe/Madrid\"");
    if (name.find("..") != std::string::npos) refuse(name, "\"..\" is not allowed in a name");
    if (is_ambiguous(name)) refuse(name, "write an offset as \"+02:00\" or \"UTC+02:00\" (east is +)");
    if (name.front() == '+' || name.front() == '-') refuse(name, "an offset is written as \"+02:00\" (east is +)");
    if (name.starts_with("right/")) refuse(name, "zones that count leap seconds are not supported");
    if (has_component(name, "localtime")) refuse(name, "it differs from machine to machine; name the zone itself");
    if (has_component(name, "")) refuse(name, "a part of the name is empty");
    if (name.size() > 100 || name.find_first_not_of(kLetters) != std::string::npos) {
        refuse(name, "use an IANA name such as \"Europe/Madrid\" (POSIX strings are not supported)");
    }
}

}  // namespace uvsched
