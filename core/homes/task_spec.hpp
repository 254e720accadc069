// TaskSpec: a task as a user declares it. NewTask: the checked task on its way to its home.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/model/task.hpp"

namespace uvsched {

// Absent members are filled in from the scheduler's configuration.
struct TaskSpec {
    std::string id;  // empty: derived or random (docs/declaring-tasks.md)
    std::string name;
    std::string function;
    std::string arguments;  // JSON array/object text, or empty
    std::string executor = "default";
    std::string store = "default";
    TriggerPtr trigger;  // nullptr: a date trigger without a date (once, now)
    PolicyOverrides policies;
    std::optional<std::optional<Instant>> next_run_time;  // set to nothing: add paused
    std::uint64_t token = 0;  // memory store only: handed out with each run, released with the task
    // Called once, with no lock held, when the token is no longer needed.
    std::function<void()> release;
    // Another process could not find the function by its name: durable stores refuse the task.
    bool local_function = false;
};

// How adding treats an id that exists with another declaration.
enum class AddMode : std::uint8_t {
    declare,  // before the start: the code has changed and wins; afterwards: Error(conflict)
    replace,  // replaces the task; while the scheduler runs, also if the declaration is equal but the task was edited
    keep,     // keeps the existing task, with an event
    raise,    // Error(conflict), from the call or from start()
};

struct TaskChanges {
    std::optional<std::string> name;
    std::optional<std::string> executor;
    std::optional<std::string> arguments;
    std::optional<std::string> function;
    TriggerPtr trigger;
    PolicyOverrides policies;
    std::optional<std::optional<Instant>> next_run_time;
    std::optional<std::uint64_t> token;  // memory store
    std::function<void()> release;
};

struct NewTask {
    TaskSpec spec;
    AddMode mode = AddMode::declare;
    bool derived_id = false;
    std::shared_ptr<const Definition> definition;
};

}  // namespace uvsched
