// Engine: the scheduler behind the façade. It validates, locks, wakes the loop and delegates to its parts:
//
//   Lifecycle     its state, and who waits for it         Runs           what is in flight
//   TaskHome      where tasks live: in memory, durable    Dispatcher     executors, and runs on their way to them
//   DeclaredTasks what the next start writes              TriggerAsker   custom triggers
//   Notices       events                                  Loop           what its thread sleeps on
//
// One mutex guards them all (core/life/shared.hpp); docs/architecture.md draws the threads and the lock order.
// engine.cpp is its life, turn.cpp what the loop thread does, tasks.cpp what callers ask of tasks, and parts.cpp of
// executors and stores.
#pragma once

#include <functional>
#include <latch>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/asks/trigger_asker.hpp"
#include "core/engine/driver_seat.hpp"
#include "core/engine/loop.hpp"
#include "core/engine/scheduler.hpp"
#include "core/homes/declared_tasks.hpp"
#include "core/homes/drafts.hpp"
#include "core/homes/task_home.hpp"
#include "core/life/lifecycle.hpp"
#include "core/life/shared.hpp"
#include "core/runs/dispatcher.hpp"
#include "core/runs/runs.hpp"

namespace uvsched {

class Engine final : public Scheduler, public RunSink, public std::enable_shared_from_this<Engine> {
public:
    explicit Engine(Config config);
    ~Engine() override;

    void start(bool paused) override;
    void stop(StopMode mode) override;
    Code wait(std::optional<Micros> timeout) override;
    void pause() override;
    void resume() override;
    [[nodiscard]] SchedulerState state() const override;

    void register_function(const std::string& name, Function function, bool replace) override;
    void unregister_function(const std::string& name) override;

    void register_trigger(const std::string& name, TriggerFunction function, bool replace) override;
    void unregister_trigger(const std::string& name) override;

    AddOutcome add(TaskSpec spec, AddMode mode) override;
    TaskView change(const std::string& store, const std::string& id, TaskChanges changes) override;
    void remove(const std::string& store, const std::string& id) override;
    std::int64_t remove_all(const std::string& store) override;
    TaskView pause_task(const std::string& store, const std::string& id) override;
    TaskView resume_task(const std::string& store, const std::string& id) override;
    void run_now(const std::string& store, const std::string& id) override;
    TaskView get(const std::string& store, const std::string& id) override;
    using Scheduler::list;
    std::vector<TaskView> list(const std::string& store, ListPlace& place, std::size_t limit, bool finished) override;
    EngineCounts count(const std::string& store) override;
    std::vector<Instant> preview(const std::string& store, const std::string& id, std::size_t count,
                                 std::optional<Instant> after) override;
    std::vector<HistoryRow> history(const std::string& store, const HistoryQuery& query) override;
    StoreReport report(const std::string& store, Micros watch) override;
    [[nodiscard]] std::vector<std::string> store_aliases() const override;
    [[nodiscard]] std::vector<std::string> executor_aliases() const override { return dispatcher_.aliases(); }
    void add_store(const std::string& alias, const StoreConfig& store) override;
    void remove_store(const std::string& alias) override;
    void add_executor(const std::string& alias, const ExecutorConfig& executor) override;
    void remove_executor(const std::string& alias) override;
    [[nodiscard]] const TimeZone& zone() const override { return *config_.zone; }
    [[nodiscard]] std::shared_ptr<Clock> clock() const override { return shared_.clock; }
    Stats stats() override;
    std::shared_ptr<RunQueue> queue(const std::string& alias) override;
    std::uint64_t add_observer(EventMask mask, std::function<void(const Event&)> call,
                               std::function<void()> release) override;
    void remove_observer(std::uint64_t id) override;
    void settle() override;
    Code wait_idle(std::optional<Micros> timeout) override;
    void poll() override;
    [[nodiscard]] int poll_descriptor() override;
    [[nodiscard]] std::optional<std::chrono::milliseconds> poll_timeout() override;

    // RunSink
    void begin(std::span<Run*> runs, std::span<RunResult> ended, bool roomy) noexcept override;
    void finished(std::span<RunResult> results) noexcept override;
    void returned(std::span<Run* const> runs) noexcept override;
    void has_room() override;
    void lacking(const Executor& executor, const std::string& what) noexcept override;
    void took_asks(std::span<const std::uint64_t> asks) noexcept override;
    void answered(std::span<TriggerAnswer> answers) override;

    // fork(): called by ForkGuard.
    void fork_prepare();
    void fork_parent();
    void fork_child() noexcept;

private:
    // ---- engine.cpp: life ----
    void write_declared();
    void start_loop(bool paused);
    void abandon_start() noexcept;
    void end_undriven() noexcept;
    void close_homes() noexcept;
    void forget_asks();
    void loop_main();
    void slept();
    std::optional<Instant> step();
    Instant pump() noexcept;
    bool drive();
    void watch_tellers();
    template <class Done>
    Code drive_until(std::optional<Micros> timeout, Done done);
    void begin_drain();
    [[nodiscard]] bool drained() const;
    [[nodiscard]] int cancels_asked() const;
    void begin_shutdown_tasks();
    void count_shutdown_tasks(Stats& stats) const;
    void cancel_runs();
    void become_stopped();
    bool await_stopped();

