#include "core/time/quote.hpp"

#include <cstdio>

namespace uvsched {
namespace {

unsigned byte_at(std::string_view text, std::size_t index) { return static_cast<unsigned char>(text[index]); }

// Leaves out overlong forms, surrogates and what lies beyond U+10FFFF.
bool second_byte_fits(unsigned lead, unsigned second) {
    switch (lead) {
        case 0xE0:
            return second >= 0xA0;
        case 0xED:
            return second <= 0x9F;
        case 0xF0:
            return second >= 0x90;
        case 0xF4:
            return second <= 0x8F;
        default:
            return true;
    }
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
    if (text.empty()) return 0;
    const unsigned lead = byte_at(text, 0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xC2 && lead <= 0xDF ? 2 : lead >= 0xE0 && lead <= 0xEF ? 3 : 4;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
    }
    return second_byte_fits(lead, byte_at(text, 1)) ? length : 0;
}

bool is_control(std::string_view character) noexcept {
    if (character.empty()) return false;
    const unsigned lead = byte_at(character, 0);
    return lead < 0x20 || lead == 0x7F || (lead == 0xC2 && character.size() > 1 && byte_at(character, 1) < 0xA0);
}

std::string in_quotes(std::string_view text, std::size_t limit) {
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
                std::snprintf(escaped, sizeof escaped, "\\x%02x", byte_at(text, i));
                out += escaped;
            }
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    return out + "\"";
}

}  // namespace uvsched
