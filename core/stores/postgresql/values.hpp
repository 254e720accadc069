// Values that go to the server, as text: single ones, and columns, which are arrays of them. A statement unfolds its
// columns to a table: unnest($1::bigint[], $2::text[]).
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace uvsched::postgresql {

// The text as PostgreSQL takes it: with bytes that are no UTF-8, and NULs, escaped.
[[nodiscard]] std::string clean_text(std::string_view text);

class Value {
public:
    Value(std::nullopt_t) {}                                           // NOLINT: a value is one
    Value(std::string_view text) : text_(clean_text(text)) {}          // NOLINT
    Value(const std::string& text) : Value(std::string_view(text)) {}  // NOLINT
    Value(const char* text) : Value(std::string_view(text)) {}         // NOLINT
    Value(bool value) : text_(value ? "t" : "f") {}                    // NOLINT
    template <std::integral Integer>
    Value(Integer value) : text_(std::to_string(static_cast<std::int64_t>(value))) {}  // NOLINT
    template <class Inner>
    Value(const std::optional<Inner>& value) {  // NOLINT
        if (value) *this = Value(*value);
    }

    [[nodiscard]] const char* data() const noexcept { return text_ ? text_->c_str() : nullptr; }

private:
    friend class Column;
    std::optional<std::string> text_;
};

class Column {
public:
    void add(const Value& value);
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Value value() const;

private:
    std::string text_;
    std::size_t size_ = 0;
};

}  // namespace uvsched::postgresql
