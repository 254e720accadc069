// Consumer: what takes runs from one of the engine's queues. Its kinds differ in how they call the functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine.hpp"
#include "outcome.hpp"
#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

struct RunObject;

// Guarded by the GIL, except for taking, which one thread at a time does.
class Consumer : public std::enable_shared_from_this<Consumer> {
public:
    // How a consumer attaches to its queue: with room for runs that wait, or as workers.
    using New = int (*)(sched_consumer** out, sched_queue* queue, std::size_t room);

    // Attaches to the queue of an executor.
    Consumer(std::shared_ptr<Engine> engine, const char* alias, std::size_t room, New attach = &sched_consumer_new);
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;
    virtual ~Consumer();

    [[nodiscard]] Engine& engine() const noexcept { return *engine_; }
    [[nodiscard]] sched_consumer* handle() const noexcept { return consumer_; }
    // Readable while there is something to take. Closed with the engine.
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
    [[nodiscard]] bool open() const noexcept { return open_; }
    // The context in which this was made: each run in a thread or in place gets a copy.
    [[nodiscard]] PyObject* context() const noexcept { return context_.get(); }
    // How many runs are under way.
    [[nodiscard]] virtual std::size_t busy() const noexcept { return runs_; }

    // The objects of the runs that are under way, as far as they have one.
    [[nodiscard]] py::list runs() const;

    // Detaches: what waits goes back to the store. With `cancel`, runs in threads are reported as cancelled; coroutines
    // are in any case, and are cancelled where their loop is still `usable`.
    void close(bool cancel, bool usable);
    // Gives up what close() would, except the runs of shutdown tasks, and stays attached for these. False if there are
    // none.
    bool leave(bool cancel);
    // Waits for one item, without the GIL. False if there is none: the time (-1: for ever) is over, wake() was called,
    // it is closed, or it failed with a Python error set.
    bool wait_for(sched_item& item, int timeout_ms);
    // Lets a wait_for() return.
    void wake() noexcept;

    // Reports a run's end; batched where the kind can.
    virtual void finish(Outcome outcome) noexcept;

    // Fires keep their consumer.
    void pin() noexcept;
    void unpin() noexcept;
    // Keeps a run until it is finished.
    void link(RunObject* object) noexcept;
    void unlink(RunObject* object) noexcept;

protected:
    // Handles items other than runs and events.
    void control(const sched_item& item) noexcept;
    // The engine would like this run to end early.
    virtual void cancel(RunObject* object) noexcept;
    // The objects to call for a run: those of its token, with its JSON arguments where it has none of its own. `fn` is
    // empty with a Python error set when that cannot be read.
    struct Call {
        Owned fn, args, kwargs;
        bool coroutine = false;
        [[nodiscard]] Callable callable() const noexcept { return {fn.get(), args.get(), kwargs.get(), coroutine}; }
    };
    Call call_of(const sched_item& item) noexcept;
    [[nodiscard]] sched_queue* queue() const noexcept { return queue_; }
    // Reports now what was kept back for a batch.
    virtual void flush() noexcept {}
    // It has been closed: lets go of Python objects, which may lead back to it.
    virtual void closed() noexcept {}
    // Takes what there is, at most `capacity`, without waiting. 0 once closed.
    std::size_t take(sched_item* items, std::size_t capacity) noexcept;

private:
    [[nodiscard]] std::vector<Owned> given_up(bool cancel, bool shutdown_too) const;

    std::shared_ptr<Engine> engine_;
    sched_queue* queue_ = nullptr;
    sched_consumer* consumer_ = nullptr;
    int descriptor_ = -1;
    bool open_ = true;
    Owned context_;
    std::shared_ptr<Consumer> self_;  // while pinned
    std::size_t pins_ = 0;
    RunObject* first_ = nullptr;
    std::size_t runs_ = 0;
};

}  // namespace uvsched::python
