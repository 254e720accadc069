// TriggerThread: calls the functions of custom triggers, one at a time, on a thread of their own, because such a call
// may never return.
#pragma once

#include <functional>
#include <memory>

#include "core/executors/trigger_ask.hpp"

namespace uvsched {

// Guarded by the engine's mutex; the thread's own mutex is a leaf.
class TriggerThread {
    struct Shared;

public:
    // `scheduler` marks the calls for CallbackScope. `answered` is called on the thread, with no lock held, unless the
    // call was abandoned. Without an `own` thread somebody else makes the call: see due().
    TriggerThread(const void* scheduler, std::function<void(TriggerAnswer&&)> answered, bool own = true);
    ~TriggerThread();
    TriggerThread(const TriggerThread&) = delete;
    TriggerThread& operator=(const TriggerThread&) = delete;

    // Precondition: no call is under way. The thread starts with the first call. Throws Error(no_thread) or bad_alloc;
    // the function is not called then.
    void call(std::shared_ptr<const TriggerFunction> function, TriggerAsk ask);

    // Without a thread: the call that is to be made, by make(), on one thread at a time, with no lock held.
    class Due {
    public:
        void make();

    private:
        friend class TriggerThread;
        std::shared_ptr<Shared> shared_;
        const TriggerThread* from_ = nullptr;
    };
    [[nodiscard]] Due due() const noexcept;

    // Leaves the thread to the call that it makes, if any: it ends when that returns, and a fresh one makes the next.
    void abandon();

private:
    const void* scheduler_;
    const bool own_;
    std::function<void(TriggerAnswer&&)> answered_;
    std::shared_ptr<Shared> shared_;  // shared with the thread; nullptr: it has not started
};

}  // namespace uvsched
