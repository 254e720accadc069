// StoreInline: a store's node without a thread. Callers of pump(), and callers that wait for an answer, do its work.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "core/node/store_driver.hpp"

namespace uvsched {

// Thread-safe: one thread at a time pumps; the others wait for it.
class StoreInline final : public StoreDriver {
public:
    using Time = StoreNode::Time;

    // `now` reads the clock that measures pauses. `wake` is called when pump() has work; see StoreNode.
    StoreInline(std::unique_ptr<Store> store, StoreHooks hooks, std::function<Time()> now, std::function<void()> wake);

    // Closes the store as it is. Requests that are not done yet are dropped, as if the process had ended.
    ~StoreInline() override;

    Joined open(const OpenRequest& request) override;
    void close() override;
    void read(const std::function<void(Store&)>& job) override;
    Batch apply(Batch batch) override;
    Time pump() noexcept override;
    [[nodiscard]] std::shared_ptr<const Membership> teller() const override { return teller_; }

private:
    class Turn;
    StoreNode& node() noexcept override { return node_; }
    [[nodiscard]] bool inside() const noexcept { return owner_.load() == std::this_thread::get_id(); }
    template <class Done>
    void pump_until(Done&& done);

    StoreNode node_;
    const std::function<Time()> now_;
    std::mutex mutex_;
    std::atomic<std::thread::id> owner_{};  // the thread that pumps
    std::shared_ptr<const Membership> teller_;
};

}  // namespace uvsched
