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

// Thread-safe.
class RunQueue : public Executor {
public:
    // The engine claims for this queue only what attached consumers have room for: the sum of their rooms less what
    // waits.
    virtual ConsumerId attach(std::size_t room) = 0;

    // Takes the consumer's room back. When the last one leaves, runs that wait here are released. Unknown ids:
    // Error(bad_handle).
    virtual void detach(ConsumerId consumer) = 0;

    // Moves up to out.size() items out; waits up to `timeout` (none: for ever) while there are none. 0 items: timeout,
    // or a wake().
    virtual std::size_t take(ConsumerId consumer, std::span<QueueItem> out,
                             std::optional<std::chrono::milliseconds> timeout) = 0;

    // Reports ends of runs, in one batch.
    virtual void finish(std::span<RunResult> results) = 0;

    // Answers asks, in one batch. Those that nobody waits for any more are ignored.
    virtual void answer(std::span<TriggerAnswer> answers) = 0;

    // Events whose code is in `mask` are queued for this queue's consumers (0: none), in a ring of their own with a
    // drop count.
    virtual void subscribe(EventMask mask) = 0;

    // Readable while items wait. Owned by the queue; never close it. -1 after the queue's end.
    [[nodiscard]] virtual int descriptor() const noexcept = 0;

    // Makes every take() that waits now return with 0 items.
    virtual void wake() = 0;

    // Engine side.
    virtual void push_release(std::uint64_t token) = 0;
    virtual void push_event(const std::shared_ptr<const Event>& event) = 0;
    virtual void push_stopped() = 0;
    virtual void push_ask(std::shared_ptr<const TriggerAsk> ask) = 0;
    [[nodiscard]] virtual EventMask subscribed() const noexcept = 0;
};

[[nodiscard]] std::shared_ptr<RunQueue> make_run_queue();

}  // namespace uvsched
