// StoreThread: the thread that owns a durable store. It turns requests into transactions, as many in one as have come
// together, and runs the claim cycle LOOK - PLAN - COMMIT.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/stores/memory/memory_store.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// The lanes of one executor, looked at together because they share its room.
struct LaneGroup {
    std::uint16_t executor = 0;
    std::vector<LaneNumber> lanes;
};
using LaneGroups = std::shared_ptr<const std::vector<LaneGroup>>;

struct LookWant {
    std::uint16_t executor = 0;
    std::vector<LaneNumber> lanes;
    std::size_t limit = 0;
};

// What a custom trigger said about times that piled up behind a task's slot: the task is planned and claimed with them,
// if it is still as it was.
struct KnownPile {
    std::string id;
    std::uint64_t rev = 0;
    TriggerPtr times;
};

// When there will be something to do for each of these groups, in their order.
struct GroupWakes {
    LaneGroups groups;
    std::vector<Store::Wake> wakes;
};

struct StoreReply {
    Batch batch;                  // with the outcomes; the claims and takes of the looks among them
    std::vector<OpenFire> taken;  // of batch.takes, those that came to be ours
    std::vector<Quarantined> quarantined;
    bool more = false;           // a look was cut by its limit
    std::optional<Now> looked;   // the present that the first look went by
    std::optional<Error> error;  // the request did not happen
};

struct StoreRequest {
    Batch batch;
    std::vector<LookWant> looks;
    std::vector<KnownPile> piles{};
    bool retry = false;                      // must not be lost: keep trying until the store takes it
    std::function<void(StoreReply&&)> done;  // on the store thread, which holds no lock of the engine's
};

// What the thread tells about itself. Called on the store thread.
struct StoreThreadHooks {
    std::function<Now()> now;                                // of this store's clock lines
    std::function<void(const GroupWakes&)> wakes;            // after each cycle, before its replies
    std::function<void(const Error&)> failed;                // a request failed; it is tried again
    std::function<void()> recovered;                         // the first success after a failure
    std::function<void(const std::string&)> trigger_failed;  // a plan could not be made; says for which task and why
};

class StoreThread {
public:
    StoreThread(std::unique_ptr<Store> store, StoreThreadHooks hooks);
    ~StoreThread();
    StoreThread(const StoreThread&) = delete;
    StoreThread& operator=(const StoreThread&) = delete;

    // Opens the store on the new thread, and waits for it. Throws what Store::open throws; may be tried again.
    Opened open(const OpenRequest& request);

    // Answers all requests that were posted before, closes the store and joins the thread. Requests posted later get
    // Error(not_running).
    void close();

    // A stop has begun: requests that must not be lost are tried only a few more times, then left to the next start's
    // recovery.
    void hurry() noexcept { hurry_ = true; }

    // Thread-safe; never waits.
    void post(StoreRequest request);
    void set_groups(LaneGroups groups);

    // Waits for a read or a batch. Throw what the store throws, and Error(not_running).
    void read(const std::function<void(Store&)>& job);
    Batch apply(Batch batch);

    // fork(): see Store::suspend. Between the two no transaction is under way.
    void fork_prepare();
    void fork_parent();

private:
    struct Waiter;
    using Endings = std::unordered_map<TaskNumber, std::int32_t>;  // runs of a task that end in this cycle
    void start_thread();
    void work();
    bool use_store(std::vector<StoreRequest>& requests, const std::vector<std::function<void()>>& reads, bool ending);
    void cycle(std::vector<StoreRequest>& requests);
    bool look(std::vector<StoreRequest>& requests, std::vector<StoreReply>& replies);
    void plan(StoreRequest& request, StoreReply& reply, const Look& look, const Endings& endings, const Now& now);
    void plan_task(StoreRequest& request, const StoredTask& task, const Trigger& trigger, const Endings& endings,
                   const Now& now) const;
    bool commit(std::vector<StoreRequest>& requests, std::vector<StoreReply>& replies);
    void find_wakes();
    void note_failure(const Error& error);
    void pause_after_failure();
    void prune_if_due(std::size_t finished);

    std::unique_ptr<Store> store_;
    StoreThreadHooks hooks_;
    std::mutex work_mutex_;  // held while the store is used: fork_prepare waits for it
    bool suspended_ = false;

    std::mutex mutex_;  // the mailbox; a leaf
    std::condition_variable wake_;
    std::vector<StoreRequest> mail_;
    std::vector<std::function<void()>> reads_;
    LaneGroups groups_;
    bool open_ = false;
    bool ending_ = false;
    std::thread thread_;

    int failures_ = 0;    // in a row
    int tries_left_ = 0;  // once a stop has begun
    std::atomic<bool> hurry_{false};
    std::size_t unpruned_ = 0;  // rows written since the last pruning
    bool more_to_prune_ = false;
};

}  // namespace uvsched
