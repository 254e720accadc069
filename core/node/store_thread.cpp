#include "core/node/store_thread.hpp"

#include <chrono>
#include <exception>
#include <utility>

#include "core/platform/native_thread.hpp"

namespace uvsched {
namespace {

// The store whose thread this is.
thread_local const StoreThread* own_store = nullptr;

}  // namespace

// What a thread that waits for an answer shares with the store thread.
struct StoreThread::Waiter {
    std::mutex mutex;
    std::condition_variable wake;
    bool done = false;
    std::exception_ptr error;

    void finish(std::exception_ptr failure) {
        // Notified under the lock: the waiter owns this object and may destroy it as soon as it sees `done`.
        const std::lock_guard lock(mutex);
        done = true;
        error = std::move(failure);
        wake.notify_one();
    }
    void wait() {
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return done; });
        if (error) std::rethrow_exception(error);
    }
};

StoreThread::StoreThread(std::unique_ptr<Store> store, StoreHooks hooks)
    : node_(std::move(store), std::move(hooks),
            {.node = [this] { wake(); },
             .heartbeat =
                 [this] {
                     if (beats_) beats_->ring();
                 },
             .watched = true}) {}

StoreThread::~StoreThread() { close(); }

Joined StoreThread::open(const OpenRequest& request) {
    {
        const std::lock_guard lock(mutex_);  // the new thread waits until the node is ready
        thread_ = start_native_thread("uvsched-store", [this] { work(); });
        node_.begin();
    }
    Joined joined;
    try {
        read([&](Store&) {
            joined = node_.open(request);
            if (joined.opened.lease > 0) beats_ = std::make_unique<BeatThread>(node_.heartbeat());
        });
    } catch (...) {
        close();
        throw;
    }
    return joined;
}

void StoreThread::close() {
    std::thread thread;
    {
        const std::lock_guard lock(mutex_);
        thread.swap(thread_);
    }
    node_.end();
    if (thread.joinable()) thread.join();
    beats_.reset();
}

void StoreThread::read(const std::function<void(Store&)>& job) {
    if (own_store == this) return job(node_.store());
    Waiter waiter;
    node_.post([&](Store& store) {
        std::exception_ptr error;
        try {
            job(store);
        } catch (...) {
            error = std::current_exception();
        }
        waiter.finish(std::move(error));
    });
    waiter.wait();
}

Batch StoreThread::apply(Batch batch) {
    if (own_store == this) {
        node_.store().apply(batch);
        return batch;
    }
    Waiter waiter;
    Batch answered;
    node_.post({.batch = std::move(batch), .looks = {}, .retry = false, .done = [&](StoreReply&& reply) {
                    std::exception_ptr error;
                    if (reply.error) error = std::make_exception_ptr(*reply.error);
                    answered = std::move(reply.batch);
                    waiter.finish(std::move(error));
                }});
    waiter.wait();
    return answered;
}

void StoreThread::wake() noexcept {
    {
        const std::lock_guard lock(mutex_);
        woken_ = true;
    }
    wake_.notify_one();
}

void StoreThread::work() noexcept {
    own_store = this;
    const auto woken = [this] { return woken_; };
    std::unique_lock lock(mutex_);
    while (true) {
        lock.unlock();
        const StoreNode::Time until = node_.pump(std::chrono::steady_clock::now());
        if (node_.closed()) return;
        lock.lock();
        if (until == StoreNode::kWithMail) {
            wake_.wait(lock, woken);
        } else {
            wake_.wait_until(lock, until, woken);
        }
        woken_ = false;
    }
}

}  // namespace uvsched
