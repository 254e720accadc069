// RowView: one row of an answer of a database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace uvsched {

class RowView {
public:
    RowView() = default;
    RowView(const RowView&) = delete;
    RowView& operator=(const RowView&) = delete;

    [[nodiscard]] virtual bool is_null(int column) const = 0;
    [[nodiscard]] virtual std::int64_t integer(int column) const = 0;   // 0 for NULL
    [[nodiscard]] virtual std::string_view view(int column) const = 0;  // valid as long as the row; empty for NULL
    [[nodiscard]] std::optional<std::int64_t> maybe(int column) const {
        return is_null(column) ? std::nullopt : std::optional(integer(column));
    }
    [[nodiscard]] std::string text(int column) const { return std::string(view(column)); }

protected:
    ~RowView() = default;
};

}  // namespace uvsched
