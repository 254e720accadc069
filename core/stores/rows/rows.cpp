#include "core/stores/rows/rows.hpp"

#include <utility>

#include "core/base/name.hpp"
#include "core/base/quote.hpp"
#include "core/base/utf8.hpp"

namespace uvsched {
namespace {

constexpr std::int64_t kMostGen = 4'000'000'000;
constexpr std::int64_t kMostTries = 1'000'000'000;  // attempts, crashes, folded times
constexpr Instant kFirst = -kDay;                   // local 1970 begins before 1970 in UTC, east of Greenwich

[[noreturn]] void refuse(const char* column, std::string_view value) {
    throw Unreadable(std::string(column) + ": " + in_quotes(value, 40) + " is not known");
}

template <class Integer>
Integer in_range(const RowView& row, int column, const char* name, std::int64_t low, std::int64_t high) {
    const std::int64_t value = row.integer(column);
    if (value < low || value > high) {
        throw Unreadable(std::string(name) + ": " + std::to_string(value) + " is not " + std::to_string(low) + " to " +
                         std::to_string(high));
    }
    return static_cast<Integer>(value);
}

Instant instant(Instant time, const char* column, Instant low, Instant high) {
    if (time >= low && time < high) return time;
    throw Unreadable(std::string(column) + ": " + std::to_string(time) + " is not in the years 1970 to 2199");
}

// A nominal time: where the line is elapsed, the steps of the clock lie between it and wall time.
std::optional<Instant> nominal(std::optional<Instant> time, const char* column, ClockLine clock) {
    if (time) instant(*time, column, clock == ClockLine::wall ? kFirst : -kHorizon, kHorizon);
    return time;
}

// When something was done; 0: it was not.
Instant moment(const RowView& row, int column, const char* name) {
    return instant(row.integer(column), name, kFirst, kHorizon);
}

ClockLine clock_at(const RowView& row, int column) {
    const std::string_view text = row.view(column);
    for (const ClockLine clock : {ClockLine::wall, ClockLine::elapsed}) {
        if (text == clock_text(clock)) return clock;
    }
    refuse("sched.clk", text);
}

TaskStatus status_at(const RowView& row, int column) {
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

TaskRow read_task(const RowView& row) {
    TaskRow out;
    out.number = row.integer(0);
    out.lane = row.integer(1);
    out.definition_hash = static_cast<std::uint64_t>(row.integer(2));
    TaskState& state = out.state;
    state.uid = in_range<Uid>(row, 3, "sched.uid", 1, INT64_MAX);
    state.gen = in_range<std::uint32_t>(row, 4, "sched.gen", 0, kMostGen);
    state.rev = in_range<std::uint64_t>(row, 5, "sched.rev", 0, kMostCount);
    state.clock = clock_at(row, 6);
    state.anchor = instant(row.integer(7), "sched.anchor", -kHorizon, kHorizon);  // a period before the first time
    state.next_slot = nominal(row.maybe(8), "sched.next_slot", state.clock);
    state.next_due = row.maybe(9);
    if (state.next_due) instant(*state.next_due, "sched.next_due", -kHorizon, 2 * kHorizon);  // with jitter
    state.hwm = nominal(row.maybe(10), "sched.hwm", state.clock).value_or(kEarliest);
    state.status = status_at(row, 11);
    state.runs = in_range<std::int64_t>(row, 12, "sched.runs", 0, kMostCount);
    out.open = in_range<std::int32_t>(row, 13, "open", 0, kMostTries);
    if (state.next_due && state.next_slot.value_or(*state.next_due) <= state.hwm) {
        throw Unreadable("sched.next_slot: " + std::to_string(state.next_slot.value_or(*state.next_due)) +
                         " is not after sched.hwm, " + std::to_string(state.hwm));
    }
    return out;
}

FireRow read_fire(const RowView& row) {
    FireRow out;
    out.task = row.integer(0);
    out.gen = in_range<std::uint32_t>(row, 1, "open.gen", 0, kMostGen);
    if (!kind_from_text(row.view(2), out.kind)) refuse("open.kind", row.view(2));
    if (out.kind == FireKind::scheduled) {
        out.slot = instant(row.integer(3), "open.slot", -kHorizon, kHorizon);
    } else {
        out.slot = in_range<std::int64_t>(row, 3, "open.slot", 0, INT64_MAX);  // a request number
    }
    out.last_slot = instant(row.integer(4), "open.last_slot", -kHorizon, kHorizon);
    out.to_wall = in_range<Micros>(row, 5, "open.to_wall", -kMostShift, kMostShift);
    out.folded = in_range<std::int64_t>(row, 6, "open.folded", 1, kMostTries);
    out.exact = row.integer(7) != 0;
    if (!state_from_text(row.view(8), out.state) || out.state > FireState::running) refuse("open.state", row.view(8));
    out.lane = row.integer(9);
    out.owner = row.integer(10);
    out.token = in_range<std::uint64_t>(row, 11, "open.token", 0, kMostCount);
    out.attempt = in_range<std::int32_t>(row, 12, "open.attempt", 0, kMostTries);
    out.crashes = in_range<std::int32_t>(row, 13, "open.crashes", 0, kMostTries);
    out.claimed_at = moment(row, 14, "open.claimed_at");
    out.started_at = moment(row, 15, "open.started_at");
    out.ready_at = row.maybe(16);
    if (out.ready_at.has_value() != (out.state == FireState::ready)) {
        throw Unreadable("open.ready_at: does not go with the state \"" + std::string(state_text(out.state)) + "\"");
    }
    if (out.ready_at) instant(*out.ready_at, "open.ready_at", kFirst, kHorizon);
    return out;
}

std::shared_ptr<const Definition> read_definition(const RowView& row, Uid uid) {
    if (!row.is_null(3)) throw Unreadable(row.text(3));
    if (const std::int64_t format = row.integer(1); format > kDefinitionFormat) {
        throw Unreadable("written by a newer uvsched (format " + std::to_string(format) + ")", format);
    }
    if (static_cast<Uid>(row.integer(4)) != uid) {
        throw Unreadable("def.uid, " + std::to_string(row.integer(4)) + ", is not sched.uid, " + std::to_string(uid));
    }
    try {
        validate_text("def.id", row.text(0));
        return std::make_shared<const Definition>(definition_from_json(row.text(0), row.text(2)));
    } catch (const Error& error) {
        if (error.code() == Code::no_memory) throw;
        throw Unreadable(error.message());
    }
}

OpenFire open_fire(const FireRow& fire, Uid uid) {
    OpenFire out;
    out.task.number = fire.task;
    out.key = {uid, fire.gen, fire.kind, fire.slot};
    out.last_slot = fire.last_slot;
    out.folded = fire.folded;
    out.exact = fire.exact;
    out.to_wall = fire.to_wall;
    out.state = fire.state;
    out.token = fire.token;
    out.attempt = fire.attempt;
    out.crashes = fire.crashes;
    return out;
}

namespace {

// For people: 0 for an instant that no calendar shows.
Instant shown_instant(const RowView& row, int column) {
    const Instant time = row.integer(column);
    return time >= -kHorizon && time < 2 * kHorizon ? time : 0;
}

template <class Integer>
Integer shown_count(const RowView& row, int column) {
    const std::int64_t value = row.integer(column);
    return value >= 0 && std::in_range<Integer>(value) ? static_cast<Integer>(value) : Integer{0};
}

std::string shown_text(const RowView& row, int column) {
    const std::string_view text = row.view(column);
    for (std::string_view rest = text; !rest.empty(); rest.remove_prefix(utf8_length(rest))) {
        if (utf8_length(rest) == 0 || rest.front() == '\0') return in_quotes(text, 1'000);
    }
    return std::string(text);
}

}  // namespace

HistoryRow read_history(const RowView& row, std::uint64_t store_hash) {
    HistoryRow out;
    out.seq = row.integer(0);
    out.task_id = shown_text(row, 1);
    out.key.uid = static_cast<Uid>(row.integer(2));
    out.key.gen = shown_count<std::uint32_t>(row, 3);
    static_cast<void>(kind_from_text(row.view(4), out.key.kind));
    out.key.slot = row.integer(5);
    out.fire_id = fire_id(store_hash, out.key).data();
    out.first = shown_instant(row, 6);
    out.last = shown_instant(row, 7);
    out.folded = shown_count<std::int64_t>(row, 8);
    out.exact = row.integer(9) != 0;
    static_cast<void>(state_from_text(row.view(10), out.state));
    static_cast<void>(reason_from_text(row.view(11), out.reason));
    out.attempt = shown_count<std::int32_t>(row, 12);
    out.crashes = shown_count<std::int32_t>(row, 13);
    out.owner = shown_text(row, 14);
    out.claimed_at = shown_instant(row, 15);
    out.started_at = shown_instant(row, 16);
    out.finished_at = shown_instant(row, 17);
    out.result = shown_text(row, 18);
    out.error = shown_text(row, 19);
    out.late_result = shown_text(row, 20);
    return out;
}

}  // namespace uvsched
