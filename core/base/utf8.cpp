#include "core/base/utf8.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace uvsched {
namespace {

unsigned byte_at(std::string_view text, std::size_t index) { return static_cast<unsigned char>(text[index]); }

// False for overlong forms, surrogates, and code points beyond U+10FFFF.
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

// The code point of the first character, which is well-formed.
unsigned code_point(std::string_view text, std::size_t length) {
    constexpr unsigned kLeadBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    unsigned point = byte_at(text, 0) & kLeadBits[length];
    for (std::size_t i = 1; i < length; ++i) point = point << 6 | (byte_at(text, i) & 0x3F);
    return point;
}

struct CodePoints {
    unsigned first, last;
};
constexpr CodePoints kInvisible[] = {{0x00A0, 0x00A0}, {0x00AD, 0x00AD}, {0x034F, 0x034F},  {0x061C, 0x061C},
                                     {0x115F, 0x1160}, {0x1680, 0x1680}, {0x17B4, 0x17B5},  {0x180B, 0x180F},
                                     {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F},  {0x2800, 0x2800},
                                     {0x3000, 0x3000}, {0x3164, 0x3164}, {0xFE00, 0xFE0F},  {0xFEFF, 0xFEFF},
                                     {0xFFA0, 0xFFA0}, {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF}};

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

bool is_invisible(std::string_view text) noexcept {
    const unsigned point = code_point(text, utf8_length(text));
    return std::any_of(std::begin(kInvisible), std::end(kInvisible),
                       [point](const CodePoints& range) { return point >= range.first && point <= range.last; });
}

std::string code_point_text(std::string_view text) {
    char out[10];
    std::snprintf(out, sizeof out, "U+%04X", code_point(text, utf8_length(text)));
    return out;
}

}  // namespace uvsched
