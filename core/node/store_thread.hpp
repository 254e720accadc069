// StoreThread: a thread that drives a store's node, so that nobody else waits for a disk; and another for its
// heartbeat, if the store can have several nodes.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/node/beat_thread.hpp"
#include "core/node/store_driver.hpp"

namespace uvsched {

class StoreThread final : public StoreDriver {
public:
    StoreThread(std::unique_ptr<Store> store, StoreHooks hooks);
    ~StoreThread() override;

    // The calls but open() may come from any thread. They wait for the store's own, except in a hook, a reply or a job,
    // which is on it.
    Joined open(const OpenRequest& request) override;
    void close() override;
    void read(const std::function<void(Store&)>& job) override;
    Batch apply(Batch batch) override;

private:
    struct Waiter;
    StoreNode& node() noexcept override { return node_; }
    void work() noexcept;
    void wake() noexcept;

    StoreNode node_;
    std::unique_ptr<BeatThread> beats_;  // made by open(), on the store's thread
    std::mutex mutex_;                   // a leaf
    std::condition_variable wake_;
    bool woken_ = false;
    std::thread thread_;
};

}  // namespace uvsched
