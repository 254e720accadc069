// TriggerAsk and TriggerAnswer: a question to the function of a custom trigger, and its answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/time/instant.hpp"

namespace uvsched {

class RunQueue;

struct TriggerAsk {
    std::uint64_t id = 0;     // names this question in an answer; never reused within a process
    std::string task_id;      // the task of the trigger
    std::string name;         // the registered name of the function
    std::string arguments;    // JSON text, or empty
    std::string timezone;     // as spelt in the trigger
    std::uint64_t token = 0;  // of a function of another language
    // The answer must be later than `previous`, the last time that the function gave; `now` is then the wall clock's
    // time. Without a `previous`, the answer must not be earlier than `now`, which is then the moment when the task was
    // added, resumed or replaced, or start_at.
    std::optional<Instant> previous;
    Instant now = 0;
    std::string error;  // set by a native function that fails
};

struct TriggerAnswer {
    enum class Kind : std::uint8_t { time, never, failed } kind = Kind::never;
    std::uint64_t ask = 0;
    Instant time = 0;
    std::string error;  // of a failure
};

// The function behind a trigger's name: in C or C++, it is called on a thread of the scheduler; in another language, it
// is asked through its run queue.
struct TriggerFunction {
    std::function<TriggerAnswer(const TriggerAsk&)> call;  // or:
    std::uint64_t token = 0;
    std::shared_ptr<RunQueue> queue{};
    std::function<void()> release{};  // called once, after it was unregistered or replaced and its last call ended
};

}  // namespace uvsched
