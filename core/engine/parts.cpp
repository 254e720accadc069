// Executors that come and go while the scheduler is there.
#include <algorithm>

#include "core/base/name.hpp"
#include "core/engine/engine.hpp"

namespace uvsched {

void Engine::check_not_stopping(const char* what, const std::string& alias) const {
    if (life_.stopped() || life_.up()) return;
    fail(Code::not_running, std::string(what) + " \"" + alias + "\": the scheduler is stopping; add it when it has stopped");
}

void Engine::add_executor(const std::string& alias, const ExecutorConfig& executor) {
    validate_text("alias", alias);
    shared_.check_process();
    Lock lock(shared_);
    life_.wait_started(lock.inner());
    check_not_stopping("executor", alias);
    const std::uint16_t number = dispatcher_.add(alias, executor, runs_);
    try {
        if (const auto queue = dispatcher_.queue(number)) shared_.bus.add_queue(queue);
        for (const auto& home : homes_) home->executor_added();
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
        const auto& declared = declared_.all();
        const auto user = std::find_if(declared.begin(), declared.end(), [&](const NewTask& task) {
            return life_.stopped() && task.definition->executor == alias;
        });
        if (user != declared.end()) {
            fail(Code::invalid, "executor \"" + alias + "\": the next start writes task \"" + user->definition->id +
                                    "\", which needs it; delete the task first, or give it another executor");
        }
        removed = dispatcher_.executor(number);
        dispatcher_.remove(number);
        for (const auto& home : homes_) home->executor_removed(number);
        shared_.notices.asked(EventCode::executor_removed, alias, {});
    }
    if (removed) removed->close();
    const std::lock_guard lock(shared_.mutex);
    shared_.alarm.wake();
}

}  // namespace uvsched
