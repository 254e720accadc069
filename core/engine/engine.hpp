// Engine: the scheduler behind the façade. One mutex guards everything here that is not marked otherwise; no callback,
// no I/O and no destroy function runs while it is held. docs/architecture.md draws the threads and the lock order.
//
// The implementation stands in files by what they do: engine.cpp (life), turn.cpp (what the loop thread does),
// fires.cpp (runs, whichever store they come from), durable.cpp (claims of durable stores), tasks_*.cpp (add, change,
// ask), custom_triggers.cpp (what custom triggers are asked).
#pragma once

#include <atomic>
#include <condition_variable>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/engine/asks.hpp"
#include "core/engine/event_bus.hpp"
#include "core/engine/function_table.hpp"
#include "core/engine/loop.hpp"
#include "core/engine/run_table.hpp"
#include "core/engine/scheduler.hpp"
#include "core/engine/store_thread.hpp"
#include "core/engine/trigger_thread.hpp"
#include "core/stores/memory/memory_store.hpp"

namespace uvsched {

struct ExecutorSlot {
    std::string alias;
    ExecutorType type = ExecutorType::inline_;
    std::shared_ptr<Executor> executor;  // none for inline: the loop thread calls
    std::shared_ptr<RunQueue> queue;     // the same object, where it is a queue
    std::size_t reserved = 0;            // runs on their way to it that its room() does not know of yet
};

// What the engine knows of a durable store between two answers of its thread.
struct DurableSlot {
    std::unique_ptr<StoreThread> thread;
    std::uint64_t store_hash = 0;
    std::atomic<Micros> elapsed_base{0};  // elapsed line = Clock::elapsed() + this; any thread
    std::vector<Lane> lanes;
    std::unordered_set<LaneNumber> reported;  // as not runnable here
    LaneGroups groups;
    std::vector<Store::Wake> wakes;   // by executor
    std::vector<Store::Wake> looked;  // of those that the look under way is for: the same, when it was posted
    std::vector<Instant> not_before;  // by executor: a look that found nothing is not repeated before (wall)
    bool open = false;
    bool look_pending = false;
    std::int64_t unflushed = 0;                   // finishes and releases on their way into the store
    std::unordered_set<std::string> derived_ids;  // declared by this process
};

// A durable store has a companion: a memory store of the same alias, just before it, for tasks that never leave the
// process: those on a shutdown or boot trigger (docs/decisions/0024-event-triggers.md).
struct StoreSlot {
    std::string alias;
    bool companion = false;
    StoreConfig config;
    std::unique_ptr<MemoryStore> memory;  // one of the two
    std::unique_ptr<DurableSlot> durable;
    Micros elapsed_base = 0;  // memory
};

struct PendingAdd {
    TaskSpec spec;
    AddMode mode = AddMode::keep_if_equal;
    OnConflict on_conflict = OnConflict::keep;
    bool derived_id = false;
    std::shared_ptr<const Definition> definition;
};

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

    AddOutcome add(TaskSpec spec, AddMode mode, OnConflict on_conflict) override;
    TaskView change(const std::string& store, const std::string& id, TaskChanges changes) override;
    void remove(const std::string& store, const std::string& id) override;
    std::int64_t remove_all(const std::string& store) override;
    TaskView pause_task(const std::string& store, const std::string& id) override;
    TaskView resume_task(const std::string& store, const std::string& id) override;
    void run_now(const std::string& store, const std::string& id) override;
    TaskView get(const std::string& store, const std::string& id) override;
    std::vector<TaskView> list(const std::string& store, const std::string& after, std::size_t limit,
                               bool finished) override;
    std::vector<Instant> preview(const std::string& store, const std::string& id, std::size_t count,
                                 std::optional<Instant> after) override;
    std::vector<HistoryRow> history(const std::string& store, const HistoryQuery& query) override;
    [[nodiscard]] std::vector<std::string> store_aliases() const override;
    [[nodiscard]] std::vector<std::string> executor_aliases() const override;
    [[nodiscard]] const TimeZone& zone() const override { return config_.zone; }
    [[nodiscard]] std::shared_ptr<Clock> clock() const override { return clock_; }
    Stats stats() override;
    std::shared_ptr<RunQueue> queue(const std::string& alias) override;
    std::uint64_t add_observer(EventMask mask, std::function<void(const Event&)> call,
                               std::function<void()> release) override;
    void remove_observer(std::uint64_t id) override;
    void settle() override;
    Code wait_idle(std::optional<Micros> timeout) override;

