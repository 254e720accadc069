// Scheduler: the façade of the engine. It validates, locks, wakes the loop, and delegates.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/config.hpp"
#include "core/executors/run_queue.hpp"
#include "core/homes/task_spec.hpp"
#include "core/homes/task_view.hpp"
#include "core/life/lifecycle.hpp"
#include "core/model/event.hpp"
#include "core/model/task.hpp"
#include "core/runs/function.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

struct Stats {               // counters since creation
    std::int64_t fires = 0;  // runs handed to executors
    std::int64_t finished = 0;
    std::int64_t missed = 0;   // due times missed or skipped
    std::int64_t wakeups = 0;  // times the loop thread came back from waiting
    std::int64_t in_flight = 0;
    std::int64_t events_dropped = 0;
    // Of the stop under way: tasks on a shutdown trigger, until runs that had not begun are taken back; then those that
    // are still to be called.
    std::int64_t shutdown_to_come = 0;
    std::int64_t shutdown_left = 0;
};

// Thread-safe. Members that name a durable store wait for its commit (never on the loop thread: Error(deadlock)).
// The number of tasks; `pending` ones are added and not yet written, because the scheduler is not running.
struct EngineCounts {
    TaskCounts stored;
    std::int64_t pending = 0;
};

class Scheduler {
public:
    // Opens nothing: no thread, file, or connection.
    static std::shared_ptr<Scheduler> create(Config config);
    virtual ~Scheduler() = default;

    virtual void start(bool paused) = 0;
    // Starts stopping. Never blocks, may be repeated, and may be called from any thread or callback. Tasks on a
    // shutdown trigger run in both modes; only a further cancel asks them to end early too. Error(not_running) if it is
    // stopped.
    virtual void stop(StopMode mode) = 0;
    // Waits for STOPPED: ok, timed_out, or deadlock when called from a callback of this scheduler. No timeout: for
    // ever.
    virtual Code wait(std::optional<Micros> timeout) = 0;
    virtual void pause() = 0;
    virtual void resume() = 0;
    [[nodiscard]] virtual SchedulerState state() const = 0;

    virtual void register_function(const std::string& name, Function function, bool replace) = 0;
    virtual void unregister_function(const std::string& name) = 0;

    // The functions behind custom triggers. A name that is not registered (any more) makes its tasks wait for it.
    virtual void register_trigger(const std::string& name, TriggerFunction function, bool replace) = 0;
    virtual void unregister_trigger(const std::string& name) = 0;

    virtual AddOutcome add(TaskSpec spec, AddMode mode) = 0;
    virtual TaskView change(const std::string& store, const std::string& id, TaskChanges changes) = 0;
    virtual void remove(const std::string& store, const std::string& id) = 0;
    virtual std::int64_t remove_all(const std::string& store) = 0;  // an empty alias: every store
    virtual TaskView pause_task(const std::string& store, const std::string& id) = 0;
    virtual TaskView resume_task(const std::string& store, const std::string& id) = 0;
    virtual void run_now(const std::string& store, const std::string& id) = 0;

    // An empty alias searches every store. Error(not_found) names the id.
    virtual TaskView get(const std::string& store, const std::string& id) = 0;
    // The next page of one store, in order of id; an empty page is the end. A task that stays there comes exactly once.
    virtual std::vector<TaskView> list(const std::string& store, ListPlace& place, std::size_t limit,
                                       bool finished) = 0;
    // The page behind an id.
    std::vector<TaskView> list(const std::string& store, const std::string& after, std::size_t limit, bool finished) {
        ListPlace place;
        place.after = after;
        return list(store, place, limit, finished);
    }
    // The tasks of a store; an empty alias: of every store.
    virtual EngineCounts count(const std::string& store) = 0;
    virtual std::vector<Instant> preview(const std::string& store, const std::string& id, std::size_t count,
                                         std::optional<Instant> after) = 0;
    virtual std::vector<HistoryRow> history(const std::string& store, const HistoryQuery& query) = 0;
    // Of a durable store that is open. Reads all of it; watches its nodes for so long as they may take for a beat, but
    // not longer than `watch`.
    [[nodiscard]] virtual StoreReport report(const std::string& store, Micros watch) = 0;
    [[nodiscard]] virtual std::vector<std::string> store_aliases() const = 0;
    [[nodiscard]] virtual std::vector<std::string> executor_aliases() const = 0;

    // At any time; a durable store is opened if the scheduler runs, which the call waits for. Error(already): the alias
    // is taken.
    virtual void add_store(const std::string& alias, const StoreConfig& store) = 0;
    // At any time. Nothing more of its tasks is called; it is closed when what has begun has ended. Error(invalid): the
    // next start would write a task to it.
    virtual void remove_store(const std::string& alias) = 0;
    // At any time. The executor takes runs at once if the scheduler runs; tasks that waited for this alias go on.
    // Error(already): the alias is taken, or runs of a removed executor of this alias are under way.
    virtual void add_executor(const std::string& alias, const ExecutorConfig& executor) = 0;
    // At any time. What it has not begun is released, what it has begun goes on, and its tasks wait for another
    // executor of the alias. Error(invalid): the next start would write a task that needs it.
    virtual void remove_executor(const std::string& alias) = 0;
    [[nodiscard]] virtual const TimeZone& zone() const = 0;
    [[nodiscard]] virtual std::shared_ptr<Clock> clock() const = 0;
    virtual Stats stats() = 0;

    // The run queue behind an executor of type "queue".
    virtual std::shared_ptr<RunQueue> queue(const std::string& alias) = 0;

    // Observers are called on a thread of their own, in order, with no lock held. remove waits for a call under way
    // unless it is made from that call.
    virtual std::uint64_t add_observer(EventMask mask, std::function<void(const Event&)> call,
                                       std::function<void()> release) = 0;
    virtual void remove_observer(std::uint64_t id) = 0;

    // For a scheduler that has stopped and will not be started again. When settle() returns, the loop thread no longer
    // uses the scheduler, and the observers have heard the remaining events and are released. Waits for calls under
    // way, unless it is called from one.
    virtual void settle() = 0;

    // ---- without a thread of its own (Driver::caller) ----
    //
    // Whoever has a loop watches the descriptor, sleeps no longer than the timeout, and polls when either says so.
    // Calls that wait (wait(), wait_idle(), and those that name a durable store) do that work meanwhile.

    // Does what is due: tasks, stores, custom triggers and observers are at work on this thread. Never sleeps, but
    // waits for the disk of a durable store. Error(deadlock) from a callback of this scheduler.
    virtual void poll() = 0;
    // Readable when poll() has something to do; from start() on, and until the next start() or its end.
    [[nodiscard]] virtual int poll_descriptor() = 0;
    // How long a sleep may be, from now on; nothing: until the descriptor is readable.
    [[nodiscard]] virtual std::optional<std::chrono::milliseconds> poll_timeout() = 0;

    // Waits until nothing is due at the clock's present time, no run is in flight and every result is in its store.
    virtual Code wait_idle(std::optional<Micros> timeout) = 0;

protected:
    Scheduler() = default;
};

}  // namespace uvsched
