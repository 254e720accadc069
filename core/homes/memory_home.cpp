// What the loop does with tasks in memory: claims, runs, ends.
#include "core/homes/memory_home.hpp"

#include <algorithm>
#include <utility>

#include "core/base/memory.hpp"
#include "core/ledger/fire_rules.hpp"
#include "core/ledger/task_rules.hpp"

namespace uvsched {
namespace {

constexpr std::size_t kClaimLimit = 64;       // fires claimed under one lock
constexpr std::size_t kWideClaimLimit = 256;  // for an executor with room for more: it gets no more until they began

}  // namespace

MemoryHome::MemoryHome(const EngineParts& parts, std::uint16_t number, std::string alias, std::size_t history)
    : TaskHome(parts, number, std::move(alias)), store_(history), elapsed_base_(parts.shared.now().to_wall()) {}

void MemoryHome::started(const Now& now) {
    boot_ = on_lines(now);
    ending_ = false;
}

void MemoryHome::executor_removed(std::uint16_t executor) noexcept {
    const MemoryTask* waiting = nullptr;
    std::size_t count = 0;
    store_.each(0, store_.places(), [&](MemoryIndex index) {
        const MemoryTask& task = store_.at(index);
        if (task.executor != executor || task.status != TaskStatus::active) return;
        if (count++ == 0) waiting = &task;
    });
    if (waiting != nullptr) parts_.shared.notices.without_executor(alias(), *waiting->definition, count);
}

void MemoryHome::clear() {
    store_.each(0, store_.places(), [&](MemoryIndex index) {
        parts_.shared.releases.splice(parts_.shared.releases.end(), store_.at(index).release);
    });
}

// ---- claims ----

void MemoryHome::catch_up(const Now& /*now*/) {
    settle();
    if (!boot_) return;
    store_.fire_events(FireKind::boot, *boot_);
    boot_.reset();
}

void MemoryHome::claim(const Now& now) {
    const Now here = on_lines(now);
    misses_.clear();
    const std::span<std::size_t> rooms = parts_.dispatcher.rooms();
    const std::size_t limit = std::clamp(*std::max_element(rooms.begin(), rooms.end()), kClaimLimit, kWideClaimLimit);
    try {
        store_.claim(here, limit, rooms, claimed_, misses_);
    } catch (const std::bad_alloc&) {
        record_claim(here);
        throw;
    }
    record_claim(here);
    make_runs(here);
}

void MemoryHome::record_claim(const Now& now) {
    if (!misses_.empty()) record_misses(now);
    if (!store_.finished().empty()) tell_finished();
}

// Without a run they are gone at once.
void MemoryHome::tell_finished() noexcept {
    for (const MemoryIndex index : store_.finished()) {
        const MemoryTask& task = store_.at(index);
        parts_.shared.notices.given_up(alias(), *task.definition, task.hwm);
        parts_.shared.notices.tell(EventCode::task_finished, alias(), task.definition->id);
        end_if_over(index);
    }
    store_.finished().clear();
}

// For the fires that this turn claimed, and fires of an earlier turn that lacked memory.
void MemoryHome::make_runs(const Now& now) {
    parts_.runs.reserve(claimed_.size());
    for (const MemoryFire& fire : claimed_) make_run(fire, now);
    claimed_.clear();
}

void MemoryHome::make_run(const MemoryFire& fire, const Now& now) {
    RunSlot& slot = parts_.runs.make();
    const MemoryTask& task = store_.at(fire.task);
    slot.store = number();
    slot.executor = task.executor;
    slot.claimed_at = now.wall;
    slot.fire = fire;
    parts_.runs.begin(slot, *task.definition, task.function->current);
    parts_.dispatcher.reserve(slot.executor);
    Run& run = slot.run;
    run.store = &alias();
    run.store_hash = 0;
    run.task_token = task.token;
    run.key = fire.key;
    run.scheduled = saturating_add(fire.last, fire.to_wall);
    run.first = saturating_add(first_time(fire.key.kind, fire.key.slot, fire.last), fire.to_wall);
    run.folded = fire.folded;
    run.exact = fire.exact;
    run.attempt = fire.attempt;
    run.latest_start = kLatest;
    if (fire.planned) run.latest_start = task.latest_start_of(fire.key, fire.last, fire.to_wall);
    parts_.shared.notices.run(EventCode::task_submitted, run, slot.claimed_at, now.wall);
    parts_.dispatcher.push(slot);
}

void MemoryHome::flush() noexcept {
    try {
        if (!parts_.life.ending()) ask();
    } catch (const std::bad_alloc&) {
        parts_.shared.lack_memory();
    }
}

Instant MemoryHome::next_deadline(const Now& now) const {
    const Instant elapsed = store_.next_due(ClockLine::elapsed);
    const Instant on_wall = elapsed == kLatest ? kLatest : saturating_add(elapsed, on_lines(now).to_wall());
    return std::min(store_.next_due(ClockLine::wall), on_wall);
}

// ---- shutdown ----

void MemoryHome::begin_shutdown(const Now& now) {
    if (ending_) return;
    const Now here = on_lines(now);
    const std::vector<bool> all(parts_.dispatcher.count(), true);
    misses_.clear();
    store_.drop_events(FireKind::boot, all, misses_);
    record_misses(here);
    store_.fire_events(FireKind::shutdown, here);
    ending_ = true;
}

void MemoryHome::claim_shutdown(const Now& now) {
    const Now here = on_lines(now);
    misses_.clear();
    store_.drop_events(FireKind::shutdown, parts_.dispatcher.unattended(), misses_);
    if (!misses_.empty()) record_misses(here);
    reserve_more(claimed_, kClaimLimit);
    store_.claim_shutdown(kClaimLimit, parts_.dispatcher.rooms(), claimed_);
    make_runs(here);
}

// ---- called ----

void MemoryHome::called(const RunSlot& slot) noexcept {
    MemoryTask& task = store_.at(slot.fire.task);
    const Instant now = present().on(task.clock);
    if (task.scheduled && task.slot <= now) task.began = now;
}

// ---- ended, or came back unstarted ----

void MemoryHome::settle() noexcept {
    settle_line([this](RunSlot& slot, Reason reason) { finish(slot, reason); },
                [this](RunSlot& slot) { release(slot); });
}

void MemoryHome::finish(RunSlot& slot, Reason reason) {
    Run& run = slot.run;
    Notices& notices = parts_.shared.notices;
    if (slot.dropped) {  // a delete came while it was called: its row says so
        if (slot.end_state != FireState::missed)
            notices.ended(run, slot.end_state, reason, slot.claimed_at, slot.ended_at);
        return let_go(slot);
    }
    std::unique_ptr<MemoryHistoryRow::Texts> texts;
    if (!run.result.empty() || !run.error.empty()) texts = std::make_unique<MemoryHistoryRow::Texts>();
    store_.reserve_end(slot.fire);
    // From here on nothing fails.
    const bool called = slot.end_state != FireState::missed;
    if (called) {
        notices.ended(run, slot.end_state, reason, slot.claimed_at, slot.ended_at);
    } else {
        notices.missed(alias(), *run.task, too_late(run), 0, slot.ended_at);
        --store_.at(slot.fire.task).runs;
    }
    if (MemoryHistoryRow* const row = store_.record(slot.fire)) {
        row->state = slot.end_state;
        row->reason = reason;
        row->claimed_at = slot.claimed_at;
        row->started_at = called && run.started == 0 ? slot.claimed_at : run.started;
        row->finished_at = slot.ended_at;
        if (texts) *texts = {std::move(run.result), std::move(run.error)};
        row->texts = std::move(texts);
    }
    const MemoryTask& task = store_.at(slot.fire.task);
    std::shared_ptr<const Definition> definition;  // only of a task that may end here: counting costs each fire
    if (task.status == TaskStatus::finished) definition = task.owner;
    if (store_.finish(slot.fire)) notices.tell(EventCode::task_removed, alias(), definition->id);
    parts_.runs.free(slot);
    take_gone();
}

void MemoryHome::release(RunSlot& slot) {
    if (slot.dropped) return let_go(slot);
    store_.release(slot.fire);
    parts_.runs.free(slot);
}

void MemoryHome::let_go(RunSlot& slot) noexcept {
    store_.let_go(slot.fire);
    parts_.runs.free(slot);
    take_gone();
}

void MemoryHome::record_misses(const Now& now) {
    store_.reserve_history(misses_.size());
    for (const MemoryMiss& miss : misses_) {
        const MemoryTask& task = store_.at(miss.task);
        store_.record(miss, now);
        const std::shared_ptr<const Definition> definition = task.owner;
        parts_.shared.notices.missed(alias(), *definition, miss.miss, now.to_wall(task.clock), now.wall);
    }
}

// ---- custom triggers ----

void MemoryHome::ask() {
    std::vector<MemoryIndex>& asking = store_.asking();
    std::reverse(asking.begin(), asking.end());
    for (; !asking.empty(); asking.pop_back()) {
        const MemoryTask& task = store_.at(asking.back());
        if (!task.asking) continue;
        parts_.asker.want({.home = this, .index = asking.back(), .definition = task.owner, .state = task.state()});
    }
}

// Whether the task is unchanged since the question.
bool MemoryHome::is_asked(const Ask& ask) const {
    const MemoryTask& task = store_.at(ask.index);
    return task.asking && task.uid == ask.state.uid && task.rev == ask.state.rev;
}

void MemoryHome::forget(const Ask& ask) {
    if (is_asked(ask)) store_.ask(ask.index);
}

void MemoryHome::answer(const Ask& ask, bool ended) {
    if (!is_asked(ask)) return;
    if (ask.state.next_slot) {
        store_.know(ask.index, ask.known_times(ended));
        parts_.shared.alarm.wake();
        return;
    }
    const TaskState state = answered_state(*ask.definition, ask.state, ask.first_answer(ended));
    store_.reschedule(ask.index, state);
    if (ended) parts_.shared.notices.tell(EventCode::task_finished, alias(), ask.definition->id);
    end_if_over(ask.index);
    wake_for(state, present());
}

void MemoryHome::give_up(const Ask& ask, const std::string& what) {
    if (!is_asked(ask)) return;
    const Now now = present();
    const PlannedMiss miss = ask.lost(now.wall);
    store_.reschedule(ask.index, given_up_state(ask.state), miss, now, what);
    parts_.shared.notices.trigger_failed(alias(), ask.definition->id, what, miss.count);
}

}  // namespace uvsched
