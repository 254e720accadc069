// Rows of tables and the structs they become, for all stores that keep them in SQL. Reading checks every text and
// range: a database can be edited by hand.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/ledger/fire_rules.hpp"
#include "core/model/fire.hpp"
#include "core/model/task.hpp"
#include "core/stores/rows/row_view.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// A row has a value that this version cannot read; what() names the column.
class Unreadable : public std::runtime_error {
public:
    explicit Unreadable(const std::string& why, std::int64_t newer = 0) : std::runtime_error(why), newer_(newer) {}

    // The format of the definition if newer versions read it; 0: none does.
    [[nodiscard]] std::int64_t newer() const noexcept { return newer_; }

private:
    std::int64_t newer_ = 0;
};

// The bounds of values in rows. uvsched writes no value outside them, so a sum of a few values cannot overflow.
inline constexpr std::int64_t kMostCount = std::int64_t{1} << 62;
#define UVSCHED_MOST "4611686018427387904"      // kMostCount
inline constexpr Micros kMostShift = kHorizon;  // of all steps of the clock together, either way

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
    Micros to_wall = 0;  // add to last_slot, and to the slot of a scheduled fire, to get wall time
    std::int64_t folded = 1;
    bool exact = true;
    FireState state = FireState::ready;
    LaneNumber lane = 0;
    NodeNumber owner = 0;
    std::uint64_t token = 0;
    std::int32_t attempt = 1;
    std::int32_t crashes = 0;
    Instant claimed_at = 0;
    Instant started_at = 0;
    std::optional<Instant> ready_at{};  // of a ready one, and of no other

    [[nodiscard]] Instant last_at() const noexcept { return saturating_add(last_slot, to_wall); }
    [[nodiscard]] Instant first_at() const noexcept {
        return saturating_add(first_time(kind, slot, last_slot), to_wall);
    }
};

[[nodiscard]] const char* clock_text(ClockLine clock) noexcept;
[[nodiscard]] const char* status_text(TaskStatus status) noexcept;

// They read columns in this order, and throw Unreadable. A task: n, lane, def_hash, uid, gen, rev, clk, anchor,
// next_slot, next_due, hwm, state, runs, and the number of its open fires. A fire: n, gen, kind, slot, last_slot,
// to_wall, folded, exact, state, lane, owner, token, attempt, crashes, claimed_at, started_at, ready_at.
[[nodiscard]] TaskRow read_task(const RowView& row);
[[nodiscard]] FireRow read_fire(const RowView& row);

// A row of def: id, format, def, quarantine, uid. `uid`: of the task's schedule. Throws Unreadable.
[[nodiscard]] std::shared_ptr<const Definition> read_definition(const RowView& row, Uid uid);

// As others see it, without its task.
[[nodiscard]] OpenFire open_fire(const FireRow& fire, Uid uid);

// Reads a row of history, with the columns of its statements. A value that cannot be read keeps its default, and text
// that is not UTF-8 is escaped: history is for people.
[[nodiscard]] HistoryRow read_history(const RowView& row, std::uint64_t store_hash);

// NULL for an empty text, for no high-water mark, for nobody, for an absent time.
[[nodiscard]] inline std::optional<std::string_view> text_or_null(std::string_view text) {
    return text.empty() ? std::nullopt : std::optional(text);
}
[[nodiscard]] inline std::optional<Instant> mark_or_null(Instant hwm) {
    return hwm == kEarliest ? std::nullopt : std::optional(hwm);
}
[[nodiscard]] inline std::optional<NodeNumber> node_or_null(NodeNumber node) {
    return node == 0 ? std::nullopt : std::optional(node);
}
[[nodiscard]] inline std::optional<Instant> time_or_null(Instant time) {
    return time == 0 ? std::nullopt : std::optional(time);
}

}  // namespace uvsched
