// Executor: runs things. What is due is decided elsewhere.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "core/executors/trigger_ask.hpp"
#include "core/model/fire.hpp"

namespace uvsched {

struct Run;

// A C callback: 0 is success, anything else a failure (see sched_run_fn in uvsched.h).
using NativeFunction = int (*)(const Run* run, void* user_data);

// One fire on its way through an executor. Made and owned by the engine; borrowed by executors and callbacks until
// finished.
struct Run {
    std::uint64_t id = 0;              // names this run in finish() and cancel(); never reused within a process
    const Definition* task = nullptr;  // pinned while the run is in flight
    NativeFunction function = nullptr;
    void* user_data = nullptr;
    std::uint64_t function_token = 0;    // of a function that another language registered
    std::uint64_t task_token = 0;        // of a memory-store task that another language added
    const std::string* store = nullptr;  // alias
    std::uint64_t store_hash = 0;
    FireKey key;
    Instant scheduled = 0;  // wall time of the (latest) nominal time
    Instant first = 0;      // wall time of the earliest folded
    std::int64_t folded = 1;
    bool exact = true;
    std::int32_t attempt = 1;
    Instant started = 0;
    std::atomic<bool> cancelled{false};
    std::string result;  // JSON text; set by the callback
    std::string error;   // set by the callback
};

// How a run ended.
struct RunResult {
    std::uint64_t run = 0;
    FireState state = FireState::done;  // done, failed or cancelled
    std::string result;
    std::string error;
};

// What executors call back, from any thread, with no lock of theirs held.
class RunSink {
public:
    virtual ~RunSink() = default;
    // Runs ended. Unknown ids are ignored (a detached consumer may report late).
    virtual void finished(std::span<RunResult> results) = 0;
    // Runs that were submitted but never started come back.
    virtual void returned(std::span<Run* const> runs) = 0;
    // room() grew from nothing.
    virtual void has_room() = 0;
    // A consumer took these asks: the time that it has to answer begins.
    virtual void asked(std::span<const std::uint64_t> asks) = 0;
    // Triggers were asked, and this is what they say. Unknown ids are ignored.
    virtual void answered(std::span<TriggerAnswer> answers) = 0;
};

class Executor {
public:
    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor() = default;

    // Accepts runs from now on; after close() again.
    virtual void start(RunSink& sink) = 0;

    // How many more runs it takes now. The engine claims no more than that. Thread-safe.
    [[nodiscard]] virtual std::size_t room() const noexcept = 0;

    // Whether anybody is there to take runs, now or when there is room again.
    [[nodiscard]] virtual bool attended() const noexcept { return true; }

    // Never blocks and never runs user code; the loop thread calls it with no lock held.
    virtual void submit(std::span<Run* const> runs) = 0;

    // Hands runs that have not started back through RunSink::returned, and accepts no more.
    virtual void close() = 0;

    // A run should end early; the engine has set Run::cancelled already. Executors that can tell the code at work do
    // so.
    virtual void cancel(std::uint64_t run) = 0;

    // Joins threads. Called after every run has ended, or has been given up.
    virtual void stop() = 0;
};

}  // namespace uvsched
