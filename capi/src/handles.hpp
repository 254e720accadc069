// Handles: the objects behind them, and Ref, through which a function of the boundary reaches one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

#include "boundary.hpp"
#include "core/config/config.hpp"
#include "core/engine/scheduler.hpp"
#include "core/executors/run_queue.hpp"
#include "handle_table.hpp"

namespace uvsched::capi {

struct ConfigObject final : Object {
    using Handle = sched_config;
    static constexpr Kind kKind = Kind::config;
    Config config;
    std::string text;  // what sched_config_json() or another function that gives a text gave last
};

struct SchedulerObject final : Object {
    using Handle = sched_scheduler;
    static constexpr Kind kKind = Kind::scheduler;
    explicit SchedulerObject(const Config& config);
    const std::shared_ptr<Scheduler> engine;
    const std::shared_ptr<const Object> alive;  // ends with this handle, while the engine may have runs to end
    std::set<std::string> durable;              // aliases of the stores that outlive the process
    std::string report;                         // what sched_check_store() gave last
};

// Queues, consumers and iterators do not keep their scheduler alive: sched_free() ends it whatever else is still held.
// Queues and consumers reach the engine until its last run has ended.
struct QueueObject final : Object {
    using Handle = sched_queue;
    static constexpr Kind kKind = Kind::queue;
    QueueObject(std::shared_ptr<RunQueue> run_queue, const std::shared_ptr<Scheduler>& scheduler)
        : queue(std::move(run_queue)), engine(scheduler) {}
    const std::shared_ptr<RunQueue> queue;
    const std::weak_ptr<Scheduler> engine;
};

struct ConsumerObject final : Object {
    using Handle = sched_consumer;
    static constexpr Kind kKind = Kind::consumer;
    ConsumerObject(const QueueObject& of, std::size_t room, Room kind);
    ~ConsumerObject() override;
    // Leaves the queue, once; a take that waits returns.
    void detach();

    const std::shared_ptr<RunQueue> queue;
    const std::weak_ptr<Scheduler> engine;
    const ConsumerId id;
    bool attached = true;
    std::atomic_flag taking;
    std::vector<QueueItem> items;  // what the last take gave out: its events live until the next
};

// The part that both iterators have: the scheduler that they read, page by page.
struct IteratorObject : Object {
    explicit IteratorObject(const SchedulerObject& of) : engine(of.engine), alive(of.alive) {}
    // The scheduler, kept alive for this call. Throws Error(not_running) if its handle was freed.
    [[nodiscard]] std::shared_ptr<Scheduler> scheduler() const;

private:
    const std::weak_ptr<Scheduler> engine;
    const std::weak_ptr<const Object> alive;
};

struct TaskIteratorObject final : IteratorObject {
    using Handle = sched_task_iterator;
    static constexpr Kind kKind = Kind::task_iterator;
    using IteratorObject::IteratorObject;
    std::vector<std::string> stores;  // still to be read, the present one last
    ListPlace place;                  // in it
    std::vector<TaskView> page;
    std::size_t next = 0;
};

// A row of the engine, under the names of UVSCHED_HISTORY_FIELDS: a few of the engine's are shorter.
struct NamedRow : HistoryRow {
    explicit NamedRow(HistoryRow&& row)
        : HistoryRow(std::move(row)), number(seq), kind(key.kind), first_time(first), scheduled_time(last) {}
    std::int64_t number;
    FireKind kind;
    Instant first_time;
    Instant scheduled_time;
};

struct HistoryIteratorObject final : IteratorObject {
    using Handle = sched_history_iterator;
    static constexpr Kind kKind = Kind::history_iterator;
    using IteratorObject::IteratorObject;
    std::string store;
    HistoryQuery query;    // of the next page
    std::size_t left = 0;  // rows that may still be read
    bool ended = false;    // there is no further page
    std::vector<NamedRow> page;
    std::size_t next = 0;
};

// Throws ArgumentError for a lookup that found nothing.
[[noreturn]] void refuse_handle(Lookup lookup, const char* argument);

// The object behind a handle, pinned. Throws ArgumentError that names the argument and says what is wrong with it.
template <class T>
class Ref {
public:
    Ref(const typename T::Handle* handle, const char* argument)
        : pin_(reinterpret_cast<Token>(handle), T::kKind), object_(static_cast<T*>(pin_.object())) {
        if (object_ == nullptr) refuse_handle(pin_.lookup(), argument);
    }
    [[nodiscard]] T& operator*() const noexcept { return *object_; }
    [[nodiscard]] T* operator->() const noexcept { return object_; }
    // Frees the handle; false when another thread did so first.
    bool retire() const noexcept { return pin_.retire(); }

private:
    Pin pin_;
    T* object_;
};

// Makes a handle.
template <class T>
[[nodiscard]] typename T::Handle* new_handle(std::unique_ptr<T> object) {
    // A token is not an address: nothing ever dereferences it. NOLINTNEXTLINE(performance-no-int-to-ptr)
    return reinterpret_cast<typename T::Handle*>(insert_handle(T::kKind, std::move(object)));
}

// Frees a handle. Anything else than a live handle of this process is left alone, and the last error says so; NULL is
// not an error.
template <class T>
void free_handle(const char* function, typename T::Handle* handle, const char* argument) noexcept {
    if (handle == nullptr) return;
    static_cast<void>(guarded(function, [&] { Ref<T>(handle, argument).retire(); }));
}

// The scheduler behind `object`, kept alive for this call. Throws Error(not_running) if it was freed.
template <class T>
[[nodiscard]] std::shared_ptr<Scheduler> engine_of(const T& object) {
    std::shared_ptr<Scheduler> engine = object.engine.lock();
    if (!engine) fail(Code::not_running, "the scheduler was freed");
    return engine;
}

// The alias of a store, checked. Throws Error(not_found).
[[nodiscard]] std::string known_store(const Scheduler& scheduler, const char* alias);

}  // namespace uvsched::capi
