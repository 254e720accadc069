// RunQueue: an executor for other languages. The engine appends items and signals one descriptor; consumers take
// batches.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/executors/executor.hpp"
#include "core/model/event.hpp"

namespace uvsched {

// ABI: uvsched.h repeats the values as UVSCHED_ITEM_*.
enum class ItemTag : std::uint32_t {
    run = 1,           // call the function; report with finish()
    event = 2,         // for a consumer that subscribed
    trigger_next = 3,  // a custom trigger is asked for its next time; report with answer()
    store_call = 4,    // reserved: a foreign store is called
    release = 5,       // a token is no longer used
    stopped = 6,       // the scheduler has stopped: nothing follows
    cancel = 7,        // please end this run early
};

struct QueueItem {
    ItemTag tag = ItemTag::run;
    Run* run = nullptr;        // run: valid until it is finished
    std::uint64_t run_id = 0;  // run, cancel
    std::uint64_t token =
        0;  // run: the task's, else the function's; release: the retired one; trigger_next: the trigger's
    std::shared_ptr<const Event> event{};     // event
    std::shared_ptr<const TriggerAsk> ask{};  // trigger_next
};

using ConsumerId = std::uint64_t;

// Wakes a consumer's loop. Called while locks are held: it neither blocks nor calls the engine.
using QueueNotify = void (*)(void* user_data);

// What the room of a consumer means.
enum class Room : std::uint8_t {
    waiting,  // so many runs may wait for it at once; nobody knows how long it works on what it took
    workers,  // so many runs keep it busy: a run does so from take() to finish(). Short ones may wait besides
};

// Thread-safe.
class RunQueue : public Executor {
public:
    // The engine claims for this queue as many runs at once as its consumers have room for, the sum of their rooms, and
    // no more until they have taken those; for workers as many as are free.
    virtual ConsumerId attach(std::size_t room, Room kind = Room::waiting) = 0;

    // Takes the consumer's room back. When the last consumer leaves, waiting runs are released. Throws
    // Error(bad_handle) if the id is unknown.
    virtual void detach(ConsumerId consumer) = 0;

    // Moves up to out.size() items out. If there are none, waits up to `timeout` (nullopt: for ever). Returns 0 after
    // the timeout or a wake(), or if the consumer is detached meanwhile.
    virtual std::size_t take(ConsumerId consumer, std::span<QueueItem> out,
                             std::optional<std::chrono::milliseconds> timeout) = 0;

    // Reports ends of runs, in one batch.
    virtual void finish(std::span<RunResult> results) = 0;

    // Answers asks, in one batch. Answers to asks that were given up are ignored.
    virtual void answer(std::span<TriggerAnswer> answers) = 0;

    // Events whose code is in `mask` are queued for this queue's consumers (0: none), in a ring of their own with a
    // drop count.
    virtual void subscribe(EventMask mask) = 0;

    // Readable while items wait. Owned by the queue; never close it. -1 after the queue's end.
    [[nodiscard]] virtual int descriptor() const noexcept = 0;

    // Besides the descriptor: calls `notify` now if items wait, when a consumer attaches while items wait, and whenever
    // the first item begins to wait, on the thread that brings it. nullptr ends the calls. When this returns, the
    // previous function is not called any more, and no call of it is under way.
    virtual void set_notify(QueueNotify notify, void* user_data) = 0;

    // Makes every waiting take() return 0 items.
    virtual void wake() = 0;

    // In the child of a fork: closes the descriptor, which is shared with the parent. No other call may follow.
    virtual void abandon() noexcept = 0;

    // Engine side.
    virtual void push_release(std::uint64_t token) = 0;
    virtual void push_event(const std::shared_ptr<const Event>& event) noexcept = 0;  // nullptr: an event was dropped
    virtual void push_stopped() = 0;
    virtual void push_ask(std::shared_ptr<const TriggerAsk> ask) = 0;
    [[nodiscard]] virtual EventMask subscribed() const noexcept = 0;
};

[[nodiscard]] std::shared_ptr<RunQueue> make_run_queue();

}  // namespace uvsched
