// Rows and the structs they become. Reading checks every text and range: a file can be edited by hand.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/model/fire.hpp"
#include "core/model/task.hpp"
#include "core/stores/sqlite/connection.hpp"
#include "core/stores/sqlite/statements.hpp"
#include "core/stores/store.hpp"

namespace uvsched::sqlite {

// A row holds what this version cannot read; what() says which column.
class Unreadable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// A row of sched.
struct TaskRow {
    TaskNumber number = 0;
    LaneNumber lane = 0;  // negative: quarantined
    std::uint64_t definition_hash = 0;
    TaskState state;
    std::int32_t open = 0;
};

// A row of open.
struct FireRow {
    TaskNumber task = 0;
    std::uint32_t gen = 0;
    FireKind kind = FireKind::scheduled;
    std::int64_t slot = 0;
    std::int64_t last_slot = 0;
    Micros shift = 0;  // add to last_slot, and to the slot of a scheduled fire, to get wall time
    std::int64_t folded = 1;
    bool exact = true;
    FireState state = FireState::ready;
    LaneNumber lane = 0;
    std::string owner;
    std::int64_t epoch = 0;
    std::uint64_t token = 0;
    std::int32_t attempt = 1;
    std::int32_t crashes = 0;
    Instant claimed_at = 0;
    Instant started_at = 0;

    [[nodiscard]] Instant last_at() const noexcept { return saturating_add(last_slot, shift); }
    [[nodiscard]] Instant first_at() const noexcept {
        return kind == FireKind::scheduled ? saturating_add(slot, shift) : last_at();
    }
};

[[nodiscard]] const char* clock_text(ClockLine clock) noexcept;
[[nodiscard]] const char* status_text(TaskStatus status) noexcept;

// Of columns in the order of Statements. Throw Unreadable.
[[nodiscard]] TaskRow read_task(const Cursor& row);
[[nodiscard]] FireRow read_fire(const Cursor& row);

// A row of history, as its statements select it. What cannot be read there is left at its default: history is for
// people.
[[nodiscard]] HistoryRow read_history(const Cursor& row, std::uint64_t store_hash);

// NULL in the place of an empty text, of no high-water mark, of a time that is not there.
[[nodiscard]] inline std::optional<std::string_view> text_or_null(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional(text);
}
[[nodiscard]] inline std::optional<Instant> mark_or_null(Instant hwm) {
    return hwm == kEarliest ? std::nullopt : std::optional(hwm);
}
[[nodiscard]] inline std::optional<Instant> time_or_null(Instant time) {
    return time == 0 ? std::nullopt : std::optional(time);
}

}  // namespace uvsched::sqlite
