#include "core/events/observers.hpp"

#include <algorithm>
#include <utility>

#include "core/base/error.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/platform/fork.hpp"
#include "core/platform/native_thread.hpp"

namespace uvsched {
namespace {

// Events wait in a ring of this size; older ones are dropped and counted.
constexpr std::size_t kRing = 8192;

}  // namespace

void Observers::tell(const std::shared_ptr<const Event>& event) noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (observers_.empty()) return;
        if (event && ring_.size() >= kRing) {
            ring_.pop_front();
            count_dropped_locked();
        }
        try {
            if (event) ring_.push_back(event);
        } catch (const std::bad_alloc&) {
            count_dropped_locked();
        }
        if (!event) count_dropped_locked();
    }
    if (ring_bell_) {
        ring_bell_();
    } else {
        wake_.notify_one();
    }
}

void Observers::count_dropped_locked() noexcept {
    ++dropped_;
    total_dropped_.fetch_add(1, std::memory_order_relaxed);
}

std::uint64_t Observers::add(EventMask mask, std::function<void(const Event&)> call, std::function<void()> release) {
    const std::lock_guard lock(mutex_);
    auto observer = std::make_shared<Observer>(Observer{last_id_ + 1, mask, std::move(call), std::move(release)});
    observers_.reserve(observers_.size() + 1);
    if (!ring_bell_ && !thread_.joinable()) {
        thread_ = start_native_thread("uvsched-events", [self = shared_from_this()] { self->work(); });
        ending_ = false;
    }
    observers_.push_back(std::move(observer));
    update_mask_locked();
    return ++last_id_;
}

void Observers::remove(std::uint64_t id) {
    std::shared_ptr<Observer> removed;
    {
        std::unique_lock lock(mutex_);
        const auto found =
            std::find_if(observers_.begin(), observers_.end(), [id](const auto& o) { return o->id == id; });
        if (found == observers_.end())
            fail(Code::not_found, "listener " + std::to_string(id) + ": there is no such listener");
        removed = *found;
        observers_.erase(found);
        update_mask_locked();
        if (caller_ != std::this_thread::get_id()) {
            idle_.wait(lock, [&] { return calling_ != removed; });
        } else if (calling_ == removed) {
            removed->removed_itself = true;
            return;  // in its own call: work() releases it when the call has returned
        }
    }
    if (removed->release) removed->release();
}

void Observers::update_mask_locked() {
    EventMask mask = 0;
    for (const auto& observer : observers_) mask |= observer->mask;
    if (mask != 0) mask |= mask_of(EventCode::events_dropped);
    mask_.store(mask, std::memory_order_relaxed);
}

void Observers::close() {
    std::vector<std::shared_ptr<Observer>> observers;
    std::thread thread;
    bool own = false;
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        thread.swap(thread_);
        own = caller_ == std::this_thread::get_id();
    }
    wake_.notify_all();
    if (own) {
        if (thread.joinable()) thread.detach();
    } else if (thread.joinable()) {
        thread.join();
    } else if (ring_bell_) {
        pump();
    }
    {
        const std::lock_guard lock(mutex_);
        observers.swap(observers_);
        update_mask_locked();
        if (own && calling_) {
            calling_->removed_itself = true;
            std::erase(observers, calling_);
        }
    }
    for (const auto& observer : observers) {
        if (observer->release) observer->release();
    }
}

bool Observers::is_known_locked(const std::shared_ptr<Observer>& observer) const {
    return std::find(observers_.begin(), observers_.end(), observer) != observers_.end();
}

void Observers::work() {
    const CallbackScope scope(owner_, false);
    std::unique_lock lock(mutex_);
    caller_ = std::this_thread::get_id();
    while (true) {
        wake_.wait(lock, [this] { return ending_ || !ring_.empty(); });
        if (ring_.empty()) break;
        call_for_next(lock);
    }
    caller_ = {};
}

// What observers cause meanwhile is told by the next one.
void Observers::pump() {
    const auto self = shared_from_this();  // an observer may drop the last other reference
    const CallbackScope scope(owner_, false);
    std::unique_lock lock(mutex_);
    if (caller_ == std::this_thread::get_id()) return;
    idle_.wait(lock, [this] { return caller_ == std::thread::id(); });
    caller_ = std::this_thread::get_id();
    for (std::size_t left = ring_.size(); left > 0 && !ring_.empty(); --left) call_for_next(lock);
    caller_ = {};
    idle_.notify_all();
}

void Observers::call_for_next(std::unique_lock<std::mutex>& lock) {
    const std::shared_ptr<const Event> event = std::move(ring_.front());
    ring_.pop_front();
    try {
        if (dropped_ > 0) {
            Event notice;
            notice.code = EventCode::events_dropped;
            notice.count = dropped_;
            notice.message =
                "events were dropped because a listener was too slow or memory ran out: " + std::to_string(dropped_);
            call_all(lock, notice);
            dropped_ -= notice.count;
        }
        call_all(lock, *event);
    } catch (const std::bad_alloc&) {
        count_dropped_locked();
    }
}

// Throws bad_alloc; nobody was called then.
void Observers::call_all(std::unique_lock<std::mutex>& lock, const Event& event) {
    const auto observers = observers_;
    for (const auto& observer : observers) {
        const bool told = event.code == EventCode::events_dropped || (observer->mask & mask_of(event.code)) != 0;
        if (!told || !is_known_locked(observer)) continue;
        calling_ = observer;
        lock.unlock();
        try {
            const ReturnsOnce once;
            observer->call(event);
        } catch (const std::exception&) {
            total_dropped_.fetch_add(1, std::memory_order_relaxed);
        }
        lock.lock();
        calling_.reset();
        idle_.notify_all();
        if (!std::exchange(observer->removed_itself, false) || !observer->release) continue;
        lock.unlock();
        observer->release();
        lock.lock();
    }
}

}  // namespace uvsched
