// A durable home's life: opened, lost, opened again, closed.
#include "core/homes/durable_home.hpp"

#include <chrono>
#include <utility>

#include "core/homes/declaring.hpp"
#include "core/node/store_inline.hpp"
#include "core/node/store_thread.hpp"
#include "core/platform/clocks.hpp"
#include "core/platform/host.hpp"

namespace uvsched {
namespace {

// A store without a thread pauses by the engine's clock.
StoreNode::Time time_of(Micros elapsed) { return StoreNode::Time(std::chrono::microseconds(elapsed)); }
Micros micros_of(StoreNode::Time time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

}  // namespace

DurableHome::DurableHome(const EngineParts& parts, std::uint16_t number, std::string alias, StoreConfig config,
                         std::string identity)
    : TaskHome(parts, number, std::move(alias)),
      companion_(parts, static_cast<std::uint16_t>(number + 1U), this->alias(), config.history),
      config_(std::move(config)),
      identity_(std::move(identity)),
      lanes_(parts.dispatcher.count()),
      outbox_([this](StoreRequest&& request) { driver_->post(std::move(request)); },
              {.gated = [this](const StoreReply& reply, const std::vector<std::uint64_t>& runs) { gated(reply, runs); },
               .answered =
                   [this](StoreReply&& reply, std::vector<Ended>&& ends) {
                       // Told only now, so that a listener that hears of an end finds it in the ledger.
                       for (const Ended& end : ends) tell_end(end, reply.batch.finishes[end.finish]);
                       const std::lock_guard lock(parts_.shared.mutex);
                       outbox_.answered();
                       if (!reply.batch.releases.empty()) parts_.shared.alarm.wake();
                       progress();
                   }}) {}

// ---- opened and closed ----

std::unique_ptr<StoreDriver> DurableHome::make_driver() {
    Notices& notices = parts_.shared.notices;
    StoreHooks hooks;
    hooks.now = [this] { return here(); };
    // Leases are the business of threads, whatever clock the tasks go by; who drives all by hand moves them with it.
    hooks.elapsed = [this] { return parts_.bell == nullptr ? elapsed_microseconds() : parts_.shared.clock->elapsed(); };
    hooks.wakes = [this](const GroupWakes& found) {
        const std::lock_guard lock(parts_.shared.mutex);
        lanes_.set_wakes(found);
        parts_.shared.alarm.wake();
    };
    hooks.lanes = [this](std::vector<Lane>&& lanes) {
        const Lock lock(parts_.shared);
        learn_lanes(std::move(lanes));
        if (parts_.life.up()) report_unrunnable();
    };
    hooks.failed = [this, &notices](const Error& error) {
        notices.tell(EventCode::store_error, alias(), {}, error.message());
    };
    hooks.recovered = [this, &notices] {
        notices.tell(EventCode::store_recovered, alias(), {}, "the store answers again");
    };
    hooks.trigger_failed = [this, &notices](const std::string& what) {
        notices.tell(EventCode::trigger_error, alias(), {}, what);
    };
    hooks.quarantined = [this, &notices](const Quarantined& row) {
        notices.tell(EventCode::task_quarantined, alias(), row.id, row.why);
    };
    hooks.dropped = [this, &notices](const Dropped& fire) {
        const std::lock_guard lock(parts_.shared.mutex);
        notices.dropped(alias(), {&fire, 1}, parts_.shared.clock->wall());
    };
    hooks.lost = [this](const StoreLost& what) { return lost(what); };
    hooks.made = [this](StoreReply&& reply) { claimed(std::move(reply)); };
    hooks.held = [this](const FireSet& fires) { drop_others(fires); };
    hooks.asking = [this](const std::vector<StoredTask>& tasks) {
        if (visits()) return;
        const Lock lock(parts_.shared);
        for (const StoredTask& task : tasks) {
            if (place_for(*task.definition)) ask(task);
        }
    };
    hooks.at_work = [this] { return at_work(); };
    hooks.reopened = [this](const Joined& joined) { reopened(joined); };
    hooks.outcast = [this](const NodeLost& lost) { outcast(lost); };
    hooks.rejoined = [this](const Joined& joined) { rejoined(joined); };
    hooks.taken_over = [this](const Recovered& left) {
        const Lock lock(parts_.shared);
        tell_left(left);
    };
    hooks.renewed = [this] {
        const std::lock_guard lock(parts_.shared.mutex);
        parts_.shared.alarm.wake();
    };
    hooks.lease_passed = [this] { give_back_untaken(); };
    if (parts_.bell == nullptr) return std::make_unique<StoreThread>(config_.make(), std::move(hooks));
    return std::make_unique<StoreInline>(
        config_.make(), std::move(hooks), [this] { return time_of(parts_.shared.clock->elapsed()); },
        [this] { parts_.bell->ring(); });
}

void DurableHome::open() {
    if (!driver_) driver_ = make_driver();
    const Clock& clock = *parts_.shared.clock;
    const ClockReading now = clock.read();
    take_over(driver_->open({.role = parts_.role,
                             .wall = now.wall,
                             .elapsed = now.elapsed,
                             .boot = clock.real() ? boot_id() : std::string(),
                             .real = clock.real(),
                             .label = identity_,
                             .retention = config_.retention}));
}

// The store has been opened.
void DurableHome::take_over(const Joined& joined) {
    const Opened& opened = joined.opened;
    const Lock lock(parts_.shared);
    Notices& notices = parts_.shared.notices;
    elapsed_base_ = opened.line.base;
    store_hash_ = opened.store_hash;
    lanes_.clear();  // until learn()
    stepped_ = false;
    look_after_.reset();
    open_ = true;
    regroup();
    for (const std::string& notice : opened.notices) notices.tell(EventCode::store_warning, alias(), {}, notice);
    for (const Quarantined& row : opened.quarantined) {
        notices.tell(EventCode::task_quarantined, alias(), row.id, row.why);
    }
    tell_left(joined.left);
}

void DurableHome::tell_left(const Recovered& left) {
    const Now now = present();
    for (const Quarantined& row : left.quarantined) {
        parts_.shared.notices.tell(EventCode::task_quarantined, alias(), row.id, row.why);
    }
    tell_recovered(left.ready, EventCode::task_recovered, "its process died; it will run again", now);
    tell_recovered(left.lost, EventCode::task_lost, "its process died while it ran; it will not run again", now);
}

void DurableHome::tell_recovered(const std::vector<OpenFire>& fires, EventCode code, const char* message,
                                 const Now& now) {
    if (!parts_.shared.bus.wants(code)) return;
    for (const OpenFire& fire : fires) {
        Run run;
        describe(run, fire);
        parts_.shared.bus.tell(code, [&] {
            Event event = run_event(code, run, now.wall, now.wall);
            event.reason = Reason::crashed;
            event.message = message;
            return event;
        });
    }
}

bool DurableHome::closed() const {
    const std::lock_guard lock(parts_.shared.mutex);
    return !open_;
}

void DurableHome::close() noexcept {
    if (!driver_) return;
    driver_->close();
    const std::lock_guard lock(parts_.shared.mutex);
    open_ = false;
}

void DurableHome::hurry() noexcept {
    if (driver_) driver_->hurry();
}

// After this program's declarations are written: only then are the needs of its tasks known.
void DurableHome::learn() {
    if (visits()) return;
    driver_->read([this](Store& store) {
        std::vector<Lane> lanes = store.lanes();
        const std::vector<StoredTask> asking = store.asking();
        const Lock lock(parts_.shared);
        learn_lanes(std::move(lanes));
        for (const StoredTask& task : asking) ask(task, true);  // report_unrunnable() follows
    });
}

void DurableHome::started(const Now& now) {
    companion_.started(now);
    report_unrunnable();
}

Instant DurableHome::pump() noexcept {
    if (!driver_) return kLatest;
    const StoreNode::Time until = driver_->pump();
    if (until == StoreNode::kWithMail) return kLatest;
    return saturating_add(micros_of(until), parts_.shared.now().to_wall());
}

void DurableHome::leave() noexcept {
    TaskHome::leave();
    companion_.leave();
}

void DurableHome::abandon() noexcept { (void)driver_.release(); }

// ---- the loop ----

void DurableHome::catch_up(const Now& now) {
    companion_.catch_up(now);
    settle();
    if (lanes_stale_) regroup();
    write_step();
}

void DurableHome::settle() noexcept {
    companion_.settle();
    write_starts();
    settle_line([this](RunSlot& slot, Reason reason) { finish(slot, reason); },
                [this](RunSlot& slot) { release(slot); });
}

void DurableHome::flush() noexcept {
    companion_.flush();
    try {
        outbox_.flush();
    } catch (const std::bad_alloc&) {
        parts_.shared.lack_memory();
    }
}

bool DurableHome::quiet() const { return outbox_.empty() && !outbox_.unflushed() && !stepped_ && !lanes_.pending(); }

// Something ended: wakes the loop if it may need to act.
void DurableHome::progress() noexcept {
    if (parts_.life.idle_wanted() || parts_.life.ending() || leaving()) parts_.shared.alarm.wake();
}

void DurableHome::write_step() {
    if (!stepped_) return;
    StoreRequest request;
    request.batch.shift = here().to_wall();
    request.retry = true;
    request.done = [this](StoreReply&&) {
        const std::lock_guard lock(parts_.shared.mutex);
        outbox_.answered();
        parts_.shared.alarm.wake();
    };
    driver_->post(std::move(request));
    stepped_ = false;
    outbox_.posted();
}

// ---- its file was removed or replaced (docs/decisions/0027-file-lost.md); on the store's thread ----

// True if the store shall be opened again.
bool DurableHome::lost(const StoreLost& lost) {
    const Lock lock(parts_.shared);
    // What has not begun is not called: no ledger says that it is to run.
    parts_.runs.each([this](RunSlot& slot) {
        if (slot.store == number() && slot.gate == RunSlot::Gate::closed) slot.dropped = true;
    });
    const bool up = parts_.life.up() && !leaving();
    const bool reopen = up && config_.on_lost == OnLost::reopen;
    std::string what = lost.message();
    if (reopen) what += "; the store is opened anew, with the tasks that this program declared before its start";
    if (up && !reopen) what += "; the scheduler stops, because it can no longer record what it runs";
    parts_.shared.notices.tell(EventCode::store_error, alias(), {}, what);
    if (up && !reopen) {
        parts_.life.stop(StopMode::wait);
        parts_.shared.alarm.wake();
    }
    return reopen;
}

// The fires of runs that wait or are under way, and of ends that are not on their way to the store yet. On any thread.
std::vector<FireRef> DurableHome::at_work() {
    const std::lock_guard lock(parts_.shared.mutex);
    std::vector<FireRef> fires;
    parts_.runs.each([&](const RunSlot& run) {
        if (run.store == number() && !run.dropped) fires.push_back(run.ref);
    });
    for (const Release& release : outbox_.releases()) fires.push_back(release.fire);
    for (const Finish& finish : outbox_.finishes()) fires.push_back(finish.fire);
    return fires;
}

// What has not begun, and is not this node's by now: its task was deleted, or another node has it. On the store's
// thread: nothing is claimed meanwhile.
void DurableHome::drop_others(const FireSet& fires) noexcept {
    const Lock lock(parts_.shared);
    parts_.runs.each([&](RunSlot& slot) {
        if (slot.store == number() && !slot.begun && !fires.contains(slot.ref)) slot.dropped = true;
    });
}

namespace {

// A task that ran, or was to run, under the lost ledger must not run again: no row says any more that it ran.
bool may_declare_again(NewTask& task, Instant now) {
    std::optional<std::optional<Instant>>& first = task.spec.next_run_time;
    if (first && *first && **first <= now) first.reset();
    const Trigger& trigger = *task.definition->trigger;
    return trigger.kind() != TriggerKind::date || trigger.explicit_date().value_or(now) > now;
}

}  // namespace

void DurableHome::reopened(const Joined& joined) {
    take_over(joined);
    std::vector<NewTask> declared;
    {
        const Lock lock(parts_.shared);
        derived_ids_.clear();
        for (const auto& [id, task] : redeclared_) declared.push_back(task);
    }
    const Instant now = parts_.shared.clock->wall();
    std::vector<const NewTask*> again;
    for (NewTask& task : declared) {
        // No caller could get the error, and the other tasks must go on.
        if (task.mode != AddMode::replace) task.mode = AddMode::keep;
        if (may_declare_again(task, now)) again.push_back(&task);
    }
    declare(again);
    learn();
    const Lock lock(parts_.shared);
    report_unrunnable();
}

// ---- beside other nodes (docs/decisions/0060-leases.md); on the store's thread ----

// What has not begun is not called, and what runs is asked to end: others have it. The ends of those runs are refused,
// and told then.
void DurableHome::outcast(const NodeLost& lost) {
    std::vector<std::pair<std::shared_ptr<Executor>, std::uint64_t>> cancelled;
    {
        const Lock lock(parts_.shared);
        parts_.runs.each([&](RunSlot& slot) {
            if (slot.store != number()) return;
            if (!slot.begun) {
                slot.dropped = true;
                return;
            }
            if (slot.came_back() != RunSlot::Back::no) return;
            cancelled.emplace_back(parts_.dispatcher.executor(slot.executor), slot.run.id);
            slot.run.cancelled.store(true, std::memory_order_relaxed);
        });
        parts_.shared.notices.tell(EventCode::store_error, alias(), {}, lost.message() + "; it goes on as another one");
    }
    for (const auto& [executor, run] : cancelled) {
        if (executor) executor->cancel(run);
    }
}

void DurableHome::rejoined(const Joined& joined) {
    take_over(joined);
    learn();
    const Lock lock(parts_.shared);
    report_unrunnable();
}

// What its executor has not taken for a whole lease, another node may begin sooner.
void DurableHome::give_back_untaken() {
    const Lock lock(parts_.shared);
    std::unordered_set<std::uint64_t> before = std::move(untaken_);
    untaken_.clear();
    std::vector<RunSlot*> untaken;
    parts_.runs.each([&](RunSlot& slot) {
        if (slot.store != number() || slot.gate != RunSlot::Gate::closed || slot.begun || slot.dropped) return;
        if (slot.came_back() != RunSlot::Back::no) return;
        if (before.contains(slot.run.id)) {
            untaken.push_back(&slot);
        } else {
            untaken_.insert(slot.run.id);
        }
    });
    if (untaken.empty()) return;
    outbox_.reserve_releases(untaken.size());
    const Instant now = parts_.shared.clock->wall();
    for (RunSlot* const slot : untaken) {
        slot->dropped = true;  // its executor finds that it is not called
        outbox_.release({.fire = slot->ref, .now_wall = now, .outcome = Outcome::none, .task = slot->definition});
    }
    flush();
}

}  // namespace uvsched
