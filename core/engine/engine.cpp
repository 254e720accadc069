// The scheduler's life: made, started, stopped, forked.
#include "core/engine/engine.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/memory.hpp"
#include "core/base/name.hpp"
#include "core/engine/fork_guard.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/homes/durable_home.hpp"
#include "core/homes/memory_home.hpp"
#include "core/platform/host.hpp"
#include "core/platform/native_thread.hpp"
#include "core/platform/random.hpp"

namespace uvsched {
namespace {

constexpr Micros kStopPatience = 5 * kSecond;  // with a stop that is under way

std::string default_identity() { return host_name() + ":" + std::to_string(process_id()); }

constexpr std::size_t kMostAliases = Dispatcher::kMostPlaces;  // far below what their 16-bit numbers can count

void check_number(const char* section, std::size_t number) {
    if (number <= kMostAliases) return;
    fail(Code::invalid, std::string(section) + ": there are " + std::to_string(number) +
                            "; a scheduler takes at most " + std::to_string(kMostAliases));
}

// Has the seat until the end of the scope. The mutex is held when this is made, and free when it ends.
class Seated {
public:
    Seated(DriverSeat& seat, std::mutex& mutex) : seat_(seat), mutex_(mutex) { seat_.take(); }
    ~Seated() {
        const std::lock_guard lock(mutex_);
        seat_.leave();
    }
    Seated(const Seated&) = delete;
    Seated& operator=(const Seated&) = delete;

private:
    DriverSeat& seat_;
    std::mutex& mutex_;
};

}  // namespace

std::shared_ptr<Scheduler> Scheduler::create(Config config) { return std::make_shared<Engine>(std::move(config)); }

Engine::Engine(Config config)
    : config_([&] {
          if (config.stores.empty() || !config.stores.contains("default")) config.stores["default"] = StoreConfig{};
          if (!config.executors.contains("default")) config.executors["default"] = ExecutorConfig{};
          if (!config.zone) config.zone = TimeZone::local();
          if (config.identity.empty()) config.identity = default_identity();
          check_number("stores", config.stores.size());
          check_number("executors", config.executors.size());
          return std::move(config);
      }()),
      shared_(config_.clock ? config_.clock : std::make_shared<SystemClock>(), *config_.zone, this,
              config_.driver == Driver::caller ? std::function<void()>([this] { bell_.ring(); }) : nullptr),
      runs_(kNumbers * config_.stores.size(), shared_.releases),
      dispatcher_(config_.executors, this, *shared_.clock, shared_.notices),
      asker_(shared_, life_, this, config_.driver == Driver::own_thread),
      ids_(system_random().value_or(static_cast<std::uint64_t>(shared_.clock->wall()))),
      parts_{shared_,     life_, runs_, dispatcher_, asker_, ids_, config_.driver == Driver::caller ? &bell_ : nullptr,
             config_.role},
      drafts_(parts_, config_.defaults),
      declared_(shared_.releases) {
    for (std::uint16_t i = 0; i < dispatcher_.count(); ++i) {
        if (dispatcher_.is_queue(i)) shared_.bus.add_queue(dispatcher_.queue(i));
    }
    dispatcher_.connect(*this);
    for (const auto& [alias, store] : config_.stores) enter(make_home(alias, store));
}

Engine::~Engine() {
    if (shared_.forked.load()) {
        // The child of a fork may touch nothing here: threads, locks and descriptors are the parent's.
        for (const auto& home : *homes_) home->abandon();
        (void)loop_.release();
        return;
    }
    if (caller_drives() && !life_.stopped()) end_undriven();
    shared_.bus.observers().close();
    const Lock lock(shared_);
    runs_.functions().clear(shared_.releases);
    asker_.clear();
    for (const auto& home : *homes_) {
        home->clear();
        declared_.remove_all(home->alias());
    }
}

// ---- start ----

void Engine::start(bool paused) {
    const bool inside = CallbackScope::inside(this);
    if (caller_drives() && !inside && state() == SchedulerState::stopping) await_stopped();
    std::optional<Seated> seated;
    {
        Lock lock(shared_);
        if (caller_drives() && !seat_.mine()) {
            // A driver may still tell of the end.
            while (seat_.taken() && life_.stopped()) seat_.await_change(lock.inner(), std::nullopt);
        }
        life_.begin_start(lock.inner(), inside || caller_drives());
        if (caller_drives() && !seat_.mine()) seated.emplace(seat_, shared_.mutex);
        shutting_down_ = false;
        to_wall_ = shared_.now().to_wall();  // a step before the start is in what the stores are opened with
    }
    try {
        asker_.connect([self = weak_from_this()](TriggerAnswer&& answer) {
            if (const auto engine = self.lock()) engine->answered({&answer, 1});
        });
        for (const auto& home : *homes()) home->open();
        write_declared();
        start_loop(paused || config_.role == Role::visitor);
    } catch (...) {
        abandon_start();
        throw;
    }
}

void Engine::write_declared() {
    std::vector<NewTask> declared;
    {
        const Lock lock(shared_);
        declared.assign(declared_.all().begin(), declared_.all().end());
    }
    std::map<std::string, std::vector<const NewTask*>> stored;  // by store
    for (const NewTask& task : declared) {
        const auto there = home(task.spec.store);
        if (there->durable() && !task.definition->trigger->is_event()) {
            stored[task.spec.store].push_back(&task);
            continue;
        }
        there->declare({&task});
        // A start that fails later does not declare it a second time: its token is used already.
        const Lock lock(shared_);
        declared_.written(task.spec.store, task.definition->id);
    }
    for (const auto& [store, tasks] : stored) home(store)->declare(tasks);
    for (const auto& home : *homes()) home->settle_undeclared(config_.undeclared);
    const Lock lock(shared_);
    declared_.all_written();
}

void Engine::start_loop(bool paused) {
    auto loop = std::make_unique<Loop>(*shared_.clock);
    ForkGuard::add(this);
    // A waker of the clock must not outlive the loop. It holds the engine, unless the caller drives and may drop it,
    // and is removed when the loop ends.
    const auto wake = [this] {
        if (shared_.forked.load()) return;
        const std::lock_guard lock(shared_.mutex);
        shared_.alarm.wake();
    };
    shared_.clock->add_waker(this, [wake, self = caller_drives() ? nullptr : shared_from_this()] { wake(); });
    start_executors();
    for (const auto& home : *homes()) home->learn();  // asks custom triggers, and queues must take the answers
    const Lock lock(shared_);
    loop_ = std::move(loop);
    shared_.alarm.awake();
    shared_.alarm.connect([loop = loop_.get()] { loop->signal(); });
    draining_ = false;
    for (const auto& home : *homes_) home->started(shared_.now());
    if (caller_drives()) {
        bell_.hang([loop = loop_.get()] { loop->signal(); });
        loop_->signal();  // for the first turn
    } else {
        loop_left_ = std::make_shared<std::latch>(1);
        start_native_thread("uvsched-loop", [self = shared_from_this(), left = loop_left_]() mutable {
            self->loop_main();
            self.reset();
            left->count_down();
        }).detach();
    }
    // From here on nothing fails. The thread's first turn waits for the lock.
    life_.started(paused);
    shared_.notices.asked(EventCode::scheduler_started, {}, {});
    if (paused) shared_.notices.asked(EventCode::scheduler_paused, {}, {});
}

// Undoes all that a start made before it failed, so that the next start begins afresh.
void Engine::abandon_start() noexcept {
    shared_.clock->remove_waker(this);
    ForkGuard::remove(this);
    forget_asks();
    close_executors();
    stop_executors();
    close_homes();
    std::unique_ptr<Loop> loop;
    const Lock lock(shared_);
    shared_.alarm.disconnect();
    bell_.take_down();
    loop = std::move(loop_);
    loop_left_.reset();
    life_.abandon_start();
}

// Nobody drives it any more: runs under way elsewhere are waited for, and those that did not begin are given back.
void Engine::end_undriven() noexcept {
    {
        const Lock lock(shared_);
        life_.stop(StopMode::cancel);
        dispatcher_.give_back(runs_);
        settle_runs();
    }
    abandon_start();
}

void Engine::close_homes() noexcept {
    for (const auto& home : *homes()) home->close();
}

void Engine::forget_asks() {
    const Lock lock(shared_);
    asker_.forget_all();
}

// ---- the loop thread ----

void Engine::loop_main() {
    while (const std::optional<Instant> until = step()) {
        loop_->arm(*until, shared_.shortage.any());
        loop_->rest();
        slept();
    }
}

void Engine::slept() {
    const std::lock_guard lock(shared_.mutex);
    ++wakeups_;
    shared_.alarm.awake();
}

// One turn of the scheduler's life, by whoever drives it. Says until when there is nothing to do; nothing: it has
// stopped.
std::optional<Instant> Engine::step() {
    if (!draining_) {
        Instant until = next_turn();
        until = std::min(until, pump());
        {
            const std::lock_guard lock(shared_.mutex);
            if (!life_.ending()) return until;
        }
        begin_drain();
    }
    while (true) {
        Instant until = next_turn();
        until = std::min(until, pump());
        if (drained()) break;
        if (const int asked = cancels_asked(); asked == std::exchange(cancels_made_, asked)) return until;
        insist([this] { cancel_runs(); });
    }
    close_executors();
    become_stopped();
    return std::nullopt;
}

void Engine::begin_drain() {
    draining_ = true;
    forget_asks();
    for (const auto& home : *homes()) home->hurry();
    close_executors();
    next_turn();  // what had passed its gate comes back too
    // A cancel that came with the stop is for what ran before it, and not for the tasks of the shutdown.
    cancels_made_ = cancels_asked();
    if (cancels_made_ > 0) insist([this] { cancel_runs(); });
    insist([this] { begin_shutdown_tasks(); });
}

bool Engine::drained() const {
    const std::lock_guard lock(shared_.mutex);
    return runs_.live() == 0 && std::all_of(homes_->begin(), homes_->end(),
                                            [](const auto& home) { return home->quiet() && !home->any_shutdown(); });
}

int Engine::cancels_asked() const {
    const std::lock_guard lock(shared_.mutex);
    return life_.cancels();
}

void Engine::begin_shutdown_tasks() {
    {
        const Lock lock(shared_);
        const Now now = shared_.now();
        for (const auto& home : *homes_) {
            if (!home->leaving()) home->begin_shutdown(now);
        }
        shutting_down_ =
            std::any_of(homes_->begin(), homes_->end(), [](const auto& home) { return home->any_shutdown(); });
        if (!shutting_down_) return;
    }
    start_executors();
}

void Engine::cancel_runs() {
    std::vector<std::pair<std::shared_ptr<Executor>, std::uint64_t>> runs;
    {
        const std::lock_guard lock(shared_.mutex);
        runs_.each([&](RunSlot& slot) {
            slot.run.cancelled.store(true, std::memory_order_relaxed);
            if (slot.submitted) runs.emplace_back(dispatcher_.executor(slot.executor), slot.run.id);
        });
    }
    for (const auto& [executor, run] : runs) executor->cancel(run);
}

void Engine::become_stopped() {
    close_homes();
    stop_executors();
    shared_.clock->remove_waker(this);
    ForkGuard::remove(this);
    std::unique_ptr<Loop> loop;
    Homes gone;
    Lock lock(shared_);
    gone = end_leaving();
    shared_.notices.tell(EventCode::scheduler_shutdown, {}, {});
    for (std::uint16_t i = 0; i < dispatcher_.count(); ++i) {
        if (dispatcher_.is_queue(i)) insist([&] { dispatcher_.queue(i)->push_stopped(); });
    }
    shared_.alarm.disconnect();
    bell_.take_down();
    if (!caller_drives()) loop = std::move(loop_);  // a caller's own loop may still watch its descriptor
    life_.become_stopped();
}

// ---- stop ----

void Engine::stop(StopMode mode) {
    const Lock lock(shared_);
    if (life_.stopped()) {
        fail(Code::not_running, "the scheduler is not running: it was not started, or has stopped already");
    }
    if (life_.stop(mode)) {
        for (const auto& home : *homes_) home->hurry();
    }
    shared_.alarm.wake();
}

// Waits for the rest of a stop whose stores are closed already; it is short. False in a callback, because the stop
// waits for the callback, or if it takes too long.
bool Engine::await_stopped() {
    if (CallbackScope::inside(this)) return false;
    if (caller_drives()) return drive_until(kStopPatience, [this] { return life_.stopped(); }) == Code::ok;
    Lock lock(shared_);
    return life_.wait_out_stop(lock.inner());
}

Code Engine::wait(std::optional<Micros> timeout) {
    if (CallbackScope::inside(this)) return Code::deadlock;
    Lock lock(shared_);
    if (life_.stopped()) return Code::not_running;
    if (!caller_drives()) return life_.wait_stopped(lock.inner(), timeout);
    lock.unlock();
    return drive_until(timeout, [this] { return life_.stopped(); });
}

void Engine::pause() {
    const Lock lock(shared_);
    if (life_.pause()) shared_.notices.asked(EventCode::scheduler_paused, {}, {});
}

void Engine::resume() {
    if (config_.role == Role::visitor)
        fail(Code::unsupported, "the scheduler is a visitor of its stores: it runs nothing");
    const Lock lock(shared_);
    if (!life_.resume()) return;
    shared_.notices.asked(EventCode::scheduler_resumed, {}, {});
    shared_.alarm.wake();
}

SchedulerState Engine::state() const {
    shared_.check_process();
    const std::lock_guard lock(shared_.mutex);
    return life_.state();
}

Code Engine::wait_idle(std::optional<Micros> timeout) {
    if (CallbackScope::inside(this)) return Code::deadlock;
    Lock lock(shared_);
    if (life_.stopped()) return Code::not_running;
    const std::uint64_t ticket = life_.ask_idle();
    shared_.alarm.wake();
    if (!caller_drives()) return life_.wait_idle(lock.inner(), ticket, timeout);
    lock.unlock();
    return drive_until(timeout, [this, ticket] { return life_.idle_told(ticket); });
}

// ---- driven by the caller ----

void Engine::check_caller_drives() const {
    shared_.check_process();
    if (!caller_drives())
        fail(Code::invalid, "this scheduler has threads of its own; only one that its caller drives can be polled");
}

void Engine::poll() {
    check_caller_drives();
    if (CallbackScope::inside(this)) fail(Code::deadlock, "a callback of a scheduler cannot poll it");
    std::unique_lock lock(shared_.mutex);
    if (seat_.mine()) fail(Code::deadlock, "a function that a scheduler calls cannot poll it");
    if (seat_.taken()) {
        if (loop_) loop_->signal();  // its driver may sleep
        if (seat_.await_turn(lock)) return;
    }
    const Seated seated(seat_, shared_.mutex);
    lock.unlock();
    drive();
}

int Engine::poll_descriptor() {
    check_caller_drives();
    const std::lock_guard lock(shared_.mutex);
    if (!loop_) fail(Code::not_running, "the scheduler was not started yet; start it first");
    return loop_->descriptor();
}

std::optional<std::chrono::milliseconds> Engine::poll_timeout() {
    check_caller_drives();
    const std::lock_guard lock(shared_.mutex);
    if (life_.stopped() || !loop_) return std::nullopt;
    return loop_->timeout();
}

// What other processes make in a store is found at once where the store can tell.
void Engine::watch_tellers() {
    insist([this] {
        std::vector<std::shared_ptr<const Membership>> tellers;
        for (const auto& home : *homes()) {
            if (auto teller = home->teller()) tellers.push_back(std::move(teller));
        }
        loop_->watch(std::move(tellers));
    });
}

// One turn by the thread that has the seat. False if the scheduler has stopped.
bool Engine::drive() {
    {
        const std::lock_guard lock(shared_.mutex);
        if (!loop_) return false;
        loop_->look();
        if (life_.stopped()) return false;
        ++wakeups_;
        shared_.alarm.awake();
        seat_.begin_turn();
    }
    const std::optional<Instant> until = step();
    if (until) {
        loop_->arm(*until, shared_.shortage.any());
        watch_tellers();
    } else {
        loop_->watch({});
        shared_.bus.observers().pump();  // the last event is that it has stopped
    }
    const std::lock_guard lock(shared_.mutex);
    seat_.end_turn();
    return until.has_value();
}

// Whoever waits drives meanwhile, or waits for the turns of another driver. `done` is asked with the lock held.
template <class Done>
Code Engine::drive_until(std::optional<Micros> timeout, Done done) {
    using Steady = std::chrono::steady_clock;
    const auto begun = Steady::now();
    const auto left = [&]() -> std::optional<std::chrono::milliseconds> {
        if (!timeout) return std::nullopt;
        return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::microseconds(*timeout) -
                                                            (Steady::now() - begun));
    };
    const auto ending = [&](bool up) -> std::optional<Code> {
        if (done()) return Code::ok;
        if (!up) return Code::not_running;
        if (const auto span = left(); span && span->count() <= 0) return Code::timed_out;
        return std::nullopt;
    };
    std::unique_lock lock(shared_.mutex);
    if (seat_.mine()) return Code::deadlock;
    while (true) {
        if (seat_.taken()) {
            if (const auto code = ending(true)) return *code;
            seat_.await_change(lock, left());
            continue;
        }
        std::optional<Code> code;
        {
            const Seated seated(seat_, shared_.mutex);
            lock.unlock();
            const bool up = drive();
            lock.lock();
            code = ending(up);
            lock.unlock();
            if (!code) loop_->rest(left());
        }
        if (code) return *code;
        lock.lock();
    }
}

