// TriggerAsk and TriggerAnswer: what the function behind a custom trigger is asked, and what it says.
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
    std::string task_id;      // whose trigger it is
    std::string name;         // what the function is registered as
    std::string arguments;    // JSON text, or empty
    std::string timezone;     // as spelt in the trigger
    std::uint64_t token = 0;  // of a function of another language
    // The answer must be later than `previous`, the last time it gave; where there is none, not earlier than `now`,
    // which is then the moment of adding, resuming or replacing, or start_at. Else `now` is the wall clock's time.
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

// What a trigger's name stands for: a function of C or C++, called on a thread of the scheduler's own, or one of another
// language, which is asked through its run queue.
struct TriggerFunction {
    std::function<TriggerAnswer(const TriggerAsk&)> call;  // or:
    std::uint64_t token = 0;
    std::shared_ptr<RunQueue> queue{};
    std::function<void()> release{};  // once, when it was unregistered or replaced and no call uses it any more
};

}  // namespace uvsched
