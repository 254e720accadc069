#include "core/stores/postgresql/values.hpp"

#include <limits>

#include "core/base/quote.hpp"
#include "core/base/utf8.hpp"

namespace uvsched::postgresql {

std::string clean_text(std::string_view text) {
    for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(utf8_length(rest))) {
        if (utf8_length(rest) == 0 || rest.front() == '\0') return in_quotes(text, std::numeric_limits<int>::max());
    }
    return std::string(text);
}

void Column::add(const Value& value) {
    text_ += size_++ == 0 ? "{" : ",";
    if (!value.text_) {
        text_ += "NULL";
        return;
    }
    text_ += '"';
    for (const char c : *value.text_) {
        if (c == '"' || c == '\\') text_ += '\\';
        text_ += c;
    }
    text_ += '"';
}

Value Column::value() const {
    Value out(std::nullopt);
    out.text_ = size_ == 0 ? "{}" : text_ + "}";
    return out;
}

}  // namespace uvsched::postgresql
