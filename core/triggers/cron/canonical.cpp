#include "core/triggers/cron/canonical.hpp"

#include "core/triggers/cron/letters.hpp"

namespace uvsched {

std::string canonical_cron(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    char before = ' ';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = is_blank(text[i]) ? ' ' : to_capital(text[i]);
        const bool zero_to_drop = c == '0' && !is_digit(before) && i + 1 < text.size() && is_digit(text[i + 1]);
        if (zero_to_drop || (c == ' ' && before == ' ')) continue;
        out += c;
        before = c;
    }
    return out;
}

}  // namespace uvsched
