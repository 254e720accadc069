// What callers do with tasks of a durable store. Each call waits for the store.
#include <algorithm>
#include <utility>

#include "core/executors/callback_scope.hpp"
#include "core/homes/declaring.hpp"
#include "core/homes/durable_home.hpp"
#include "core/ledger/task_rules.hpp"

namespace uvsched {
namespace {

constexpr int kTries = 10;          // how often a change that raced with a claim is computed anew
constexpr std::size_t kNamed = 20;  // ids that one message lists

std::string list_ids(const std::vector<std::string>& ids) {
    std::string text;
    for (std::size_t i = 0; i < ids.size() && i < kNamed; ++i) text += (i == 0 ? "\"" : ", \"") + ids[i] + "\"";
    if (ids.size() > kNamed) text += " and " + std::to_string(ids.size() - kNamed) + " more";
    return text;
}

const char* undeclared_text(Undeclared undeclared) {
    switch (undeclared) {
        case Undeclared::keep:
            return "they stay as they are: declare them again, delete them, or set undeclared to "
                   "\"pause\" or \"delete\"";
        case Undeclared::pause:
            return "they are paused: declare them again and resume them, or delete them";
        case Undeclared::remove:
            break;
    }
    return "they are deleted";
}

bool pause_task(const StoredTask& task, Change& change, const Now& /*now*/) {
    change.state = paused_state(task.state);
    return true;
}

}  // namespace

// ---- the store ----

Batch DurableHome::apply(Batch batch) {
    if (CallbackScope::on_loop()) {
        fail(Code::deadlock,
             "store \"" + alias() + "\": a callback on the loop thread cannot wait for a durable store");
    }
    return driver_->apply(std::move(batch));
}

void DurableHome::read(const std::function<void(Store&)>& job) {
    if (CallbackScope::on_loop()) {
        fail(Code::deadlock,
             "store \"" + alias() + "\": a callback on the loop thread cannot wait for a durable store");
    }
    driver_->read(job);
}

TaskView DurableHome::view(const StoredTask& task) const {
    return {.definition = task.definition,
            .state = task.state,
            .store = alias(),
            .running = task.open,
            .pending = false,
            .to_wall = present().to_wall()};
}

// ---- asked ----

std::optional<TaskView> DurableHome::get(const std::string& id) {
    if (auto found = companion_.get(id)) return found;
    if (closed()) return std::nullopt;
    std::optional<StoredTask> task;
    read([&](Store& store) { task = store.get(id); });
    return task ? std::optional(view(*task)) : std::nullopt;
}

// The ledger and the companion's history are separate; a task has all its rows in one of them.
std::vector<HistoryRow> DurableHome::history(const HistoryQuery& query) {
    if (companion_.find(query.task_id)) return companion_.history(query);
    if (closed())
        fail(Code::not_running, "store \"" + alias() + "\" is closed: the scheduler is not running; start it first");
    std::vector<HistoryRow> rows;
    read([&](Store& store) { rows = store.history(query); });
    return rows;
}

// Before the first start there are only the declared tasks. After a stop there are more, but the store is closed.
bool DurableHome::holds_tasks() const {
    if (!closed()) return true;
    if (!driver_) return false;
    fail(Code::not_running, "store \"" + alias() + "\" is closed: the scheduler is not running; start it first");
}

void DurableHome::count(TaskCounts& counts) {
    companion_.count(counts);
    if (!holds_tasks()) return;
    TaskCounts stored;
    read([&](Store& store) { stored = store.counts(); });
    counts.active += stored.active;
    counts.idle += stored.idle;
    counts.paused += stored.paused;
    counts.finished += stored.finished;
}

void DurableHome::list(const ListPlace& place, std::size_t limit, bool finished, std::vector<TaskView>& views) {
    companion_.list(place, limit, finished, views);
    if (!holds_tasks()) return;
    std::vector<StoredTask> tasks;
    read([&](Store& store) { tasks = store.list(place.after, limit, finished); });
    for (const StoredTask& task : tasks) views.push_back(view(task));
}

// ---- added ----

AddOutcome DurableHome::add(NewTask&& task, bool starting) {
    leave_other_home(task, starting);
    if (task.definition->trigger->is_event()) return companion_.add(std::move(task), starting);
    const Now now = present();
    Batch batch;
    batch.adds.push_back(add_of(task, starting, now));
    batch = apply(std::move(batch));
    return added(task, batch.adds.front(), starting, now);
}

// A task of this id in the other home is replaced, or keeps the new task out.
void DurableHome::leave_other_home(const NewTask& task, bool starting) {
    const std::string& id = task.definition->id;
    const bool comes_to_companion = task.definition->trigger->is_event();
    std::shared_ptr<const Definition> other;
    if (!comes_to_companion) {
        other = companion_.find(id);
    } else if (!task.spec.id.empty()) {
        read([&](Store& store) {
            if (const auto stored = store.get(id)) other = stored->definition;
        });
    }
    if (!other) return;
    if (on_existing(task, starting, false) == OnExisting::keep_if_equal) refuse(alias(), task, *other);
    if (comes_to_companion) {
        remove_stored(id, true);
    } else {
        companion_.remove(id);
    }
    if (starting) tell_replaced(parts_.shared.notices, alias(), *task.definition, other.get(), false);
}

Add DurableHome::add_of(const NewTask& task, bool starting, const Now& now) {
    const Definition& definition = *task.definition;
    const Lock lock(parts_.shared);
    Add request;
    request.definition = task.definition;
    const Begun begun = first_state(definition, parts_.ids.uid(), task.spec.next_run_time, now);
    request.state = begun.state;
    request.miss = begun.miss;
    request.reschedule = task.spec.next_run_time && *task.spec.next_run_time;
    request.on_existing = on_existing(task, starting, derived_ids_.contains(definition.id));
    request.at_start = starting && !TaskIds::is_random(definition.id);  // no start declares a random id again
    request.now_wall = now.wall;
    if (request.miss) request.error = why_over(definition, *request.miss, now.wall).why;
    return request;
}

// Takes in and tells what became of the request.
AddOutcome DurableHome::added(const NewTask& task, const Add& answer, bool starting, const Now& now) {
    const Definition& definition = *task.definition;
    const std::string& id = definition.id;
    Notices& notices = parts_.shared.notices;
    const Lock lock(parts_.shared);
    if (answer.result == Add::Result::conflict) refuse(alias(), task, *answer.task.definition);
    if (task.derived_id) derived_ids_.insert(id);
    if (!starting) {
        learn_lane(answer.task);
        ask(answer.task);
    }
    if (parts_.life.up()) report_unrunnable();
    AddOutcome outcome{.result = AddOutcome::Result::unchanged, .task = view(answer.task)};
    const bool asked = !starting || !parts_.life.up();  // no caller waits for what a lost file's successor is told
    bool begun = false;
    if (answer.result == Add::Result::created) {
        outcome.result = AddOutcome::Result::created;
        tell_changed(EventCode::task_added, id, asked);
        if (starting && !answer.at_start) tell_unnamed(notices, alias(), definition);
        begun = true;
    } else if (answer.result == Add::Result::replaced) {
        outcome.result = AddOutcome::Result::replaced;
        tell_dropped(answer.dropped, now.wall);
        tell_changed(EventCode::task_modified, id, asked);
        if (starting || task.mode == AddMode::declare)
            tell_replaced(notices, alias(), definition, answer.before.get(), answer.edited);
        begun = !answer.before || !same_trigger(*answer.before, definition);
    }
    if (begun && answer.miss && answer.task.state.status == TaskStatus::finished)
        notices.over(alias(), definition, *answer.miss, why_over(definition, *answer.miss, now.wall), now);
    return outcome;
}

// ---- declared at a start ----

namespace {

constexpr std::size_t kDeclaredAtOnce = 500;  // in one transaction

}  // namespace

// All of a batch are written before the first conflict among them is told.
void DurableHome::declare(const std::vector<const NewTask*>& tasks) {
    std::vector<const NewTask*> stored;
    for (std::size_t begin = 0; begin < tasks.size(); begin += kDeclaredAtOnce) {
        const std::size_t end = std::min(tasks.size(), begin + kDeclaredAtOnce);
        stored.clear();
        Batch batch;
        const Now now = present();
        const auto insist = [this](const NewTask& task, const auto& work) {
            try {
                work();
            } catch (const Error& error) {
                if (error.code() != Code::conflict) throw;
                keep_out(task, error);
            }
        };
        for (std::size_t i = begin; i < end; ++i) {
            const NewTask& task = *tasks[i];
            insist(task, [&] {
                leave_other_home(task, true);
                if (task.definition->trigger->is_event()) {
                    companion_.add(NewTask(task), true);
                } else {
                    batch.adds.push_back(add_of(task, true, now));
                    stored.push_back(&task);
                }
            });
        }
        if (!batch.adds.empty()) batch = apply(std::move(batch));
        for (std::size_t i = 0; i < stored.size(); ++i) {
            insist(*stored[i], [&] { added(*stored[i], batch.adds[i], true, now); });
        }
        for (std::size_t i = begin; i < end; ++i) note_declared(*tasks[i]);
    }
}

void DurableHome::note_declared(const NewTask& task) {
    const Definition& definition = *task.definition;
    if (definition.trigger->is_event()) return;
    if (!TaskIds::is_random(definition.id)) declared_.insert_or_assign(definition.id, definition.function);
    if (config_.on_lost != OnLost::reopen) return;
    const Lock lock(parts_.shared);
    NewTask& kept = redeclared_[definition.id];
    kept = task;
    kept.spec.release = {};
}

// A start that declares nothing in a store leaves the store alone: the program is a tool, or starts its scheduler
// often.
void DurableHome::settle_undeclared(Undeclared undeclared) {
    if (declared_.empty() || visits()) return;
    std::vector<std::string> ids;
    read([&](Store& store) { ids = store.declared_at_start(); });
    std::erase_if(ids, [&](const std::string& id) { return declared_.contains(id); });
    if (ids.empty()) return;
    for (const std::string& id : ids) {
        if (undeclared == Undeclared::remove) remove_stored(id, false);
        if (undeclared == Undeclared::pause) (void)edit_stored(id, pause_task, false);
    }
    parts_.shared.notices.undeclared(
        alias(), ids.front(), ids.size(),
        "an earlier start declared " + list_ids(ids) + ", but this one did not; " + undeclared_text(undeclared));
}

// ---- changed: read, compute, compare and set ----

std::optional<TaskView> DurableHome::edit(const std::string& id, const Edit& edit, std::optional<TaskToken> token) {
    if (auto changed = companion_.edit(id, edit, std::move(token))) return changed;
    return closed() ? std::nullopt : edit_stored(id, edit, true);
}

std::optional<TaskView> DurableHome::edit_stored(const std::string& id, const Edit& edit, bool asked) {
    Notices& notices = parts_.shared.notices;
    for (int tries = 0; tries < kTries; ++tries) {
        std::optional<StoredTask> task;
        read([&](Store& store) { task = store.get(id); });
        if (!task) return std::nullopt;
        const Now now = present();
        Batch batch;
        Change& change = batch.changes.emplace_back();
        change.id = id;
        change.rev = task->state.rev;
        change.now_wall = now.wall;
        if (!edit(*task, change, now)) return view(*task);
        batch = apply(std::move(batch));
        const Change& answer = batch.changes.front();
        if (answer.outcome == Outcome::missing) return std::nullopt;
        if (answer.outcome != Outcome::done) continue;
        const Lock lock(parts_.shared);
        learn_lane(answer.task);
        ask(answer.task);
        tell_dropped(answer.dropped, now.wall);
        tell_changed(EventCode::task_modified, id, asked);
        if (answer.miss) {
            notices.over(alias(), *answer.task.definition, *answer.miss, {.why = answer.error}, now);
        } else if (answer.task.state.status == TaskStatus::finished && task->state.status != TaskStatus::finished) {
            notices.tell(EventCode::task_finished, alias(), id);
        }
        parts_.shared.alarm.wake();
        return view(answer.task);
    }
    fail(Code::store,
         "task \"" + id + "\" was changed by others ten times while this change was being made; try again");
}

bool DurableHome::remove(const std::string& id) {
    if (companion_.remove(id)) return true;
    return !closed() && remove_stored(id, true);
}

bool DurableHome::remove_stored(const std::string& id, bool asked) {
    Batch batch;
    batch.removes.push_back({.id = id, .now_wall = parts_.shared.clock->wall(), .outcome = Outcome::none});
    batch = apply(std::move(batch));
    const Remove& answer = batch.removes.front();
    if (answer.outcome != Outcome::done) return false;
    const Lock lock(parts_.shared);
    redeclared_.erase(id);
    tell_dropped(answer.dropped, answer.now_wall);
    tell_changed(EventCode::task_removed, id, asked);
    return true;
}

void DurableHome::tell_changed(EventCode code, const std::string& id, bool asked) noexcept {
    if (asked) {
        parts_.shared.notices.asked(code, alias(), id);
    } else {
        parts_.shared.notices.tell(code, alias(), id);
    }
}

// Runs of these fires that have not begun are not called any more.
void DurableHome::tell_dropped(const std::vector<Dropped>& dropped, Instant now) noexcept {
    const auto ended = [&](const FireKey& key) {
        return std::any_of(dropped.begin(), dropped.end(), [&](const Dropped& each) { return each.fire == key; });
    };
    if (std::any_of(dropped.begin(), dropped.end(), [](const Dropped& each) { return each.fire.has_value(); })) {
        parts_.runs.each([&](RunSlot& slot) {
            if (slot.store == number() && !slot.begun && ended(slot.ref.key)) slot.dropped = true;
        });
    }
    parts_.shared.notices.dropped(alias(), dropped, now);
}

std::int64_t DurableHome::remove_all() {
    const std::int64_t removed = companion_.remove_all();
    if (closed()) return removed;
    Batch batch;
    batch.removes.push_back({.id = {}, .now_wall = parts_.shared.clock->wall(), .outcome = Outcome::none});
    batch = apply(std::move(batch));
    const Remove& answer = batch.removes.front();
    const Lock lock(parts_.shared);
    redeclared_.clear();
    tell_dropped(answer.dropped, answer.now_wall);
    return removed + answer.removed;
}

bool DurableHome::run_now(const std::string& id) {
    if (companion_.run_now(id)) return true;
    if (closed()) return false;
    Batch batch;
    RunNow& run = batch.runs.emplace_back();
    run.id = id;
    run.now_wall = parts_.shared.clock->wall();
    {
        const Lock lock(parts_.shared);
        run.request = static_cast<std::int64_t>(parts_.ids.uid());
    }
    batch = apply(std::move(batch));
    return batch.runs.front().outcome == Outcome::done;
}

}  // namespace uvsched