    // ---- parts.cpp: executors and stores that come and go ----
    // Of all stores; those that were removed are there until nothing of them is under way.
    using Homes = std::vector<std::shared_ptr<TaskHome>>;
    [[nodiscard]] std::shared_ptr<const Homes> homes() const {
        const std::lock_guard lock(shared_.mutex);
        return homes_;
    }
    [[nodiscard]] std::shared_ptr<TaskHome> make_home(const std::string& alias, const StoreConfig& store);
    [[nodiscard]] std::uint16_t free_number();
    void enter(const std::shared_ptr<TaskHome>& home);
    void enter_late(const std::shared_ptr<TaskHome>& home);
    void free_number(const TaskHome& home) noexcept { by_number_[home.number() / kNumbers] = nullptr; }
    [[nodiscard]] Homes take_left_homes();
    void let_go(const Homes& left) noexcept;
    [[nodiscard]] Homes end_leaving() noexcept;
    [[nodiscard]] const NewTask* user_of_next_start(const std::function<bool(const NewTask&)>& uses) const;
    [[nodiscard]] bool under_way(const TaskHome& home) const;
    void check_not_stopping(const char* what, const std::string& alias) const;
    // Calls visit(executor) with no lock held. Needs no memory.
    template <class Visit>
    void each_executor(Visit&& visit) {
        for (std::uint16_t i = 0; i < dispatcher_.count(); ++i) {
            std::shared_ptr<Executor> executor;
            {
                const std::lock_guard lock(shared_.mutex);
                executor = dispatcher_.at_work(i);
            }
            if (executor) visit(*executor);
        }
    }
    void start_executors() {
        each_executor([this](Executor& executor) { executor.start(*this); });
    }
    void close_executors() {
        each_executor([](Executor& executor) { executor.close(); });
    }
    void stop_executors() {
        each_executor([](Executor& executor) { executor.stop(); });
        std::vector<std::shared_ptr<Executor>> replaced;
        {
            const std::lock_guard lock(shared_.mutex);
            replaced = dispatcher_.take_replaced();
        }
        for (const auto& executor : replaced) executor->stop();
    }

    // ---- turn.cpp: the loop thread ----
    Instant next_turn() noexcept;
    Instant turn();
    void catch_up(const Now& now);
    void notice_step(const Now& now);
    void claim(const Now& now);
    [[nodiscard]] bool begin_run(RunSlot& slot, Instant now) noexcept;
    void note_ends(std::span<RunResult> results, Instant now) noexcept;
    void note_room();
    void settle_runs() noexcept;
    void flush() noexcept;
    void progress();
    [[nodiscard]] Instant next_deadline(const Now& now) const;
    [[nodiscard]] bool idle(const Now& now) const;

    // The home of a run's task, or the one whose companion that is.
    [[nodiscard]] TaskHome& home_of(const RunSlot& slot) const noexcept { return *by_number_[slot.store / kNumbers]; }

    // ---- tasks.cpp: callers ----
    [[nodiscard]] std::shared_ptr<TaskHome> home(const std::string& alias) const;
    [[nodiscard]] const std::shared_ptr<TaskHome>& home_locked(const std::string& alias) const;
    [[nodiscard]] Homes homes_of(const std::string& store) const;
    void check_stays(const TaskHome& home, const Definition& old, const Definition& definition) const;
    void change_declared(NewTask& task, const TaskChanges& changes);
    template <class Declared, class There>
    auto on_task(const std::string& store, const std::string& id, Declared declared, There there);
    template <class Visit>
    auto on_task_over(const std::string& store, Visit visit);

    static constexpr std::uint16_t kNumbers = 2;  // of a home: a durable one has a companion

    const Config config_;
    Bell bell_;  // rung only if the caller drives
    Shared shared_;
    Lifecycle life_;
    Runs runs_;
    Dispatcher dispatcher_;
    TriggerAsker asker_;
    TaskIds ids_;
    const EngineParts parts_;
    Drafts drafts_;
    DeclaredTasks declared_;
    std::shared_ptr<const Homes> homes_ = std::make_shared<const Homes>();  // in order of alias; replaced as a whole
    std::vector<TaskHome*> by_number_;  // nullptr: free. Of a store that is being opened too
    std::size_t leaving_ = 0;           // of homes_

    [[nodiscard]] bool caller_drives() const noexcept { return config_.driver == Driver::caller; }
    void check_caller_drives() const;

    DriverSeat seat_;  // only if the caller drives
    std::unique_ptr<Loop> loop_;
    std::shared_ptr<std::latch> loop_left_;  // opened when the loop thread has let go of this object
    Micros to_wall_ = 0;                     // of the clock, as last seen
    bool draining_ = false;                  // a stop is under way; for the thread that drives only
    int cancels_made_ = 0;
    bool shutting_down_ = false;  // fires of the shutdown triggers are made; no others are claimed
    std::int64_t wakeups_ = 0;
};

}  // namespace uvsched
