#include "core/engine/observers.hpp"

#include <algorithm>
#include <utility>

#include "core/base/error.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/executors/native_thread.hpp"

namespace uvsched {
namespace {

// Events wait in a ring of this size; older ones are dropped and counted.
constexpr std::size_t kRing = 8192;

}  // namespace

void Observers::tell(const std::shared_ptr<const Event>& event) {
    {
        const std::lock_guard lock(mutex_);
        if (observers_.empty()) return;
        if (ring_.size() >= kRing) {
            ring_.pop_front();
            ++dropped_;
            total_dropped_.fetch_add(1, std::memory_order_relaxed);
        }
        ring_.push_back(event);
    }
    wake_.notify_one();
}

std::uint64_t Observers::add(EventMask mask, std::function<void(const Event&)> call, std::function<void()> release) {
    const std::lock_guard lock(mutex_);
    observers_.push_back(std::make_shared<Observer>(Observer{++last_id_, mask, std::move(call), std::move(release)}));
    update_mask_locked();
    if (!thread_.joinable()) {
        ending_ = false;
        thread_ = start_native_thread("uvsched-events", [self = shared_from_this()] { self->work(); });
    }
    return last_id_;
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
        if (thread_.get_id() != std::this_thread::get_id()) {
            idle_.wait(lock, [&] { return calling_ != removed; });
        } else if (calling_ == removed) {
            removed->removed_itself = true;
            return;  // its own call: work() releases it when that has returned
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
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        thread.swap(thread_);
    }
    wake_.notify_all();
    const bool own = thread.get_id() == std::this_thread::get_id();
    if (own) {
        thread.detach();
    } else if (thread.joinable()) {
        thread.join();
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
    while (true) {
        wake_.wait(lock, [this] { return ending_ || !ring_.empty(); });
        if (ring_.empty()) return;
        std::shared_ptr<const Event> event = std::move(ring_.front());
        ring_.pop_front();
        if (const std::int64_t dropped = std::exchange(dropped_, 0); dropped > 0) {
            ring_.push_front(std::move(event));
            Event notice;
            notice.code = EventCode::events_dropped;
            notice.count = dropped;
            notice.message = "a listener was too slow: " + std::to_string(dropped) + " events were dropped";
            event = std::make_shared<const Event>(std::move(notice));
        }
        const auto observers = observers_;
        for (const auto& observer : observers) {
            const bool told = event->code == EventCode::events_dropped || (observer->mask & mask_of(event->code)) != 0;
            if (!told || !is_known_locked(observer)) continue;
            calling_ = observer;
            lock.unlock();
            observer->call(*event);
            lock.lock();
            calling_.reset();
            idle_.notify_all();
            if (!std::exchange(observer->removed_itself, false) || !observer->release) continue;
            lock.unlock();
            observer->release();
            lock.lock();
        }
    }
}

}  // namespace uvsched
