// Scheduler: the façade of the engine. It validates, locks, wakes the loop, and delegates.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config/config.hpp"
#include "core/executors/run_queue.hpp"
#include "core/model/event.hpp"
#include "core/model/task.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// A task as a user declares it; what is absent is filled in from the scheduler's configuration.
struct TaskSpec {
    std::string id;  // empty: derived or random (SEMANTICS: "Declaring tasks")
    std::string name;
    std::string function;
    std::string arguments;  // JSON array/object text, or empty
    std::string executor = "default";
    std::string store = "default";
    TriggerPtr trigger;  // none: a date trigger without a date (once, now)
    PolicyOverrides policies;
    std::optional<std::optional<Instant>> next_run_time;  // set to nothing: add paused
    std::uint64_t token = 0;  // memory store only: handed out with each run, released with the task
    std::function<void()>
        release;  // called once, with no lock held, when the token (or what stands behind it) is no longer needed
    bool local_function =
        false;  // the function has no name that another process could resolve: durable stores refuse it
};

enum class AddMode : std::uint8_t { keep_if_equal, replace };
enum class OnConflict : std::uint8_t { keep, raise };  // for tasks added before start

struct TaskView {
    std::shared_ptr<const Definition> definition;
    TaskState state;
    std::string store;
    std::int32_t running = 0;
    bool pending = false;  // added before start; not in its store yet
    Micros shift = 0;      // add to times of the elapsed line to get wall time
    [[nodiscard]] std::optional<Instant> next_run()
        const;  // wall time of the next run; nothing when paused or finished
};

struct AddOutcome {
    enum class Result : std::uint8_t { created, unchanged, replaced, pending } result = Result::created;
    TaskView task;
};

// A function that tasks name.
struct Function {
    NativeFunction call = nullptr;  // or, for another language:
    std::uint64_t token = 0;
    void* user_data = nullptr;
    std::function<void()> release;  // once, when it was unregistered or replaced and no run uses it any more
};

enum class StopMode : std::uint8_t { wait, cancel };
enum class SchedulerState : std::uint8_t { stopped, running, paused, starting, stopping };

struct Stats {               // counters since creation
    std::int64_t fires = 0;  // runs handed to executors
    std::int64_t finished = 0;
    std::int64_t missed = 0;   // due times missed or skipped
    std::int64_t wakeups = 0;  // times the loop thread came back from waiting
    std::int64_t in_flight = 0;
    std::int64_t events_dropped = 0;
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

// Thread-safe. Members that name a durable store wait for its commit (never on the loop thread: Error(deadlock)).
class Scheduler {
public:
    // Opens nothing: no thread, file, or connection.
    static std::shared_ptr<Scheduler> create(Config config);
    virtual ~Scheduler() = default;

    virtual void start(bool paused) = 0;
    // Never blocks; idempotent; from anywhere. Tasks on a shutdown trigger run in both modes; only a further cancel asks
    // them to end early too. Error(not_running) when there is nothing to stop.
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

    virtual AddOutcome add(TaskSpec spec, AddMode mode, OnConflict on_conflict) = 0;
    virtual TaskView change(const std::string& store, const std::string& id, TaskChanges changes) = 0;
    virtual void remove(const std::string& store, const std::string& id) = 0;
    virtual std::int64_t remove_all(const std::string& store) = 0;  // an empty alias: every store
    virtual TaskView pause_task(const std::string& store, const std::string& id) = 0;
    virtual TaskView resume_task(const std::string& store, const std::string& id) = 0;
    virtual void run_now(const std::string& store, const std::string& id) = 0;

    // An empty alias searches every store. Error(not_found) names the id.
    virtual TaskView get(const std::string& store, const std::string& id) = 0;
    // Pages in order of id, of one store.
    virtual std::vector<TaskView> list(const std::string& store, const std::string& after, std::size_t limit,
                                       bool finished) = 0;
    virtual std::vector<Instant> preview(const std::string& store, const std::string& id, std::size_t count,
                                         std::optional<Instant> after) = 0;
    virtual std::vector<HistoryRow> history(const std::string& store, const HistoryQuery& query) = 0;
    [[nodiscard]] virtual std::vector<std::string> store_aliases() const = 0;
    [[nodiscard]] virtual std::vector<std::string> executor_aliases() const = 0;
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

    // For a scheduler that has stopped and will not be started again: its loop thread has let go of it, and its observers
    // have heard what was left and are released. Waits for calls under way, unless it is made from one.
    virtual void settle() = 0;

    // Waits until nothing is due at the clock's present time, no run is in flight and every result is in its store.
    virtual Code wait_idle(std::optional<Micros> timeout) = 0;

protected:
    Scheduler() = default;
};

}  // namespace uvsched
