// StoreDriver: pumps a store's node, on a thread of its own (store_thread.hpp) or on callers' threads
// (store_inline.hpp).
#pragma once

#include <functional>
#include <memory>

#include "core/node/store_node.hpp"

namespace uvsched {

class StoreDriver {
public:
    StoreDriver() = default;
    StoreDriver(const StoreDriver&) = delete;
    StoreDriver& operator=(const StoreDriver&) = delete;
    virtual ~StoreDriver() = default;

    // Opens the store. Throws what Store::open throws, Error(no_thread) and bad_alloc; may be tried again.
    virtual Joined open(const OpenRequest& request) = 0;

    // Answers all requests that were posted before, and closes the store. Requests posted later get Error(not_running).
    virtual void close() = 0;

    // A read or a batch, after all requests that were posted before; in a hook, a reply or a job, at once. They throw
    // the store's errors and Error(not_running).
    virtual void read(const std::function<void(Store&)>& job) = 0;
    virtual Batch apply(Batch batch) = 0;

    // Does the work that is there, and returns until when no further call is needed, unless `wake` is called. A driver
    // with a thread has nothing to do here.
    virtual StoreNode::Time pump() noexcept { return StoreNode::kWithMail; }
    // Whose descriptor then tells of what other nodes make: pump() is to be called when it is readable. nullptr:
    // nobody's. Read by whoever pumps.
    [[nodiscard]] virtual std::shared_ptr<const Membership> teller() const { return nullptr; }

    // Thread-safe; they never wait. See StoreNode and Heartbeat.
    [[nodiscard]] Now now(const Now& here) noexcept { return node().now(here); }
    [[nodiscard]] bool holds() noexcept { return node().heartbeat().holds(); }
    void hurry() noexcept { node().hurry(); }
    void post(StoreRequest&& request) { node().post(std::move(request)); }
    void set_groups(LaneGroups groups) { node().set_groups(std::move(groups)); }

protected:
    virtual StoreNode& node() noexcept = 0;
};

}  // namespace uvsched
