// Executors and stores, which come and go while the scheduler is there.
#include <algorithm>
#include <utility>

#include "core/base/memory.hpp"
#include "core/base/name.hpp"
#include "core/engine/engine.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/homes/durable_home.hpp"
#include "core/homes/memory_home.hpp"

namespace uvsched {

void Engine::check_not_stopping(const char* what, const std::string& alias) const {
    if (life_.stopped() || life_.up()) return;
    fail(Code::not_running,
         std::string(what) + " \"" + alias + "\": the scheduler is stopping; add it when it has stopped");
}

const NewTask* Engine::user_of_next_start(const std::function<bool(const NewTask&)>& uses) const {
    if (!life_.stopped()) return nullptr;
    const auto& declared = declared_.all();
    const auto user = std::find_if(declared.begin(), declared.end(), uses);
    return user == declared.end() ? nullptr : &*user;
}

// ---- executors ----

void Engine::add_executor(const std::string& alias, const ExecutorConfig& executor) {
    validate_text("alias", alias);
    shared_.check_process();
    Lock lock(shared_);
    life_.wait_started(lock.inner());
    check_not_stopping("executor", alias);
    const std::uint16_t number = dispatcher_.add(alias, executor, runs_);
    try {
        if (const auto queue = dispatcher_.queue(number)) shared_.bus.add_queue(queue);
        for (const auto& home : *homes_) home->executor_added();
    } catch (...) {
        dispatcher_.remove(number);
        throw;
    }
    if (const auto added = dispatcher_.executor(number); added && life_.up()) added->start(*this);
    shared_.notices.asked(EventCode::executor_added, alias, {});
    shared_.alarm.wake();
}

void Engine::remove_executor(const std::string& alias) {
    shared_.check_process();
    std::shared_ptr<Executor> removed;
    {
        Lock lock(shared_);
        life_.wait_started(lock.inner());
        const std::uint16_t number = dispatcher_.index(alias);
        const NewTask* const user =
            user_of_next_start([&](const NewTask& task) { return task.definition->executor == alias; });
        if (user != nullptr) {
            fail(Code::invalid, "executor \"" + alias + "\": the next start writes task \"" + user->definition->id +
                                    "\", which needs it; delete the task first, or give it another executor");
        }
        removed = dispatcher_.executor(number);
        dispatcher_.remove(number);
        for (const auto& home : *homes_) home->executor_removed(number);
        shared_.notices.asked(EventCode::executor_removed, alias, {});
    }
    if (removed) removed->close();
    const std::lock_guard lock(shared_.mutex);
    shared_.alarm.wake();
}

// ---- stores ----

// Its number is its own until free_number().
std::shared_ptr<TaskHome> Engine::make_home(const std::string& alias, const StoreConfig& store) {
    auto place = std::find(by_number_.begin(), by_number_.end(), nullptr);
    if (place == by_number_.end()) {
        if (by_number_.size() == Dispatcher::kMostPlaces) {
            fail(Code::invalid, "store \"" + alias + "\": a scheduler takes at most " +
                                    std::to_string(Dispatcher::kMostPlaces) + " stores");
        }
        by_number_.push_back(nullptr);
        place = by_number_.end() - 1;
    }
    const auto number = static_cast<std::uint16_t>(kNumbers * (place - by_number_.begin()));
    runs_.make_room(number + std::size_t{kNumbers});
    std::shared_ptr<TaskHome> home;
    if (store.durable()) {
        home = std::make_shared<DurableHome>(parts_, number, alias, store, config_.identity);
    } else {
        home = std::make_shared<MemoryHome>(parts_, number, alias, store.history);
    }
    *place = home.get();
    return home;
}

void Engine::enter(const std::shared_ptr<TaskHome>& home) {
    auto homes = std::make_shared<Homes>(*homes_);
    const auto after =
        std::find_if(homes->begin(), homes->end(), [&](const auto& other) { return other->alias() > home->alias(); });
    homes->insert(after, home);
    homes_ = std::move(homes);
}

void Engine::enter_late(const std::shared_ptr<TaskHome>& home) {
    home->executor_added();  // some may have come while it was opened
    enter(home);
    if (life_.up()) home->started(shared_.now());
    shared_.notices.asked(EventCode::store_added, home->alias(), {});
    shared_.alarm.wake();
}

void Engine::add_store(const std::string& alias, const StoreConfig& store) {
    validate_text("alias", alias);
    shared_.check_process();
    if (store.durable() && CallbackScope::on_loop()) {
        fail(Code::deadlock,
             "store \"" + alias + "\": a callback on a scheduler's loop thread cannot wait for a store");
    }
    std::shared_ptr<TaskHome> home;
    {
        const Lock lock(shared_);
        for (const TaskHome* const other : by_number_) {
            if (other == nullptr || other->alias() != alias) continue;
            fail(Code::already, "store \"" + alias + "\": " +
                                    (other->leaving() ? "the one that was removed is not closed yet, because runs of "
                                                        "its tasks are under way"
                                                      : "the alias is taken; remove that store first"));
        }
        home = make_home(alias, store);
    }
    try {
        for (bool opened = false;; opened = true) {
            {
                Lock lock(shared_);
                life_.wait_started(lock.inner());
                check_not_stopping("store", alias);
                if (life_.up() == opened || !store.durable()) return enter_late(home);
                if (opened) fail(Code::not_running, "store \"" + alias + "\": the scheduler was stopped meanwhile");
            }
            home->open();
            home->learn();
        }
    } catch (...) {
        home->close();
        const Lock lock(shared_);
        free_number(*home);
        throw;
    }
}

void Engine::remove_store(const std::string& alias) {
    shared_.check_process();
    Homes left;
    {
        Lock lock(shared_);
        life_.wait_started(lock.inner());
        const std::shared_ptr<TaskHome> home = home_locked(alias);
        if (const NewTask* const user =
                user_of_next_start([&](const NewTask& task) { return task.spec.store == alias; })) {
            fail(Code::invalid, "store \"" + alias + "\": the next start writes task \"" + user->definition->id +
                                    "\" to it; delete the task first");
        }
        declared_.remove_all(alias);
        home->leave();
        ++leaving_;
        shared_.notices.asked(EventCode::store_removed, alias, {});
        // Otherwise the loop does it.
        if (!CallbackScope::inside(this)) left = take_left_homes();
        shared_.alarm.wake();
    }
    let_go(left);
}

bool Engine::under_way(const TaskHome& home) const {
    bool found = false;
    runs_.each([&](const RunSlot& slot) { found = found || &home_of(slot) == &home; });
    return found;
}

// Removed stores of which nothing is under way any more: nobody finds them.
Engine::Homes Engine::take_left_homes() {
    const auto stays = [this](const auto& home) { return !home->leaving() || under_way(*home) || !home->quiet(); };
    Homes left;
    auto rest = std::make_shared<Homes>();
    for (const auto& home : *homes_) (stays(home) ? *rest : left).push_back(home);
    if (left.empty()) return left;
    homes_ = std::move(rest);
    leaving_ -= left.size();
    return left;
}

// With no lock held: a store may wait for its disk.
void Engine::let_go(const Homes& left) noexcept {
    for (const auto& home : left) {
        home->close();
        const Lock lock(shared_);
        home->clear();
        free_number(*home);
    }
}

// The scheduler has stopped, and all stores are closed.
Engine::Homes Engine::end_leaving() noexcept {
    Homes gone;
    if (leaving_ == 0) return gone;
    insist([&] { gone = take_left_homes(); });
    for (const auto& home : gone) {
        home->clear();
        free_number(*home);
    }
    return gone;
}

}  // namespace uvsched
