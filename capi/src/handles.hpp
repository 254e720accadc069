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
};

struct SchedulerObject final : Object {
    using Handle = sched_scheduler;
    static constexpr Kind kKind = Kind::scheduler;
    explicit SchedulerObject(const Config& config);
    const std::shared_ptr<Scheduler> engine;
    const std::shared_ptr<const Object> lease;  // ends with this handle, while the engine may have runs to end
    std::set<std::string> durable;              // aliases of the stores that outlive the process
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
    ConsumerObject(const QueueObject& of, std::size_t room);
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

struct IteratorObject final : Object {
    using Handle = sched_iterator;
    static constexpr Kind kKind = Kind::iterator;
    explicit IteratorObject(const SchedulerObject& of) : engine(of.engine), lease(of.lease) {}
    const std::weak_ptr<Scheduler> engine;
    const std::weak_ptr<const Object> lease;
    std::vector<std::string> stores;  // still to be read, the present one last
    std::string after;                // the last id of the page
    std::vector<TaskView> page;
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
    // A token is no address: nothing ever dereferences it. NOLINTNEXTLINE(performance-no-int-to-ptr)
    return reinterpret_cast<typename T::Handle*>(insert_handle(T::kKind, std::move(object)));
}

// Frees a handle. What is no live handle of this process is left alone, and the last error says so; NULL is no error.
template <class T>
void free_handle(const char* function, typename T::Handle* handle, const char* argument) noexcept {
    if (handle == nullptr) return;
    static_cast<void>(guarded(function, [&] { Ref<T>(handle, argument).retire(); }));
}

// The scheduler behind `object`, kept alive for this call. Throws Error(not_running) where it was freed.
template <class T>
[[nodiscard]] std::shared_ptr<Scheduler> engine_of(const T& object) {
    std::shared_ptr<Scheduler> engine = object.engine.lock();
    if (!engine) fail(Code::not_running, "the scheduler was freed");
    return engine;
}

}  // namespace uvsched::capi