// Without threads: does what they would do. Says until when there is nothing of that to do.
Instant Engine::pump() noexcept {
    if (!caller_drives()) return kLatest;
    Instant until = kLatest;
    for (const auto& home : *homes()) until = std::min(until, home->pump());
    TriggerThread::Due call;
    {
        const std::lock_guard lock(shared_.mutex);
        call = asker_.due();
    }
    call.make();
    shared_.bus.observers().pump();
    return until;
}

// ---- what others ask ----

void Engine::register_function(const std::string& name, Function function, bool replace) {
    validate_text("function", name);
    const Lock lock(shared_);
    if (!replace && runs_.functions().find(name) != nullptr) {
        fail(Code::already, "function \"" + name + "\" is already registered: unregister it first");
    }
    runs_.functions().set(name, std::move(function), shared_.releases);
    for (const auto& home : *homes_) home->functions_changed();
    shared_.alarm.wake();
}

void Engine::unregister_function(const std::string& name) {
    const Lock lock(shared_);
    if (runs_.functions().find(name) == nullptr) fail(Code::not_found, "function \"" + name + "\" is not registered");
    runs_.functions().remove(name, shared_.releases);
    for (const auto& home : *homes_) home->functions_changed();
}

void Engine::register_trigger(const std::string& name, TriggerFunction function, bool replace) {
    validate_text("trigger", name);
    const Lock lock(shared_);
    asker_.add(name, std::move(function), replace);
    for (const auto& home : *homes_) home->functions_changed();
}

