// TaskDraft: what was set on a task handle, in any order, until it is added or applied.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/engine/scheduler.hpp"
#include "handles.hpp"

namespace uvsched::capi {

// Nothing: not set.
struct TaskDraft {
    std::optional<std::string> id;
    std::optional<std::string> name;
    std::optional<std::string> function;
    std::optional<std::string> store;
    std::optional<std::string> executor;
    std::optional<std::string> arguments;  // empty: none

    // The trigger: its kind, and members that fit it or not.
    enum class Shape : std::uint8_t { none, date, interval, json } shape = Shape::none;
    Instant date = 0;
    Micros period = 0;
    std::string trigger_json;
    std::optional<Instant> start_at;
    std::optional<Instant> end_at;
    std::optional<Micros> jitter;
    std::optional<std::string> timezone;

    PolicyOverrides policies;
    std::optional<std::optional<Instant>> next_run_time;
    std::optional<std::uint64_t> token;
    std::shared_ptr<RunQueue> token_queue;
    bool local = false;

    [[nodiscard]] bool has_trigger_members() const noexcept { return start_at || end_at || jitter || timezone; }
};

// All that a stored task shows, set.
[[nodiscard]] TaskDraft draft_of(const TaskView& view);

// The trigger, with naive times in `zone`; members alone belong to `present` (none: a date trigger without a date).
// Nothing where nothing was set. Throws Error(invalid).
[[nodiscard]] TriggerPtr trigger_of(const TaskDraft& draft, const TimeZone& zone, const Trigger* present);

[[nodiscard]] TaskSpec spec_of(const TaskDraft& draft, const TimeZone& zone);
[[nodiscard]] TaskChanges changes_of(const TaskDraft& draft, const TimeZone& zone, const Trigger* present);

// Behind a task handle. Getters show the view where there is one; setters drop it.
struct TaskObject final : Object {
    using Handle = sched_task;
    static constexpr Kind kKind = Kind::task;

    TaskDraft draft;
    std::optional<TaskView> view;
    std::optional<AddOutcome::Result> outcome;  // if it was added
    bool fetched = false;                       // the view was read from a store, and the draft is empty
    std::string trigger_json;                   // what getters gave out
    std::string trigger_text;

    // The draft, to be changed.
    TaskDraft& edit();
    // The draft, as it would be if something were set now.
    [[nodiscard]] TaskDraft described() const { return fetched ? draft_of(*view) : draft; }
};

// A handle that shows a stored task.
[[nodiscard]] sched_task* new_task(TaskView view);

}  // namespace uvsched::capi
