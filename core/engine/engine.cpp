#include "core/engine/engine.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/error.hpp"
#include "core/engine/fork_guard.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/executors/native_thread.hpp"
#include "core/executors/thread_pool.hpp"
#include "core/stores/sqlite/sqlite_store.hpp"

namespace uvsched {
namespace {

std::string default_identity() {
    char host[256] = "localhost";
    gethostname(host, sizeof host - 1);
    return std::string(host) + ":" + std::to_string(getpid());
}

constexpr std::size_t kMostAliases = 1'000;  // far below what their 16-bit indexes can count

void check_number(const char* section, std::size_t number) {
    if (number <= kMostAliases) return;
    fail(Code::invalid, std::string(section) + ": there are " + std::to_string(number) +
                            "; a scheduler takes at most " + std::to_string(kMostAliases));
}

}  // namespace

std::shared_ptr<Scheduler> Scheduler::create(Config config) { return std::make_shared<Engine>(std::move(config)); }

Engine::Engine(Config config)
    : config_([&] {
          if (config.stores.empty() || !config.stores.contains("default")) config.stores["default"] = StoreConfig{};
          if (!config.executors.contains("default")) config.executors["default"] = ExecutorConfig{};
          if (config.identity.empty()) config.identity = default_identity();
          check_number("stores", config.stores.size());
          check_number("executors", config.executors.size());
          return std::move(config);
      }()),
      clock_(config_.clock ? config_.clock : std::make_shared<SystemClock>()),
      bus_(this) {
    if (getrandom(&random_, sizeof random_, 0) != sizeof random_) random_ = static_cast<std::uint64_t>(clock_->wall());
    const Now raw = read_clock();
    for (const auto& [alias, executor] : config_.executors) {
        ExecutorSlot& slot = executors_.emplace_back();
        slot.alias = alias;
        slot.type = executor.type;
        if (executor.type == ExecutorType::thread_pool)
            slot.executor = make_thread_pool("uvsched-" + alias, executor.threads, this);
        if (executor.type == ExecutorType::queue) {
            slot.queue = make_run_queue();
            slot.executor = slot.queue;
            bus_.add_queue(slot.queue);
        }
    }
    for (const auto& [alias, store] : config_.stores) {
        if (store.type != StoreType::memory) {
            StoreSlot& companion = stores_.emplace_back();
            companion.alias = alias;
            companion.companion = true;
            companion.memory = std::make_unique<MemoryStore>(store.history);
            companion.elapsed_base = raw.shift();
        }
        StoreSlot& slot = stores_.emplace_back();
        slot.alias = alias;
        slot.config = store;
        if (store.type == StoreType::memory) {
            slot.memory = std::make_unique<MemoryStore>(store.history);
            slot.elapsed_base = raw.shift();
        } else {
            slot.durable = std::make_unique<DurableSlot>();
            slot.durable->wakes.resize(executors_.size());
            slot.durable->not_before.resize(executors_.size(), kEarliest);
        }
    }
    outbox_.resize(stores_.size());
    outbox_events_.resize(stores_.size());
    rooms_.resize(executors_.size());
    unattended_.resize(executors_.size());
}

Engine::~Engine() {
    if (forked_.load()) {
        // In the child of a fork nothing here may be touched: threads, locks and descriptors are the parent's.
        for (StoreSlot& store : stores_) {
            if (store.durable) (void)store.durable->thread.release();
        }
        (void)loop_.release();
        return;
    }
    bus_.observers().close();
    {
        Lock lock(*this);
        functions_.clear(releases_);
        for (auto& [name, trigger] : triggers_) let_go(std::move(trigger));
        for (Ask& ask : asks_.take_all()) let_go(std::move(ask.function));
        for (const PendingAdd& add : pending_) {
            if (add.spec.release) releases_.push_back(add.spec.release);
        }
        for (StoreSlot& store : stores_) {
            if (!store.memory) continue;
            for (const MemoryIndex index : store.memory->all()) {
                if (auto& release = store.memory->at(index).release) releases_.push_back(std::move(release));
            }
        }
    }
}

Engine::Lock::Lock(Engine& engine) : engine_(engine) {
    engine.check_process();
    lock_ = std::unique_lock(engine.mutex_);
}
Engine::Lock::~Lock() {
    if (lock_.owns_lock()) unlock();
}
void Engine::Lock::unlock() {
    Releases releases = std::exchange(engine_.releases_, {});
    lock_.unlock();
    for (const auto& release : releases) release();
}
void Engine::Lock::lock() { lock_.lock(); }

void Engine::check_process() const {
    if (forked_.load(std::memory_order_relaxed)) {
        fail(Code::forked, "this scheduler was started in the parent process: make a new one after fork()");
    }
}

// ---- start ----

void Engine::start(bool paused) {
    {
        Lock lock(*this);
        if (state_ != SchedulerState::stopped) fail(Code::already, "the scheduler is already running");
        state_ = SchedulerState::starting;
        stop_requested_ = shutting_down_ = false;
        cancels_asked_ = 0;
        clock_offset_ = read_clock().shift();  // a step before the start is in what the stores are opened with
    }
    try {
        open_stores();
        write_pending();
        start_loop(paused);
    } catch (...) {
        forget_asks();
        close_stores();
        const Lock lock(*this);
        loop_left_.reset();
        state_ = SchedulerState::stopped;
        state_changed_.notify_all();
        throw;
    }
}

void Engine::open_stores() {
    for (std::uint16_t i = 0; i < store_count(); ++i) {
        if (!stores_[i].durable) continue;
        DurableSlot& durable = *stores_[i].durable;
        if (!durable.thread) durable.thread = make_store_thread(i);
        OpenRequest request{.wall = clock_->wall(), .node = config_.identity, .retention = stores_[i].config.retention};
        const Opened opened = durable.thread->open(request);
        std::vector<Lane> lanes;
        std::vector<StoredTask> asking;
        durable.thread->read([&](Store& store) {
            lanes = store.lanes();
            asking = store.asking();
        });
        Lock lock(*this);
        const Now raw = read_clock();
        durable.elapsed_base = raw.wall - opened.shift - raw.elapsed;
        durable.store_hash = opened.store_hash;
        durable.lanes = std::move(lanes);
        durable.reported.clear();
        durable.look_pending = false;
        durable.open = true;
        rebuild_lanes(i);
        for (const StoredTask& task : asking) ask_durable(i, task);
        for (const Quarantined& row : opened.quarantined)
            emit(EventCode::task_quarantined, stores_[i].alias, row.id, row.why);
        for (const bool lost : {false, true}) {
            for (const OpenFire& fire : lost ? opened.lost : opened.recovered) {
                const EventCode code = lost ? EventCode::task_lost : EventCode::task_recovered;
                if (!bus_.wants(code)) continue;
                RunSlot& slot = make_durable_run(i, fire, now_of(stores_[i], raw));
                Event event = run_event(code, slot, raw.wall);
                event.reason = Reason::crashed;
                event.message = lost ? "its process died while it ran; it is not run again"
                                     : "its process died; it is ready to run again";
                --executors_[slot.executor].reserved;
                free_run(slot);
                bus_.emit(std::move(event));
            }
        }
    }
}

void Engine::close_stores() noexcept {
    for (StoreSlot& store : stores_) {
        if (!store.durable || !store.durable->thread) continue;
        store.durable->thread->close();
        const std::lock_guard lock(mutex_);
        store.durable->open = false;
    }
}

void Engine::write_pending() {
    std::vector<PendingAdd> pending;
    {
        Lock lock(*this);
        pending = pending_;
    }
    for (PendingAdd& add : pending) {
        StoreSlot& store = home_of(add.spec.store, *add.definition->trigger);
        try {
            leave_other_home(store, add);
            if (store.durable) {
                add_durable(store, add, true);
            } else {
                // Declared again after a stop: the task that is there goes on.
                const Lock lock(*this);
                add_memory(store, add);
            }
        } catch (const Error& error) {
            if (error.code() != Code::conflict || add.on_conflict == OnConflict::raise) throw;
            emit(EventCode::task_conflict, store.alias, add.definition->id, error.message());
        }
    }
    Lock lock(*this);
    pending_.clear();
}

void Engine::start_loop(bool paused) {
    auto loop = std::make_unique<Loop>(*clock_);
    for (ExecutorSlot& slot : executors_) {
        if (slot.executor) slot.executor->start(*this);
    }
    {
        Lock lock(*this);
        loop_ = std::move(loop);
        loop_left_ = std::make_shared<std::latch>(1);
        armed_ = kEarliest;
        state_ = paused ? SchedulerState::paused : SchedulerState::running;
        for (std::uint16_t i = 0; i < store_count(); ++i) {
            if (stores_[i].durable) report_unrunnable(i);
        }
        emit(EventCode::scheduler_started, {}, {});
        const Now raw = read_clock();
        for (StoreSlot& store : stores_) {
            if (store.memory) store.memory->fire_events(FireKind::boot, now_of(store, raw));
        }
        if (paused) emit(EventCode::scheduler_paused, {}, {});
    }
    ForkGuard::add(this);
    // A waker of the clock must not outlive the loop; it holds the engine, and is removed when the loop ends.
    clock_->add_waker(this, [self = shared_from_this()] {
        if (self->forked_.load()) return;
        const std::lock_guard lock(self->mutex_);
        self->signal_locked();
    });
    std::thread thread = start_native_thread("uvsched-loop", [self = shared_from_this(), left = loop_left_]() mutable {
        self->loop_main();
        self.reset();
        left->count_down();
    });
    thread.detach();
    state_changed_.notify_all();
}

// ---- the loop thread ----

void Engine::loop_main() {
    while (true) {
        const Instant until = turn();
        {
            const std::lock_guard lock(mutex_);
            if (stop_requested_) break;
        }
        loop_->wait(until);
        const std::lock_guard lock(mutex_);
        ++stats_.wakeups;
        armed_ = kEarliest;
    }
    drain();
    become_stopped();
}

void Engine::drain() {
    forget_asks();
    for (const StoreSlot& store : stores_) {
        if (store.durable) store.durable->thread->hurry();
    }
    close_executors();
    turn();  // what had passed its gate comes back too
    // A cancel that came with the stop is for what ran before it, and not for the tasks of the shutdown.
    int cancels_made = cancels_asked();
    if (cancels_made > 0) cancel_runs();
    begin_shutdown_tasks();
    while (true) {
        const Instant until = turn();
        bool cancel_now = false;
        {
            const std::lock_guard lock(mutex_);
            const bool flushed = std::all_of(stores_.begin(), stores_.end(), [](const StoreSlot& store) {
                return !store.durable || (store.durable->unflushed == 0 && !store.durable->look_pending);
            });
            const bool begun = std::none_of(stores_.begin(), stores_.end(), [](const StoreSlot& store) {
                return store.memory && store.memory->any_shutdown();
            });
            if (runs_.live() == 0 && flushed && begun) break;
            cancel_now = cancels_asked_ != std::exchange(cancels_made, cancels_asked_);
        }
        if (cancel_now) {
            cancel_runs();
            continue;
        }
        loop_->wait(until);
        const std::lock_guard lock(mutex_);
        ++stats_.wakeups;
        armed_ = kEarliest;
    }
    close_executors();
}

int Engine::cancels_asked() const {
    const std::lock_guard lock(mutex_);
    return cancels_asked_;
}

void Engine::close_executors() {
    for (ExecutorSlot& slot : executors_) {
        if (slot.executor) slot.executor->close();
    }
}

void Engine::begin_shutdown_tasks() {
    bool any = false;
    {
        const Lock lock(*this);
        const Now raw = read_clock();
        const std::vector<bool> all(executors_.size(), true);
        for (std::uint16_t i = 0; i < store_count(); ++i) {
            StoreSlot& store = stores_[i];
            if (!store.memory) continue;
            const Now now = now_of(store, raw);
            misses_.clear();
            store.memory->drop_events(FireKind::boot, all, misses_);
            record_misses(i, misses_, now);
            store.memory->fire_events(FireKind::shutdown, now);
            any = any || store.memory->any_shutdown();
        }
        shutting_down_ = any;
    }
    if (!any) return;
    for (ExecutorSlot& slot : executors_) {
        if (slot.executor) slot.executor->start(*this);
    }
}

void Engine::cancel_runs() {
    std::vector<std::pair<Executor*, std::uint64_t>> runs;
    {
        const std::lock_guard lock(mutex_);
        runs_.each([&](RunSlot& slot) {
            slot.run.cancelled.store(true, std::memory_order_relaxed);
            if (slot.submitted && executors_[slot.executor].executor) {
                runs.emplace_back(executors_[slot.executor].executor.get(), slot.run.id);
            }
        });
    }
    for (const auto& [executor, run] : runs) executor->cancel(run);
}

void Engine::become_stopped() {
    close_stores();
    for (ExecutorSlot& slot : executors_) {
        if (slot.executor) slot.executor->stop();
    }
    clock_->remove_waker(this);
    ForkGuard::remove(this);
    std::unique_ptr<Loop> loop;
    Lock lock(*this);
    emit(EventCode::scheduler_shutdown, {}, {});
    for (ExecutorSlot& slot : executors_) {
        if (slot.queue) slot.queue->push_stopped();
    }
    loop = std::move(loop_);
    state_ = SchedulerState::stopped;
    idle_told_ = idle_asked_;
    state_changed_.notify_all();
    idle_changed_.notify_all();
}

void Engine::signal_locked() {
    if (armed_ == kEarliest || !loop_) return;  // the loop is at work and will look again before it sleeps
    armed_ = kEarliest;
    loop_->signal();
}

// ---- stop ----

void Engine::stop(StopMode mode) {
    const Lock lock(*this);
    if (state_ == SchedulerState::stopped) fail(Code::not_running, "the scheduler is not running");
    stop_requested_ = true;
    if (mode == StopMode::cancel) ++cancels_asked_;
    if (state_ != SchedulerState::starting) state_ = SchedulerState::stopping;
    signal_locked();
}

Code Engine::wait(std::optional<Micros> timeout) {
    Lock lock(*this);
    if (state_ == SchedulerState::stopped) return Code::not_running;
    if (CallbackScope::inside(this)) return Code::deadlock;
    const auto stopped = [this] { return state_ == SchedulerState::stopped; };
    if (!timeout) {
        state_changed_.wait(lock.inner(), stopped);
        return Code::ok;
    }
    return state_changed_.wait_for(lock.inner(), std::chrono::microseconds(*timeout), stopped) ? Code::ok
                                                                                               : Code::timed_out;
}

void Engine::pause() {
    const Lock lock(*this);
    if (state_ == SchedulerState::paused) return;
    if (state_ != SchedulerState::running) fail(Code::not_running, "the scheduler is not running");
    state_ = SchedulerState::paused;
    emit(EventCode::scheduler_paused, {}, {});
}

void Engine::resume() {
    const Lock lock(*this);
    if (state_ == SchedulerState::running) return;
    if (state_ != SchedulerState::paused) fail(Code::not_running, "the scheduler is not running");
    state_ = SchedulerState::running;
    emit(EventCode::scheduler_resumed, {}, {});
    signal_locked();
}

SchedulerState Engine::state() const {
    check_process();
    const std::lock_guard lock(mutex_);
    return state_;
}

Code Engine::wait_idle(std::optional<Micros> timeout) {
    if (CallbackScope::inside(this)) return Code::deadlock;
    Lock lock(*this);
    if (state_ == SchedulerState::stopped) return Code::not_running;
    const std::uint64_t ticket = ++idle_asked_;
    signal_locked();
    const auto told = [&] { return idle_told_ >= ticket; };
    if (!timeout) {
        idle_changed_.wait(lock.inner(), told);
        return Code::ok;
    }
    return idle_changed_.wait_for(lock.inner(), std::chrono::microseconds(*timeout), told) ? Code::ok : Code::timed_out;
}

// ---- what others ask ----

void Engine::register_function(const std::string& name, Function function, bool replace) {
    validate_text("function", name);
    Lock lock(*this);
    if (!replace && functions_.find(name) != nullptr) {
        fail(Code::already, "function \"" + name + "\" is already registered: unregister it first");
    }
    functions_.set(name, std::move(function), releases_);
    for (std::uint16_t i = 0; i < store_count(); ++i) rebuild_lanes(i);
    signal_locked();
}

void Engine::unregister_function(const std::string& name) {
    Lock lock(*this);
    if (functions_.find(name) == nullptr) fail(Code::not_found, "function \"" + name + "\" is not registered");
    functions_.remove(name, releases_);
    for (std::uint16_t i = 0; i < store_count(); ++i) rebuild_lanes(i);
}

Stats Engine::stats() {
    const Lock lock(*this);
    Stats stats = stats_;
    stats.in_flight = runs_.live();
    stats.events_dropped = bus_.observers().dropped();
    return stats;
}

std::shared_ptr<RunQueue> Engine::queue(const std::string& alias) {
    check_process();
    ExecutorSlot& slot = executors_[executor_index(alias)];
    if (!slot.queue) fail(Code::invalid, "executor \"" + alias + "\" is not a run queue");
    return slot.queue;
}

std::uint64_t Engine::add_observer(EventMask mask, std::function<void(const Event&)> call,
                                   std::function<void()> release) {
    check_process();
    return bus_.observers().add(mask, std::move(call), std::move(release));
}

void Engine::remove_observer(std::uint64_t id) {
    check_process();
    bus_.observers().remove(id);
}

void Engine::settle() {
    check_process();
    std::shared_ptr<std::latch> left;
    {
        const std::lock_guard lock(mutex_);
        left = loop_left_;
    }
    if (left && !CallbackScope::inside(this)) left->wait();
    bus_.observers().close();
}

// ---- fork ----

void Engine::fork_prepare() {
    for (StoreSlot& store : stores_) {
        if (store.durable && store.durable->thread) store.durable->thread->fork_prepare();
    }
    mutex_.lock();
}

void Engine::fork_parent() {
    mutex_.unlock();
    for (StoreSlot& store : stores_) {
        if (store.durable && store.durable->thread) store.durable->thread->fork_parent();
    }
}

void Engine::fork_child() noexcept {
    forked_.store(true);
    if (loop_) loop_->abandon();
    for (ExecutorSlot& slot : executors_) {
        if (slot.queue) ::close(slot.queue->descriptor());
    }
}

}  // namespace uvsched