    // RunSink
    void finished(std::span<RunResult> results) override;
    void returned(std::span<Run* const> runs) override;
    void has_room() override;
    void asked(std::span<const std::uint64_t> asks) override;
    void answered(std::span<TriggerAnswer> answers) override;

    // fork(): called by ForkGuard.
    void fork_prepare();
    void fork_parent();
    void fork_child() noexcept;

private:
    // Holds the engine's mutex; on leaving, makes the release calls that came up, with no lock held.
    class Lock {
    public:
        explicit Lock(Engine& engine);
        ~Lock();
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;
        void unlock();
        void lock();
        std::unique_lock<std::mutex>& inner() noexcept { return lock_; }

    private:
        void run_releases();
        Engine& engine_;
        std::unique_lock<std::mutex> lock_;
    };

    // A reference to a task in one of the stores.
    struct Found {
        StoreSlot* store = nullptr;
        MemoryIndex index = MemoryStore::kNone;  // memory
    };

    // ---- engine.cpp: life ----
    void check_process() const;
    void open_stores();
    void close_stores() noexcept;
    void write_pending();
    void start_loop(bool paused);
    void loop_main();
    void drain();
    [[nodiscard]] int cancels_asked() const;
    void close_executors();
    void begin_shutdown_tasks();
    void cancel_runs();
    void become_stopped();
    void signal_locked();

    // ---- turn.cpp: the loop thread ----
    Instant turn();
    [[nodiscard]] Now read_clock() const;  // raw: elapsed as the clock has it
    [[nodiscard]] Now now_of(const StoreSlot& store, const Now& raw) const;
    void notice_step(const Now& raw);
    void measure_rooms();
    void claim_memory(const Now& raw);
    void claim_shutdown(const Now& raw);
    void post_looks(const Now& raw);
    [[nodiscard]] Instant next_deadline(const Now& raw) const;
    [[nodiscard]] bool idle(const Now& raw) const;
    void dispatch(std::vector<RunSlot*>& batch);
    void call_inline(std::span<RunSlot* const> runs);

    // ---- fires.cpp ----
    RunSlot& make_memory_run(std::uint16_t store, const MemoryFire& fire, const Now& now);
    RunSlot& make_durable_run(std::uint16_t store, const OpenFire& fire, const Now& now);
    void fill_run(RunSlot& slot, const Definition& task, FunctionVersion* function);
    void finish_locked(RunSlot& slot, FireState state, std::string&& result, std::string&& error, Instant now);
    void finish_memory(RunSlot& slot, FireState state, Reason reason, std::string& result, std::string& error,
                       Instant now);
    void finish_durable(RunSlot& slot, FireState state, Reason reason, std::string&& result, std::string&& error,
                        Instant now);
    void flush_outboxes();
    void free_run(RunSlot& slot);
    void return_locked(RunSlot& slot, std::vector<std::vector<Release>>& releases);
    void progress_locked();
    void record_misses(std::uint16_t store, std::vector<MemoryMiss>& misses, const Now& now);
    void emit_miss(const std::string& alias, const std::string& id, const PlannedMiss& miss, Micros shift, Instant now);
    void emit_run(EventCode code, const RunSlot& slot, Instant now);
    [[nodiscard]] Event run_event(EventCode code, const RunSlot& slot, Instant now) const;
    void emit(EventCode code, const std::string& alias, const std::string& id, std::string message = {});
    void tell_if_given_up(const std::string& alias, const Definition& task, Instant after, Instant anchor);
    void collect_gone(MemoryStore& store);