void Engine::unregister_trigger(const std::string& name) {
    const Lock lock(shared_);
    asker_.remove(name);
    for (const auto& home : *homes_) home->functions_changed();
}

Stats Engine::stats() {
    const Lock lock(shared_);
    Stats stats{.fires = runs_.started(),
                .finished = runs_.finished(),
                .missed = shared_.notices.missed(),
                .wakeups = wakeups_,
                .in_flight = runs_.live(),
                .events_dropped = shared_.bus.observers().dropped()};
    if (!life_.stopped() && life_.ending()) count_shutdown_tasks(stats);
    return stats;
}

void Engine::count_shutdown_tasks(Stats& stats) const {
    for (const auto& home : *homes_) {
        if (home->leaving()) continue;
        stats.shutdown_to_come += static_cast<std::int64_t>(home->shutdowns_to_come());
        stats.shutdown_left += static_cast<std::int64_t>(home->shutdowns_left());
    }
    runs_.each([&](const RunSlot& slot) {
        const bool waits = !slot.begun.load(std::memory_order_relaxed) && slot.came_back() == RunSlot::Back::no;
        if (waits && slot.run.key.kind == FireKind::shutdown) ++stats.shutdown_left;
    });
}

std::shared_ptr<RunQueue> Engine::queue(const std::string& alias) {
    shared_.check_process();
    const std::lock_guard lock(shared_.mutex);
    const auto queue = dispatcher_.queue(dispatcher_.index(alias));
    if (!queue) fail(Code::invalid, "executor \"" + alias + "\" is not a run queue");
    return queue;
}

std::uint64_t Engine::add_observer(EventMask mask, std::function<void(const Event&)> call,
                                   std::function<void()> release) {
    shared_.check_process();
    return shared_.bus.observers().add(mask, std::move(call), std::move(release));
}

void Engine::remove_observer(std::uint64_t id) {
    shared_.check_process();
    shared_.bus.observers().remove(id);
}

void Engine::settle() {
    shared_.check_process();
    std::shared_ptr<std::latch> left;
    {
        const std::lock_guard lock(shared_.mutex);
        left = loop_left_;
    }
    if (left && !CallbackScope::inside(this)) left->wait();
    shared_.bus.observers().close();
}

// ---- fork ----

void Engine::fork_prepare() { shared_.mutex.lock(); }

void Engine::fork_parent() { shared_.mutex.unlock(); }

void Engine::fork_child() noexcept {
    shared_.forked.store(true);
    if (loop_) loop_->abandon();
    for (std::uint16_t i = 0; i < dispatcher_.count(); ++i) {
        if (const auto queue = dispatcher_.queue(i)) queue->abandon();
    }
}

}  // namespace uvsched
