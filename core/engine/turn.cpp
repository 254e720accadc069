// The loop thread's work each time it wakes: claim what is due, hand it to executors, and compute how long to sleep.
#include <algorithm>

#include "core/engine/engine.hpp"

namespace uvsched {

// A turn that fails loses nothing: the next turn does the rest.
Instant Engine::next_turn() noexcept {
    try {
        const Instant until = turn();
        if (!shared_.shortage.any()) {
            const std::lock_guard lock(shared_.mutex);
            shared_.shortage.note_success();
        }
        return until;
    } catch (const std::bad_alloc&) {
        const std::lock_guard lock(shared_.mutex);
        shared_.lack_memory();
        shared_.alarm.set(kLatest);
    } catch (const std::exception& error) {
        shared_.shortage.note();
        shared_.notices.tell(EventCode::resource_error, {}, {}, error.what());
        const std::lock_guard lock(shared_.mutex);
        shared_.alarm.set(kLatest);
    }
    return kLatest;
}

Instant Engine::turn() {
    if (shared_.shortage.take()) {
        each_executor([](Executor& executor) { executor.submit({}); });  // those that lacked threads try again
    }
    while (true) {
        std::vector<std::shared_ptr<Executor>> left;
        Homes left_homes;
        {
            const Lock lock(shared_);
            const Now now = shared_.now();
            const std::uint64_t ticket = life_.last_ticket();
            catch_up(now);
            claim(now);
            const bool any = dispatcher_.take();
            flush();
            if (dispatcher_.any_leaving()) left = dispatcher_.left(runs_);
            if (leaving_ > 0) left_homes = take_left_homes();
            if (!any && left.empty() && left_homes.empty()) {
                if (life_.idle_wanted() && idle(now)) life_.tell_idle(ticket);
                const Instant until = std::min(next_deadline(now), asker_.deadline(now));
                shared_.alarm.set(until);
                return until;
            }
        }
        dispatcher_.hand_over(runs_);
        for (const auto& executor : left) executor->stop();
        let_go(left_homes);
    }
}

// Handles replies and ended runs, and work that lacked memory.
void Engine::catch_up(const Now& now) {
    runs_.end_called();
    notice_step(now);
    for (const auto& home : *homes_) home->catch_up(now);
    asker_.expire(now);
}

void Engine::notice_step(const Now& now) {
    const Micros change = saturating_sub(now.to_wall(), to_wall_);
    if (change > -kClockStep && change < kClockStep) return;
    to_wall_ = now.to_wall();
    for (const auto& home : *homes_) home->clock_stepped(change);
    shared_.notices.clock_step(now.wall, change);
}

void Engine::claim(const Now& now) {
    if (life_.claims()) {
        dispatcher_.measure();
        for (const auto& home : *homes_) {
            if (!home->leaving()) home->claim(now);
        }
    } else if (shutting_down_) {
        dispatcher_.measure();
        for (const auto& home : *homes_) {
            if (!home->leaving()) home->claim_shutdown(now);
        }
    }
}

void Engine::flush() noexcept {
    for (const auto& home : *homes_) home->flush();
}

Instant Engine::next_deadline(const Now& now) const {
    Instant deadline = kLatest;
    if (!life_.claims()) return deadline;
    for (const auto& home : *homes_) {
        if (!home->leaving()) deadline = std::min(deadline, home->next_deadline(now));
    }
    return deadline;
}

bool Engine::idle(const Now& now) const {
    if (runs_.live() > 0 || !dispatcher_.empty() || shared_.shortage.any() || asker_.any_under_way()) return false;
    if (leaving_ > 0) return false;
    if (!std::all_of(homes_->begin(), homes_->end(), [](const auto& home) { return home->quiet(); })) return false;
    return life_.state() != SchedulerState::running || next_deadline(now) > now.wall;
}

// ---- what executors call back: RunSink ----

void Engine::begin(std::span<Run*> runs, std::span<RunResult> ended, bool roomy) noexcept {
    if (shared_.forked.load(std::memory_order_relaxed)) return;
    const Lock lock(shared_);
    const Instant now = shared_.clock->wall();
    note_ends(ended, now);
    bool to_write = !ended.empty();
    for (Run*& run : runs) {
        RunSlot* const slot = runs_.in_flight(run->id);
        to_write = to_write || slot == nullptr || slot->gate != RunSlot::Gate::none;
        if (slot != nullptr && begin_run(*slot, now)) continue;
        to_write = true;
        run = nullptr;
    }
    if (to_write) settle_runs();
    if (roomy) note_room();
}

// False: it is not called.
bool Engine::begin_run(RunSlot& slot, Instant now) noexcept {
    if (!home_of(slot).holds(slot)) {
        runs_.unstarted(slot);
        return false;
    }
    const bool stored = slot.gate == RunSlot::Gate::closed;
    switch (dispatcher_.begin(slot, now)) {
        case Dispatcher::Turn::call:
            home_of(slot).called(slot);
            [[fallthrough]];
        case Dispatcher::Turn::wait:
            if (stored) runs_.starting(slot);
            return true;
        case Dispatcher::Turn::late:
            runs_.ended(slot, FireState::missed, now);
            return false;
        case Dispatcher::Turn::dropped:
            runs_.unstarted(slot);
            return false;
    }
    return false;
}

void Engine::finished(std::span<RunResult> results) noexcept {
    if (shared_.forked.load(std::memory_order_relaxed)) return;
    const Lock lock(shared_);
    note_ends(results, shared_.clock->wall());
    settle_runs();
}

void Engine::note_ends(std::span<RunResult> results, Instant now) noexcept {
    for (RunResult& result : results) {
        RunSlot* const slot = runs_.in_flight(result.run);
        if (slot == nullptr) continue;
        slot->run.result = std::move(result.result);
        slot->run.error = std::move(result.error);
        runs_.ended(*slot, result.state, now);
    }
}

void Engine::returned(std::span<Run* const> runs) noexcept {
    if (shared_.forked.load(std::memory_order_relaxed)) return;
    const Lock lock(shared_);
    for (const Run* run : runs) {
        if (RunSlot* const slot = runs_.in_flight(run->id)) runs_.unstarted(*slot);
    }
    settle_runs();
}

void Engine::settle_runs() noexcept {
    for (const auto& home : *homes_) home->settle();
    flush();
    progress();
}

// Something ended: wakes the loop if it may need to act.
void Engine::progress() {
    const bool ready = std::any_of(homes_->begin(), homes_->end(),
                                   [](const auto& home) { return !home->leaving() && home->has_ready(); });
    const bool parting = leaving_ > 0 || dispatcher_.any_leaving();
    if (ready || parting || life_.idle_wanted() || life_.ending()) shared_.alarm.wake();
}

void Engine::has_room() {
    const std::lock_guard lock(shared_.mutex);
    note_room();
}

// Wakes the loop if something is due for which there was no room.
void Engine::note_room() {
    dispatcher_.expect_room();
    const Now now = shared_.now();
    if (std::any_of(homes_->begin(), homes_->end(),
                    [&](const auto& home) { return !home->leaving() && home->wants_room(now); }))
        shared_.alarm.wake();
}

void Engine::lacking(const Executor& executor, const std::string& what) noexcept {
    shared_.shortage.note();
    if (what.empty()) return;
    const std::lock_guard lock(shared_.mutex);
    const std::string* const alias = dispatcher_.alias_of(executor);
    if (alias == nullptr) return;
    shared_.notices.lacking(*alias, what);
}

void Engine::took_asks(std::span<const std::uint64_t> asks) noexcept {
    if (shared_.forked.load(std::memory_order_relaxed)) return;
    const Lock lock(shared_);
    asker_.taken(asks);
}

void Engine::answered(std::span<TriggerAnswer> answers) {
    if (shared_.forked.load(std::memory_order_relaxed)) return;
    const Lock lock(shared_);
    asker_.answered(answers);
    progress();
}

}  // namespace uvsched
