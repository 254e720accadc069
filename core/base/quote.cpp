#include "core/base/quote.hpp"

#include <algorithm>
#include <cstdio>

#include "core/base/utf8.hpp"

namespace uvsched {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

// Where the part of a URL ends that begins at `from` and may have a password in it; `from` if there is no such part.
std::size_t end_of_secrets(std::string_view text, std::size_t from) {
    const std::size_t at = text.rfind('@');  // a password may hold any character, this one too
    if (at != kNone && at >= from) return text[from] == '/' ? from : at;
    // A host that was left out: what looks like a port is none.
    const std::size_t end = std::min(text.find_first_of("/?", from), text.size());
    const std::string_view place = text.substr(from, end - from);
    const std::size_t colon = place.find(':');
    if (colon == kNone || place.starts_with('[')) return from;
    return place.find_first_not_of("0123456789,", colon + 1) == kNone ? from : end;
}

}  // namespace

std::string without_secrets(std::string_view text) {
    std::string shown(text);
    if (const std::size_t scheme = text.find("://"); scheme != kNone) {
        const std::size_t from = scheme + 3;
        if (const std::size_t end = end_of_secrets(text, from); end > from) shown.replace(from, end - from, "***");
    }
    const std::size_t options = shown.find('?');
    if (options == std::string::npos || shown.find('=', options) == std::string::npos) return shown;
    return shown.substr(0, options) + "?...";
}

std::string shortened(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return std::string(text);
    std::size_t end = 0;
    while (end < limit) end += std::max<std::size_t>(1, utf8_length(text.substr(end)));
    return std::string(text.substr(0, end)) + "…";
}

std::string in_quotes(std::string_view given, std::size_t limit) {
    const std::string harmless = without_secrets(given);
    std::string_view text = harmless;
    std::string out = "\"";
    while (!text.empty()) {
        if (out.size() > limit) {
            out += "…";
            break;
        }
        std::size_t length = utf8_length(text);
        if (length == 0 || is_control(text)) {
            if (length == 0) length = 1;
            for (std::size_t i = 0; i < length; ++i) {
                char escaped[5];
                std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(text[i]));
                out += escaped;
            }
        } else if (is_invisible(text)) {
            out += "<" + code_point_text(text) + ">";
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    return out + "\"";
}

}  // namespace uvsched
