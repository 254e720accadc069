// TriggerThread: calls the functions of custom triggers, one at a time, apart from every other thread: such a call may
// take for ever.
#pragma once

#include <functional>
#include <memory>

#include "core/executors/trigger_ask.hpp"

namespace uvsched {

// Guarded by the engine's mutex; its own is a leaf.
class TriggerThread {
public:
    // `scheduler` marks the calls for CallbackScope. `answered` is called on the thread, with no lock held, unless the
    // call was abandoned.
    TriggerThread(const void* scheduler, std::function<void(TriggerAnswer&&)> answered);
    ~TriggerThread();
    TriggerThread(const TriggerThread&) = delete;
    TriggerThread& operator=(const TriggerThread&) = delete;

    // Precondition: no call is under way. The thread starts with the first one. Throws std::system_error where there is
    // no thread to be had.
    void call(std::shared_ptr<const TriggerFunction> function, TriggerAsk ask);

    // Leaves the thread to the call that it makes, if any: it ends when that returns, and a fresh one makes the next.
    void abandon();

private:
    struct Shared;
    const void* scheduler_;
    std::function<void(TriggerAnswer&&)> answered_;
    std::shared_ptr<Shared> shared_;  // with the thread; none: it has not started
};

}  // namespace uvsched