    // ---- durable.cpp ----
    std::unique_ptr<StoreThread> make_store_thread(std::uint16_t index);
    void looked(std::uint16_t index, StoreReply&& reply);
    void claimed(std::uint16_t index, StoreReply&& reply);
    bool claimed_locked(std::uint16_t index, StoreReply& reply, const Now& now);
    void gate(std::uint16_t index, std::vector<Start> starts, std::vector<std::uint64_t> runs);
    void gated(std::uint16_t index, const StoreReply& reply, const std::vector<std::uint64_t>& runs);
    void release_durable(std::uint16_t index, std::vector<Release> releases);
    void set_wakes(std::uint16_t index, const GroupWakes& found);
    [[nodiscard]] static bool is_due(const Store::Wake& wake, const Now& now);
    void rebuild_lanes(std::uint16_t index);
    void learn_lane(std::uint16_t index, const StoredTask& task);
    void report_unrunnable(std::uint16_t index);
    [[nodiscard]] std::string why_unrunnable(const Lane& lane) const;
    Batch apply(StoreSlot& store, Batch batch);
    void read(StoreSlot& store, const std::function<void(Store&)>& job);

    // ---- custom_triggers.cpp ----
    void let_go(std::shared_ptr<const TriggerFunction> function);
    void check_trigger(const Trigger& trigger) const;
    void ask_durable(std::uint16_t store, const StoredTask& task);
    void ask_memory();
    void want(Ask ask);
    void put_question(Ask& ask);
    [[nodiscard]] static TriggerAsk question(const Ask& ask);
    void call_next();
    void answered(Ask ask, TriggerAnswer answer);
    [[nodiscard]] MemoryTask* asking_task(const Ask& ask);
    void answer_memory(const Ask& ask, bool ended);
    void answer_durable(const Ask& ask, bool ended);
    [[nodiscard]] static TaskState answered_state(const Ask& ask, bool ended);
    [[nodiscard]] Change answer_change(const Ask& ask, TaskState state) const;
    void post_answer(std::uint16_t store, StoreRequest request);
    void give_up(Ask ask, std::string what);
    void tell_paused(std::uint16_t store, const std::string& id, const std::string& what, std::int64_t lost);
    void expire_asks(const Now& raw);
    [[nodiscard]] Instant ask_deadline(const Now& raw) const;
    void forget_asks();
    [[nodiscard]] bool asks_under_way() const;

    // ---- tasks_add.cpp ----
    [[nodiscard]] StoreSlot& store_slot(const std::string& alias);
    // The constructor takes no more of either than an index can count.
    [[nodiscard]] std::uint16_t store_count() const noexcept { return static_cast<std::uint16_t>(stores_.size()); }
    [[nodiscard]] std::uint16_t executor_count() const noexcept {
        return static_cast<std::uint16_t>(executors_.size());
    }
    [[nodiscard]] StoreSlot& home_of(const std::string& alias, const Trigger& trigger);
    [[nodiscard]] StoreSlot& companion_of(const StoreSlot& durable);
    [[nodiscard]] static std::string key_of(const Definition& task);
    void leave_other_home(StoreSlot& home, const PendingAdd& add);
    [[nodiscard]] std::uint16_t executor_index(const std::string& alias) const;
    [[nodiscard]] std::uint16_t index_of(const StoreSlot& store) const {
        return static_cast<std::uint16_t>(&store - stores_.data());
    }
    PendingAdd prepare(TaskSpec spec, AddMode mode, OnConflict on_conflict);
    void name_task(PendingAdd& add, Definition& definition);
    void check_callable(const PendingAdd& add, const Definition& definition) const;
    TaskState first_state(const Definition& definition, Uid uid, std::optional<std::optional<Instant>> next_run_time,
                          const Now& now, std::optional<PlannedMiss>& miss) const;
    AddOutcome add_pending(PendingAdd add);
    AddOutcome add_memory(StoreSlot& store, PendingAdd add);
    AddOutcome replace_memory(StoreSlot& store, MemoryIndex index, PendingAdd add, const Now& now);
    AddOutcome add_durable(StoreSlot& store, PendingAdd& add, bool starting);
    void set_token(MemoryTask& task, std::uint64_t token, std::function<void()> release);
    void wake_for(const TaskState& state, const Now& now);
    [[nodiscard]] static bool same_trigger(const Definition& a, const Definition& b);
    [[nodiscard]] std::string random_id();
    [[nodiscard]] std::uint64_t random_number();

