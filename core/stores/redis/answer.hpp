// Answers of the server, and the rows that stand in them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/stores/drivers/redis_driver.h"
#include "core/stores/rows/row_view.hpp"

namespace uvsched::redis {

// nullopt: the text is no whole number of 64 bits.
[[nodiscard]] std::optional<std::int64_t> number_of(std::string_view text);

// One answer, or one in a list. Valid as long as the Answer that it is of.
class Reply {
public:
    Reply(const uvsched_redis_driver& driver, const uvsched_redis_answer* answer) : driver_(&driver), answer_(answer) {}

    [[nodiscard]] int kind() const { return driver_->kind(answer_); }
    [[nodiscard]] bool is_nil() const { return kind() == UVSCHED_REDIS_NIL; }
    [[nodiscard]] std::string_view view() const;  // empty if it is not a text
    [[nodiscard]] std::string text() const { return std::string(view()); }
    [[nodiscard]] std::int64_t integer() const;  // of a text too; 0 if it is no number
    [[nodiscard]] std::size_t size() const;      // 0 if it is not a list
    [[nodiscard]] Reply operator[](std::size_t index) const { return {*driver_, driver_->at(answer_, index)}; }

private:
    const uvsched_redis_driver* driver_;
    const uvsched_redis_answer* answer_;
};

class Answer {
public:
    Answer(const uvsched_redis_driver& driver, uvsched_redis_answer* answer)
        : driver_(&driver), answer_(answer, driver.release) {}

    [[nodiscard]] Reply reply() const { return {*driver_, answer_.get()}; }
    [[nodiscard]] Reply operator[](std::size_t index) const { return reply()[index]; }
    [[nodiscard]] std::size_t size() const { return reply().size(); }

private:
    const uvsched_redis_driver* driver_;
    std::unique_ptr<uvsched_redis_answer, void (*)(uvsched_redis_answer*)> answer_;
};

// A row whose columns are the elements of a list. Empty texts are NULL. The server keeps all as text: what is no number
// is Unreadable.
class ListRow final : public RowView {
public:
    explicit ListRow(Reply list) : list_(list) {}
    [[nodiscard]] bool is_null(int column) const override;
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] std::string_view view(int column) const override;

private:
    [[nodiscard]] Reply at(int column) const { return list_[static_cast<std::size_t>(column)]; }
    Reply list_;
};

// A task: its number, its row, its runs and the number of its open fires. The columns are those of read_task().
class TaskText final : public RowView {
public:
    // Throws Unreadable. The reply must live as long.
    explicit TaskText(const Reply& reply);
    [[nodiscard]] bool is_null(int column) const override { return view(column).empty(); }
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] std::string_view view(int column) const override {
        return columns_[static_cast<std::size_t>(column)];
    }

private:
    static constexpr int kOpen = 13;
    std::array<std::string_view, 13> columns_;
    std::int64_t open_;
};

// A fire, which the server keeps as one text under its name "TASK:gen:kind:slot", see ledger_script.cpp. The
// columns are those of read_fire(), and behind them uid and task id.
class FireText final : public RowView {
public:
    // Throws Unreadable. The texts must live as long.
    FireText(std::string_view name, std::string_view text);
    [[nodiscard]] bool is_null(int column) const override { return view(column).empty(); }
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] std::string_view view(int column) const override {
        return columns_[static_cast<std::size_t>(column)];
    }

    static constexpr int kUid = 17;
    static constexpr int kTaskId = 18;

private:
    std::array<std::string_view, 19> columns_;
};

}  // namespace uvsched::redis
