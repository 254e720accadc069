#include <algorithm>
#include <chrono>

#include "arguments.hpp"
#include "handles.hpp"
#include "runs.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

constexpr std::size_t kMaxTake = 4096;

sched_item view_of_item(const QueueItem& item) {
    return {.tag = static_cast<std::uint32_t>(item.tag),
            .reserved = 0,
            .run_id = item.run_id,
            .token = item.token,
            .run = to_handle(item.run),
            .event = to_handle(item.event.get()),
            .ask = to_handle(item.ask.get())};
}

RunResult result_of(const sched_result& result) {
    constexpr FireState kStates[] = {FireState::done, FireState::failed, FireState::cancelled};
    if (result.status < UVSCHED_RUN_DONE || result.status > UVSCHED_RUN_CANCELLED) {
        fail(Code::invalid,
             "status: " + std::to_string(result.status) + " is not one of UVSCHED_RUN_DONE, FAILED, CANCELLED");
    }
    return {.run = result.run_id,
            .state = kStates[result.status],
            .result = result_argument(result.result, result.result_length, "result"),
            .error = error_argument(result.error, result.error_length, "error")};
}

std::vector<RunResult> results_of(const sched_result* results, std::size_t count) {
    std::vector<RunResult> ends;
    ends.reserve(std::min(count, kMaxTake));
    for (std::size_t i = 0; i < count; ++i) {
        try {
            ends.push_back(result_of(results[i]));
        } catch (const Error& error) {
            fail(error.code(), "results[" + std::to_string(i) + "]." + error.message());
        }
    }
    return ends;
}

void make_consumer(sched_consumer** out, sched_queue* queue, std::size_t room, Room kind) {
    const Ref<QueueObject> ref(queue, "queue");
    not_null(out, "out");
    if (room == 0 || room > INT32_MAX) {
        fail(Code::invalid, (kind == Room::waiting ? "room: " : "workers: ") + std::to_string(room) +
                                " is not a number of runs from 1 to 2147483647");
    }
    const auto engine = engine_of(*ref);
    *out = new_handle(std::make_unique<ConsumerObject>(*ref, room, kind));
}

// One thread at a time for each consumer.
class Taking {
public:
    explicit Taking(std::atomic_flag& flag) : flag_(flag) {
        if (flag_.test_and_set(std::memory_order_acquire)) {
            throw ArgumentError(Code::invalid, "consumer: another thread is taking from it");
        }
    }
    ~Taking() { flag_.clear(std::memory_order_release); }
    Taking(const Taking&) = delete;
    Taking& operator=(const Taking&) = delete;

private:
    std::atomic_flag& flag_;
};

}  // namespace

int sched_get_queue(sched_queue** out, sched_scheduler* scheduler, const char* executor) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        std::shared_ptr<RunQueue> queue = ref->engine->queue(name_argument(executor, "executor"));
        *out = new_handle(std::make_unique<QueueObject>(std::move(queue), ref->engine));
    });
}

void sched_queue_free(sched_queue* queue) { free_handle<QueueObject>(__func__, queue, "queue"); }

int sched_consumer_new(sched_consumer** out, sched_queue* queue, size_t room) {
    return guarded(__func__, [&] { make_consumer(out, queue, room, Room::waiting); });
}

int sched_consumer_new_workers(sched_consumer** out, sched_queue* queue, size_t workers) {
    return guarded(__func__, [&] { make_consumer(out, queue, workers, Room::workers); });
}

void sched_consumer_free(sched_consumer* consumer) {
    if (consumer == nullptr) return;
    static_cast<void>(guarded(__func__, [&] {
        const Ref<ConsumerObject> ref(consumer, "consumer");
        if (ref.retire()) ref->detach();  // at once, though a take may still be using it
    }));
}

int sched_consumer_take(sched_item* out, size_t capacity, size_t* count, sched_consumer* consumer, int timeout_ms) {
    return guarded(__func__, [&] {
        const Ref<ConsumerObject> ref(consumer, "consumer");
        not_null(out, "out");
        not_null(count, "count");
        if (capacity == 0) fail(Code::invalid, "capacity: 0 is less than 1");
        const std::optional<Micros> timeout = timeout_argument(timeout_ms);
        std::optional<std::chrono::milliseconds> wait;
        if (timeout) wait = std::chrono::milliseconds(timeout_ms);

        const Taking taking(ref->taking);
        ref->items.clear();
        ref->items.resize(std::min(capacity, kMaxTake));
        const std::size_t taken = ref->queue->take(ref->id, ref->items, wait);
        ref->items.resize(taken);
        std::transform(ref->items.begin(), ref->items.end(), out, view_of_item);
        *count = taken;
    });
}

int sched_queue_wake(sched_queue* queue) {
    return guarded(__func__, [&] { Ref<QueueObject>(queue, "queue")->queue->wake(); });
}

int sched_queue_fd(int* out, sched_queue* queue) {
    return guarded(__func__, [&] {
        const Ref<QueueObject> ref(queue, "queue");
        *not_null(out, "out") = ref->queue->descriptor();
    });
}

int sched_queue_set_notify(sched_queue* queue, sched_notify_fn notify, void* user_data) {
    return guarded(__func__, [&] { Ref<QueueObject>(queue, "queue")->queue->set_notify(notify, user_data); });
}

int sched_queue_subscribe(sched_queue* queue, uint64_t mask) {
    return guarded(__func__, [&] { Ref<QueueObject>(queue, "queue")->queue->subscribe(event_mask(mask)); });
}

int sched_queue_finish(sched_queue* queue, const sched_result* results, size_t count) {
    return guarded(__func__, [&] {
        const Ref<QueueObject> ref(queue, "queue");
        if (count == 0) return;
        not_null(results, "results");
        std::vector<RunResult> ends = results_of(results, count);
        const auto engine = engine_of(*ref);
        ref->queue->finish(ends);
    });
}