    // ---- tasks_change.cpp, tasks_query.cpp ----
    std::vector<PendingAdd>::iterator find_pending(const std::string& store, const std::string& id);
    template <class Pending, class Memory, class Durable>
    auto on_task(const std::string& store, const std::string& id, Pending pending, Memory memory, Durable durable);
    using Edit = std::function<void(const StoredTask& task, Change& change, const Now& now)>;
    std::optional<TaskView> change_durable(StoreSlot& store, const std::string& id, const Edit& edit);
    [[nodiscard]] std::shared_ptr<const Definition> changed(const Definition& old, const TaskChanges& changes) const;
    [[nodiscard]] TaskState changed_state(const Definition& old, const TaskState& state, const Definition& definition,
                                          const TaskChanges& changes, const Now& now) const;
    [[nodiscard]] static TaskState paused_state(TaskState state);
    [[nodiscard]] static TaskState resumed_state(const Definition& definition, TaskState state, const Now& now);
    static void check_home(const StoreSlot& store, const Definition& old, const Definition& definition);
    void change_pending(PendingAdd& add, const TaskChanges& changes);
    void remove_memory(StoreSlot& store, MemoryIndex index, const std::string& id);
    bool remove_durable(StoreSlot& store, const std::string& id);
    void rebase_memory(StoreSlot& store, MemoryIndex index, const Now& now);
    [[nodiscard]] TaskView view(const StoreSlot& store, MemoryIndex index) const;
    [[nodiscard]] TaskView view(const StoreSlot& store, const StoredTask& task) const;
    [[nodiscard]] static TaskView view(const PendingAdd& pending);

    const Config config_;
    const std::shared_ptr<Clock> clock_;
    std::atomic<bool> forked_{false};
    EventBus bus_;  // thread-safe

    mutable std::mutex mutex_;
    std::condition_variable state_changed_;
    std::condition_variable idle_changed_;
    SchedulerState state_ = SchedulerState::stopped;
    bool stop_requested_ = false;
    int cancels_asked_ = 0;
    bool shutting_down_ = false;  // fires of the shutdown triggers are made; no others are claimed
    std::unique_ptr<Loop> loop_;
    std::shared_ptr<std::latch> loop_left_;  // opened when the loop thread has let go of this object
    Instant armed_ = kEarliest;              // what the loop sleeps until; kEarliest while it is at work
    Micros clock_offset_ = 0;                // wall - elapsed, as last seen
    FunctionTable functions_;
    std::map<std::string, std::shared_ptr<const TriggerFunction>> triggers_;  // by registered name
    AskTable asks_;
    std::optional<TriggerThread> trigger_thread_;
    std::vector<ExecutorSlot> executors_;  // fixed after construction
    std::vector<StoreSlot> stores_;        // fixed after construction
    RunTable runs_;
    std::vector<PendingAdd> pending_;
    std::vector<RunSlot*> dispatch_;                 // past their gate: to be handed to their executors
    std::vector<std::vector<Finish>> outbox_;        // by store
    std::vector<std::vector<Event>> outbox_events_;  // by store: told when the finishes are in the store
    Releases releases_;
    std::uint64_t idle_asked_ = 0;
    std::uint64_t idle_told_ = 0;
    std::uint64_t random_ = 0;
    Stats stats_;

    // Used by the loop thread under the lock; kept for their memory.
    std::vector<std::size_t> rooms_;
    std::vector<MemoryFire> fires_;
    std::vector<MemoryMiss> misses_;
    std::vector<bool> unattended_;  // by executor
};

}  // namespace uvsched
