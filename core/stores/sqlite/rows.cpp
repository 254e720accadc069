#include "core/stores/sqlite/rows.hpp"

#include <utility>

namespace uvsched::sqlite {
namespace {

[[noreturn]] void refuse(const char* column, std::string_view value) {
    constexpr std::size_t kShown = 40;
    throw Unreadable(std::string(column) + ": \"" + std::string(value.substr(0, kShown)) + "\" is not known");
}

template <class Integer>
Integer in_range(const Cursor& row, int column, const char* name, std::int64_t low = 0) {
    const std::int64_t value = row.integer(column);
    if (value < low || !std::in_range<Integer>(value)) refuse(name, std::to_string(value));
    return static_cast<Integer>(value);
}

ClockLine clock_at(const Cursor& row, int column) {
    const std::string_view text = row.view(column);
    for (const ClockLine clock : {ClockLine::wall, ClockLine::elapsed}) {
        if (text == clock_text(clock)) return clock;
    }
    refuse("sched.clk", text);
}

TaskStatus status_at(const Cursor& row, int column) {
    const std::string_view text = row.view(column);
    for (const TaskStatus status : {TaskStatus::active, TaskStatus::paused, TaskStatus::finished}) {
        if (text == status_text(status)) return status;
    }
    refuse("sched.state", text);
}

}  // namespace

const char* clock_text(ClockLine clock) noexcept { return clock == ClockLine::wall ? "wall" : "elapsed"; }

const char* status_text(TaskStatus status) noexcept {
    switch (status) {
        case TaskStatus::active:
            return "active";
        case TaskStatus::paused:
            return "paused";
        case TaskStatus::finished:
            break;
    }
    return "finished";
}

TaskRow read_task(const Cursor& row) {
    TaskRow out;
    out.number = row.integer(0);
    out.lane = row.integer(1);
    out.definition_hash = static_cast<std::uint64_t>(row.integer(2));
    out.state.uid = in_range<Uid>(row, 3, "sched.uid", 1);
    out.state.gen = in_range<std::uint32_t>(row, 4, "sched.gen");
    out.state.rev = in_range<std::uint64_t>(row, 5, "sched.rev");
    out.state.clock = clock_at(row, 6);
    out.state.anchor = row.integer(7);
    out.state.next_slot = row.maybe(8);
    out.state.next_due = row.maybe(9);
    out.state.hwm = row.maybe(10).value_or(kEarliest);
    out.state.status = status_at(row, 11);
    out.state.runs = row.integer(12);
    out.open = in_range<std::int32_t>(row, 13, "open");
    return out;
}

FireRow read_fire(const Cursor& row) {
    FireRow out;
    out.task = row.integer(0);
    out.gen = in_range<std::uint32_t>(row, 1, "open.gen");
    if (!kind_from_text(row.view(2), out.kind)) refuse("open.kind", row.view(2));
    out.slot = row.integer(3);
    out.last_slot = row.integer(4);
    out.shift = row.integer(5);
    out.folded = row.integer(6);
    out.exact = row.integer(7) != 0;
    if (!state_from_text(row.view(8), out.state) || out.state > FireState::running) refuse("open.state", row.view(8));
    out.lane = row.integer(9);
    out.owner = row.text(10);
    out.epoch = row.integer(11);
    out.token = in_range<std::uint64_t>(row, 12, "open.token");
    out.attempt = in_range<std::int32_t>(row, 13, "open.attempt");
    out.crashes = in_range<std::int32_t>(row, 14, "open.crashes");
    out.claimed_at = row.integer(15);
    out.started_at = row.integer(16);
    return out;
}

HistoryRow read_history(const Cursor& row, std::uint64_t store_hash) {
    HistoryRow out;
    out.seq = row.integer(0);
    out.task_id = row.text(1);
    out.key.uid = static_cast<Uid>(row.integer(2));
    out.key.gen = static_cast<std::uint32_t>(row.integer(3));
    static_cast<void>(kind_from_text(row.view(4), out.key.kind));
    out.key.slot = row.integer(5);
    out.fire_id = fire_id(store_hash, out.key).data();
    out.first = row.integer(6);
    out.last = row.integer(7);
    out.folded = row.integer(8);
    out.exact = row.integer(9) != 0;
    static_cast<void>(state_from_text(row.view(10), out.state));
    static_cast<void>(reason_from_text(row.view(11), out.reason));
    out.attempt = static_cast<std::int32_t>(row.integer(12));
    out.crashes = static_cast<std::int32_t>(row.integer(13));
    out.owner = row.text(14);
    out.claimed_at = row.integer(15);
    out.started_at = row.integer(16);
    out.finished_at = row.integer(17);
    out.result = row.text(18);
    out.error = row.text(19);
    out.late_result = row.text(20);
    return out;
}

}  // namespace uvsched::sqlite
