// What callers do with tasks in memory.
#include <algorithm>
#include <utility>

#include "core/homes/declaring.hpp"
#include "core/homes/memory_home.hpp"
#include "core/ledger/fire_rules.hpp"
#include "core/ledger/task_rules.hpp"

namespace uvsched {
namespace {

constexpr MemoryIndex kListPiece = 1024;  // places looked at under one lock

}  // namespace

// ---- shown ----

TaskView MemoryHome::view(MemoryIndex index) const {
    TaskView view;
    view.store = alias();
    show(view, index);
    return view;
}

void MemoryHome::show(TaskView& view, MemoryIndex index) const noexcept {
    const MemoryTask& task = store_.at(index);
    view.definition = task.owner;
    view.state = task.state();
    view.running = task.busy;
    view.to_wall = present().to_wall();
}

std::optional<TaskView> MemoryHome::get(const std::string& id) {
    const Lock lock(parts_.shared);
    const MemoryIndex index = store_.find(id);
    return index == MemoryStore::kNone ? std::nullopt : std::optional(view(index));
}

std::optional<TaskView> MemoryHome::get_over(const std::string& id) {
    const Lock lock(parts_.shared);
    const MemoryIndex index = store_.find_over(id);
    return index == MemoryStore::kNone ? std::nullopt : std::optional(view(index));
}

bool MemoryHome::forget_over(const std::string& id) {
    const Lock lock(parts_.shared);
    if (store_.find_over(id) == MemoryStore::kNone) return false;
    store_.forget_over(id);
    return true;
}

std::shared_ptr<const Definition> MemoryHome::find(const std::string& id) const {
    const Lock lock(parts_.shared);
    const MemoryIndex index = store_.find(id);
    return index == MemoryStore::kNone ? nullptr : store_.at(index).owner;
}

std::vector<HistoryRow> MemoryHome::history(const HistoryQuery& query) {
    std::vector<HistoryRow> rows;
    const Lock lock(parts_.shared);
    store_.history(query, rows);
    return rows;
}

// The lock is let go between pieces of a large store.
void MemoryHome::begin_list(ListPlace& place) {
    for (MemoryIndex begin = 0;; begin += kListPiece) {
        const Lock lock(parts_.shared);
        if (begin >= store_.places()) break;
        store_.each(begin, begin + kListPiece, [&](MemoryIndex index) {
            const auto& definition = store_.at(index).owner;
            if (definition->id > place.after) place.present.push_back(definition);
        });
    }
    std::sort(place.present.begin(), place.present.end(), [](const auto& a, const auto& b) { return a->id > b->id; });
}

void MemoryHome::list(const ListPlace& place, std::size_t limit, bool finished, std::vector<TaskView>& views) {
    const Lock lock(parts_.shared);
    const std::size_t most = views.size() + limit;
    for (auto each = place.present.rbegin(); each != place.present.rend() && views.size() < most; ++each) {
        const MemoryIndex index = store_.find((*each)->id);
        if (index == MemoryStore::kNone) continue;
        if (finished || store_.at(index).status != TaskStatus::finished) views.push_back(view(index));
    }
}

void MemoryHome::count(TaskCounts& counts) {
    for (MemoryIndex begin = 0;; begin += kListPiece) {
        const Lock lock(parts_.shared);
        if (begin >= store_.places()) break;
        store_.each(begin, begin + kListPiece, [&](MemoryIndex index) {
            const MemoryTask& task = store_.at(index);
            switch (task.status) {
                case TaskStatus::active:
                    ++counts.active;
                    if (!task.state().next_due) ++counts.idle;
                    break;
                case TaskStatus::paused:
                    ++counts.paused;
                    break;
                case TaskStatus::finished:
                    ++counts.finished;
                    break;
            }
        });
    }
}

// ---- added ----

AddOutcome MemoryHome::add(NewTask&& task, bool starting) {
    const Lock lock(parts_.shared);
    if (leaving()) fail(Code::not_found, "store \"" + alias() + "\": it was removed");
    const Now now = present();
    const MemoryIndex index = store_.find(task.definition->id);
    if (index == MemoryStore::kNone) return create(std::move(task), now);
    MemoryTask& there = store_.at(index);
    const std::string given = canonical_json(*task.definition);
    // Local functions and objects cannot be compared: they always count as different.
    const bool comparable = !task.spec.local_function;
    const Standing standing{.equal = comparable && canonical_json(*there.definition) == given,
                            .declared_so = comparable && canonical_json(*there.declared) == given};
    const Verdict verdict = judge(on_existing(task, starting, false), standing);
    if (verdict == Verdict::conflict) refuse(alias(), task, *there.definition);
    if (verdict == Verdict::replaced) return replace(index, std::move(task), starting, now);
    if (task.spec.release) parts_.shared.releases.push_back(std::move(task.spec.release));
    there.declared = std::move(task.definition);
    return {.result = AddOutcome::Result::unchanged, .task = view(index)};
}

AddOutcome MemoryHome::create(NewTask&& task, const Now& now) {
    const Definition& definition = *task.definition;
    const auto [state, miss] = first_state(definition, parts_.ids.uid(), task.spec.next_run_time, now);
    const std::uint16_t executor = parts_.dispatcher.index(definition.executor);
    FunctionEntry* const function = parts_.runs.functions().intern(definition.function);
    const Over over = miss ? why_over(definition, *miss, now.wall) : Over();
    store_.reserve_history(miss ? 1 : 0);
    AddOutcome outcome;
    outcome.result = AddOutcome::Result::created;
    outcome.task.store = alias();
    Releases release = only(task.spec.release);
    const MemoryIndex index = store_.add(task.definition, state, executor);
    // From here on nothing fails.
    MemoryTask& made = store_.at(index);
    made.function = function;
    made.token = task.spec.token;
    made.release = std::move(release);
    made.declared = made.owner;
    parts_.shared.notices.asked(EventCode::task_added, alias(), definition.id);
    show(outcome.task, index);
    wake_for(state, now);
    if (miss) end(index, *miss, over, now);
    return outcome;
}

AddOutcome MemoryHome::replace(MemoryIndex index, NewTask&& task, bool starting, const Now& now) {
    MemoryTask& there = store_.at(index);
    const Definition& definition = *task.definition;
    const std::shared_ptr<const Definition> before = there.owner;
    const bool edited = canonical_json(*before) != canonical_json(*there.declared);
    const bool first_given = task.spec.next_run_time && *task.spec.next_run_time;
    Begun next{there.state()};
    if (first_given || !same_trigger(*before, definition)) {
        next = replaced_state(next.state, first_state(definition, there.uid, task.spec.next_run_time, now));
    }
    const Over over = next.miss ? why_over(definition, *next.miss, now.wall) : Over();
    FunctionEntry* const function = parts_.runs.functions().intern(definition.function);
    Releases release = only(task.spec.release);
    store_.rewrite(index, task.definition, parts_.dispatcher.index(definition.executor), next.state, now, dropped_);
    if (!same_trigger(*before, definition)) end_claimed(index, *before, Reason::replaced, now);
    there.function = function;
    there.declared = task.definition;
    set_token(there, task.spec.token, std::move(release));
    tell_dropped(now);
    parts_.shared.notices.asked(EventCode::task_modified, alias(), definition.id);
    if (starting) tell_replaced(parts_.shared.notices, alias(), definition, before.get(), edited);
    AddOutcome outcome{.result = AddOutcome::Result::replaced, .task = view(index)};
    wake_for(next.state, now);
    if (next.miss) end(index, *next.miss, over, now);
    return outcome;
}

// A new task is over at once: an event gives the reason, and a row of history shows it.
void MemoryHome::end(MemoryIndex index, const PlannedMiss& miss, const Over& over, const Now& now) noexcept {
    const std::shared_ptr<const Definition> task = store_.at(index).owner;
    try {
        store_.record({index, miss}, now, over.why);
    } catch (const std::bad_alloc&) {
        store_.record({index, miss}, now);
    }
    parts_.shared.notices.over(alias(), *task, miss, over, now);
    if (store_.end_if_over(index)) parts_.shared.notices.tell(EventCode::task_removed, alias(), task->id);
    take_gone();
}

void MemoryHome::set_token(MemoryTask& task, std::uint64_t token, Releases&& release) noexcept {
    parts_.shared.releases.splice(parts_.shared.releases.end(), task.release);
    task.token = token;
    task.release = std::move(release);
}

// A task may be due before the loop wakes, or its trigger must be asked.
void MemoryHome::wake_for(const TaskState& state, const Now& now) {
    if (state.next_due) {
        parts_.shared.alarm.wake_for(saturating_add(*state.next_due, now.to_wall(state.clock)));
    } else if (state.status == TaskStatus::active) {
        parts_.shared.alarm.wake();
    }
}

// ---- changed ----

std::optional<TaskView> MemoryHome::edit(const std::string& id, const Edit& edit, std::optional<TaskToken> token) {
    const Lock lock(parts_.shared);
    const MemoryIndex index = store_.find(id);
    if (index == MemoryStore::kNone) return std::nullopt;
    const Now now = present();
    MemoryTask& task = store_.at(index);
    Change change;
    if (!edit({.definition = task.owner, .state = task.state(), .open = task.busy}, change, now)) return view(index);
    const TaskState& state = *change.state;
    const bool finishes = state.status == TaskStatus::finished && task.status != TaskStatus::finished;
    const Over over = change.miss ? why_over(*change.definition, *change.miss, now.wall) : Over();
    if (change.definition) {
        const Definition& definition = *change.definition;
        FunctionEntry* const function = parts_.runs.functions().intern(definition.function);
        Releases release = token ? only(std::move(token->release)) : Releases();
        const std::shared_ptr<const Definition> before = task.owner;
        store_.rewrite(index, change.definition, parts_.dispatcher.index(definition.executor), state, now, dropped_);
        if (!same_trigger(*before, definition)) end_claimed(index, *before, Reason::replaced, now);
        task.function = function;
        if (token) set_token(task, token->token, std::move(release));
        tell_dropped(now);
    } else {
        store_.reschedule(index, state);
    }
    parts_.shared.notices.asked(EventCode::task_modified, alias(), id);
    wake_for(state, now);
    TaskView seen = view(index);
    if (change.miss) {
        end(index, *change.miss, over, now);
    } else {
        if (finishes) parts_.shared.notices.tell(EventCode::task_finished, alias(), id);
        end_if_over(index);
    }
    return seen;
}

// A finished task goes with its last run.
void MemoryHome::end_if_over(MemoryIndex index) noexcept {
    const std::shared_ptr<const Definition> task = store_.at(index).owner;
    if (!store_.end_if_over(index)) return;
    parts_.shared.notices.tell(EventCode::task_removed, alias(), task->id);
    take_gone();
}

// What has not begun is not called any more.
void MemoryHome::end_claimed(MemoryIndex index, const Definition& definition, Reason reason, const Now& now) noexcept {
    parts_.runs.each([&](RunSlot& slot) {
        if (slot.store != number() || slot.fire.task != index || slot.begun || slot.dropped) return;
        if (slot.came_back() != RunSlot::Back::no) return;
        if (!ends_unstarted(FireState::claimed, slot.fire.key.kind, reason)) return;
        slot.dropped = true;
        store_.end_claimed(slot.fire, definition, reason, now, dropped_);
    });
}

void MemoryHome::forget(MemoryIndex index, const Now& now) {
    const bool flying = store_.at(index).flying > 0;
    const std::shared_ptr<const Definition> definition = store_.at(index).owner;
    store_.remove(index, now, dropped_);
    if (flying) end_claimed(index, *definition, Reason::deleted, now);
}

void MemoryHome::tell_dropped(const Now& now) {
    parts_.shared.notices.dropped(alias(), dropped_, now.wall);
    dropped_.clear();
}

bool MemoryHome::remove(const std::string& id) {
    const Lock lock(parts_.shared);
    const MemoryIndex index = store_.find(id);
    if (index == MemoryStore::kNone) return false;
    const Now now = present();
    forget(index, now);
    tell_dropped(now);
    take_gone();
    parts_.shared.notices.asked(EventCode::task_removed, alias(), id);
    return true;
}

std::int64_t MemoryHome::remove_all() {
    const Lock lock(parts_.shared);
    const Now now = present();
    std::int64_t removed = 0;
    store_.each(0, store_.places(), [&](MemoryIndex index) {
        forget(index, now);
        tell_dropped(now);
        take_gone();
        ++removed;
    });
    return removed;
}

bool MemoryHome::run_now(const std::string& id) {
    const Lock lock(parts_.shared);
    const MemoryIndex index = store_.find(id);
    if (index == MemoryStore::kNone) return false;
    if (parts_.life.stopped())
        fail(Code::not_running, "task \"" + id + "\" cannot run: the scheduler is not running; start it first");
    store_.run_now(index, present());
    parts_.shared.alarm.wake();
    return true;
}

}  // namespace uvsched
