// Callers' requests on tasks. An id is searched among declared tasks that are not written yet, and in each home.
#include <algorithm>
#include <iterator>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/homes/declaring.hpp"
#include "core/ledger/task_rules.hpp"
#include "core/plan/on_line.hpp"

namespace uvsched {

// ---- where it is ----

std::shared_ptr<TaskHome> Engine::home(const std::string& alias) const {
    shared_.check_process();
    const std::lock_guard lock(shared_.mutex);
    return home_locked(alias);
}

const std::shared_ptr<TaskHome>& Engine::home_locked(const std::string& alias) const {
    std::string known;
    for (const auto& home : *homes_) {
        if (home->leaving()) continue;
        if (home->alias() == alias) return home;
        known += (known.empty() ? "\"" : ", \"") + home->alias() + "\"";
    }
    fail(Code::not_found, "store \"" + alias + "\": there is no such store; " +
                              (known.empty() ? "the scheduler has none" : "known are " + known));
}

// Those of one store, or, with an empty alias, of all.
Engine::Homes Engine::homes_of(const std::string& store) const {
    if (!store.empty()) return {home(store)};
    shared_.check_process();
    Homes there;
    const std::lock_guard lock(shared_.mutex);
    std::copy_if(homes_->begin(), homes_->end(), std::back_inserter(there),
                 [](const auto& home) { return !home->leaving(); });
    return there;
}

// An empty alias searches every store in order of alias. `declared` gets the task before its start, with the lock held;
// `there` gets a home, and returns nothing, or false, if it does not have the task.
template <class Declared, class There>
auto Engine::on_task(const std::string& store, const std::string& id, Declared declared, There there) {
    using Result = std::invoke_result_t<Declared, NewTask&>;
    const TaskHome* closed = nullptr;
    const Homes homes = homes_of(store);
    for (const auto& home : homes) {
        {
            const Lock lock(shared_);
            if (NewTask* const found = declared_.find(home->alias(), id)) return Result(declared(*found));
        }
        if (auto result = there(*home)) {
            if constexpr (std::is_same_v<Result, bool>) {
                return true;
            } else {
                return std::move(*result);
            }
        }
        if (home->closed()) closed = home.get();
    }
    if (closed != nullptr) {
        fail(Code::not_running, "task \"" + id + "\": store \"" + closed->alias() +
                                    "\" is closed: the scheduler is not running; start it first");
    }
    fail(Code::not_found,
         "task \"" + id + "\": there is no such task" + (store.empty() ? "" : " in store \"" + store + "\""));
}

// A task that is over is known as long as history has a row of it. `visit` is as `there` above.
template <class Visit>
auto Engine::on_task_over(const std::string& store, Visit visit) {
    std::invoke_result_t<Visit, TaskHome&> result{};
    for (const auto& home : homes_of(store)) {
        result = visit(*home);
        if (result) break;
    }
    return result;
}

// ---- added ----

AddOutcome Engine::add(TaskSpec spec, AddMode mode) {
    shared_.check_process();
    const std::shared_ptr<TaskHome> held = home(spec.store);
    TaskHome& there = *held;
    NewTask task = drafts_.make(std::move(spec), mode, there.durable());
    const std::string id = task.definition->id;
    const std::function<void()> release = task.spec.release;
    try {
        {
            Lock lock(shared_);
            life_.wait_started(lock.inner());
            if (there.leaving()) (void)home_locked(there.alias());  // it was removed meanwhile
            if (life_.stopped()) return declared_.add(std::move(task));
        }
        try {
            return there.add(std::move(task), false);
        } catch (const Error& error) {
            // The scheduler is stopping and has closed its stores: in a moment it is as before the start.
            if (error.code() != Code::not_running || !await_stopped()) throw;
        }
        const Lock lock(shared_);
        if (life_.stopped()) return declared_.add(std::move(task));
        fail(Code::not_running, "the store is closed: the scheduler was stopped and started meanwhile");
    } catch (const Error& error) {
        if (error.code() != Code::conflict || mode != AddMode::keep) throw;
        tell_kept(shared_.notices, there.alias(), id, error);
        {
            const Lock lock(shared_);
            if (release) shared_.releases.push_back(release);
        }
        return {.result = AddOutcome::Result::unchanged, .task = get(there.alias(), id)};
    }
}

// ---- changed ----

// A task in a durable store cannot become a task that never leaves the process, and vice versa.
void Engine::check_stays(const TaskHome& home, const Definition& old, const Definition& definition) const {
    if (!home.durable() || old.trigger->is_event() == definition.trigger->is_event()) return;
    fail(Code::invalid, "trigger: " + old.trigger->describe() + " -> " + definition.trigger->describe() + ": task \"" +
                            old.id + "\" would have to move out of store \"" + home.alias() +
                            "\" or into it; delete it and add it again");
}

void Engine::change_declared(NewTask& task, const TaskChanges& changes) {
    const std::shared_ptr<const Definition> definition = drafts_.changed(*task.definition, changes);
    check_stays(*home_locked(task.spec.store), *task.definition, *definition);
    task.definition = definition;
    if (changes.next_run_time) task.spec.next_run_time = changes.next_run_time;
    if (!changes.token) return;
    if (task.spec.release) shared_.releases.push_back(std::move(task.spec.release));
    task.spec.token = *changes.token;
    task.spec.release = changes.release;
}

TaskView Engine::change(const std::string& store, const std::string& id, TaskChanges changes) {
    if (changes.trigger) {
        const Lock lock(shared_);
        asker_.check(*changes.trigger);
    }
    std::optional<TaskToken> token;
    if (changes.token) token = {.token = *changes.token, .release = changes.release};
    return on_task(
        store, id,
        [&](NewTask& task) {
            change_declared(task, changes);
            return DeclaredTasks::view(task);
        },
        [&](TaskHome& there) {
            const auto edit = [&](const StoredTask& task, Change& change, const Now& now) {
                change.definition = drafts_.changed(*task.definition, changes);
                check_stays(there, *task.definition, *change.definition);
                const Begun next =
                    changed_state(*task.definition, task.state, *change.definition, changes.next_run_time, now);
                change.state = next.state;
                change.miss = next.miss;
                if (change.miss) change.error = why_over(*change.definition, *change.miss, now.wall).why;
                return true;
            };
            return there.edit(id, edit, token);
        });
}

TaskView Engine::pause_task(const std::string& store, const std::string& id) {
    return on_task(
        store, id,
        [](NewTask& task) {
            task.spec.next_run_time = std::optional<Instant>();
            return DeclaredTasks::view(task);
        },
        [&](TaskHome& there) {
            const auto pause = [](const StoredTask& task, Change& change, const Now& /*now*/) {
                change.state = paused_state(task.state);
                return true;
            };
            return there.edit(id, pause, std::nullopt);
        });
}

TaskView Engine::resume_task(const std::string& store, const std::string& id) {
    return on_task(
        store, id,
        [](NewTask& task) {
            if (task.spec.next_run_time && !*task.spec.next_run_time) task.spec.next_run_time.reset();
            return DeclaredTasks::view(task);
        },
        [&](TaskHome& there) {
            const auto resume = [](const StoredTask& task, Change& change, const Now& now) {
                change.state = resumed_state(*task.definition, task.state, now);
                return task.state.status == TaskStatus::paused;
            };
            return there.edit(id, resume, std::nullopt);
        });
}

void Engine::remove(const std::string& store, const std::string& id) try {
    on_task(
        store, id,
        [&](NewTask& task) {
            const std::string alias = task.spec.store;
            return declared_.remove(alias, id);
        },
        [&](TaskHome& there) { return there.remove(id); });
} catch (const Error& error) {
    if (error.code() != Code::not_found) throw;
    if (!on_task_over(store, [&](TaskHome& there) { return there.forget_over(id); })) throw;
}

std::int64_t Engine::remove_all(const std::string& store) {
    std::int64_t removed = 0;
    for (const auto& home : homes_of(store)) {
        {
            const Lock lock(shared_);
            removed += declared_.remove_all(home->alias());
        }
        removed += home->remove_all();
        if (!home->closed()) shared_.notices.asked(EventCode::all_tasks_removed, home->alias(), {});
    }
    return removed;
}

void Engine::run_now(const std::string& store, const std::string& id) {
    on_task(
        store, id,
        [&](NewTask&) -> bool {
            fail(Code::not_running, "task \"" + id + "\" cannot run: the scheduler is not running; start it first");
        },
        [&](TaskHome& there) { return there.run_now(id); });
}

// ---- asked about ----

TaskView Engine::get(const std::string& store, const std::string& id) try {
    return on_task(
        store, id, [](const NewTask& task) { return DeclaredTasks::view(task); },
        [&](TaskHome& there) { return there.get(id); });
} catch (const Error& error) {
    if (error.code() != Code::not_found) throw;
    std::optional<TaskView> over = on_task_over(store, [&](TaskHome& there) { return there.get_over(id); });
    if (!over) throw;
    return std::move(*over);
}

std::vector<TaskView> Engine::list(const std::string& store, ListPlace& place, std::size_t limit, bool finished) {
    const std::shared_ptr<TaskHome> held = home(store);
    TaskHome& there = *held;
    if (!place.begun) {
        place = {.after = place.after, .begun = true, .pending = {}, .present = {}};
        {
            const Lock lock(shared_);
            for (const NewTask& task : declared_.all()) {
                if (task.spec.store == store && task.definition->id > place.after)
                    place.pending.push_back(DeclaredTasks::view(task));
            }
        }
        std::sort(place.pending.begin(), place.pending.end(),
                  [](const TaskView& a, const TaskView& b) { return a.definition->id > b.definition->id; });
        there.begin_list(place);
    }
    const std::size_t waiting = std::min(limit, place.pending.size());
    std::vector<TaskView> views(place.pending.rbegin(), place.pending.rbegin() + static_cast<std::ptrdiff_t>(waiting));
    there.list(place, limit, finished, views);
    // If a task was written to its store meanwhile, the stored task is shown.
    std::stable_sort(views.begin(), views.end(), [](const TaskView& a, const TaskView& b) {
        return std::tie(a.definition->id, a.pending) < std::tie(b.definition->id, b.pending);
    });
    const auto same = [](const TaskView& a, const TaskView& b) { return a.definition->id == b.definition->id; };
    views.erase(std::unique(views.begin(), views.end(), same), views.end());
    if (views.size() > limit) views.resize(limit);
    if (views.empty()) return views;
    place.after = views.back().definition->id;
    const auto seen = [&](const std::string& id) { return id <= place.after; };
    while (!place.present.empty() && seen(place.present.back()->id)) place.present.pop_back();
    while (!place.pending.empty() && seen(place.pending.back().definition->id)) place.pending.pop_back();
    return views;
}

EngineCounts Engine::count(const std::string& store) {
    EngineCounts counts;
    for (const auto& home : homes_of(store)) {
        home->count(counts.stored);
        std::vector<std::string> declared;
        {
            const Lock lock(shared_);
            for (const NewTask& task : declared_.all()) {
                if (task.spec.store == home->alias()) declared.push_back(task.definition->id);
            }
        }
        // The others are counted where they are: a start will compare them with the declaration.
        counts.pending += std::count_if(declared.begin(), declared.end(),
                                        [&](const std::string& id) { return !home->get(id).has_value(); });
    }
    return counts;
}

std::vector<Instant> Engine::preview(const std::string& store, const std::string& id, std::size_t count,
                                     std::optional<Instant> after) {
    const TaskView task = get(store, id);
    const Micros to_wall = to_wall_from(task.state.clock, task.to_wall);
    const OnLine trigger(*task.definition->trigger, to_wall);
    std::vector<Instant> times;
    std::optional<Instant> next =
        after ? trigger.next(saturating_sub(*after, to_wall), task.state.anchor) : task.state.next_slot;
    while (next && times.size() < count) {
        times.push_back(saturating_add(*next, to_wall));
        next = trigger.next(*next, task.state.anchor);
    }
    return times;
}

StoreReport Engine::report(const std::string& store, Micros watch) {
    return home(store.empty() ? "default" : store)->report(watch);
}

std::vector<HistoryRow> Engine::history(const std::string& store, const HistoryQuery& query) {
    return home(store.empty() ? "default" : store)->history(query);
}

std::vector<std::string> Engine::store_aliases() const {
    std::vector<std::string> aliases;
    for (const auto& home : homes_of({})) aliases.push_back(home->alias());
    return aliases;
}

}  // namespace uvsched
