// Executor: runs functions. The engine decides when.
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
    Instant latest_start = kLatest;  // wall time; later than this it is missed and not called
    bool gated = false;              // it is called only when its start gate has let it pass: see RunSink::begin()
    Instant started = 0;             // wall time of the call; 0: it is not called yet
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

class Executor;

// The engine as executors see it. They call it from any thread, with none of their own locks held.
class RunSink {
public:
    virtual ~RunSink() = default;
    // The turn of these runs has come: they are called next. The place of one that is not to be called becomes nullptr:
    // its turn came too late, or its task no longer wants it; that run has ended. A run that was `gated` before the
    // call must wait: Executor::admitted() names it when its start gate has answered, and if it passes, the executor
    // says begin() for it once more. First the ends in `ended` are put into effect, as by finished(). `roomy`: there is
    // room now, as by has_room(). Never fails.
    virtual void begin(std::span<Run*> runs, std::span<RunResult> ended, bool roomy) noexcept = 0;
    // Runs ended. Never fails: if memory is lacking, the engine puts it into effect later. Unknown ids are ignored: a
    // detached consumer may report late.
    virtual void finished(std::span<RunResult> results) noexcept = 0;
    // Runs that were submitted but not started come back. Never fails, like finished().
    virtual void returned(std::span<Run* const> runs) noexcept = 0;
    // room() was 0 and no longer is.
    virtual void has_room() = 0;
    // The executor lacks threads. It tries again with the next submit(), which may be empty and should come soon.
    // `what` gives the reason and says what becomes of its runs; it is empty if it was told before.
    virtual void lacking(const Executor& executor, const std::string& what) noexcept = 0;
    // A consumer took these asks: their deadlines begin.
    virtual void took_asks(std::span<const std::uint64_t> asks) noexcept = 0;
    // Answers of custom triggers. Unknown ids are ignored.
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

    // How many more runs the executor takes now. The engine claims no more than that. There is none while runs wait for
    // their turn: what is due meanwhile is planned when it can be called soon. Thread-safe.
    [[nodiscard]] virtual std::size_t room() const noexcept = 0;

    // Whether a worker or consumer is there to take runs, now or when there is room again.
    [[nodiscard]] virtual bool attended() const noexcept { return true; }

    // Never blocks and never runs user code; the loop thread calls it with no lock held. Runs that the executor cannot
    // take come back through RunSink::returned. Throws bad_alloc; it took no run then.
    virtual void submit(std::span<Run* const> runs) = 0;

    // The start gate of a gated run has answered, after its begin(). If it does not pass, the run is gone already, and
    // its place here is free. Never blocks; called on any thread, with no lock held.
    virtual void admitted(std::uint64_t run, bool passes) noexcept = 0;

    // Hands runs that have not started back through RunSink::returned, and accepts no more. Those that wait for their
    // start gates stay until it has answered.
    virtual void close() = 0;

    // A run should end early; the engine has set Run::cancelled already. An executor tells the running code if it can.
    virtual void cancel(std::uint64_t run) = 0;

    // Joins threads. Called after every run has ended, or has been given up.
    virtual void stop() = 0;
};

}  // namespace uvsched
