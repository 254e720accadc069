#include "core/engine/store_thread.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "core/engine/batch_merge.hpp"
#include "core/executors/native_thread.hpp"

namespace uvsched {
namespace {

constexpr std::size_t kPruneEvery = 1000;  // rows of history
constexpr int kTriesAtEnd = 5;
constexpr auto kFirstPause = std::chrono::milliseconds(50);
constexpr int kLongestPauseShift = 6;  // 50 ms << 6 = 3.2 s

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

StoreThread::StoreThread(std::unique_ptr<Store> store, StoreThreadHooks hooks)
    : store_(std::move(store)), hooks_(std::move(hooks)), groups_(std::make_shared<const std::vector<LaneGroup>>()) {}

StoreThread::~StoreThread() { close(); }

Opened StoreThread::open(const OpenRequest& request) {
    {
        const std::lock_guard lock(mutex_);
        ending_ = false;
        open_ = true;
        tries_left_ = kTriesAtEnd;
        failures_ = 0;
        hurry_ = false;
        thread_ = start_native_thread("uvsched-store", [this] { work(); });
    }
    Opened opened;
    try {
        read([&](Store& store) { opened = store.open(request); });
    } catch (...) {
        close();
        throw;
    }
    return opened;
}

void StoreThread::close() {
    std::thread thread;
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
        thread.swap(thread_);
    }
    wake_.notify_all();
    if (thread.joinable()) thread.join();
}

void StoreThread::post(StoreRequest request) {
    {
        const std::lock_guard lock(mutex_);
        if (open_) {
            mail_.push_back(std::move(request));
            wake_.notify_one();
            return;
        }
    }
    StoreReply reply;
    reply.batch = std::move(request.batch);
    reply.error = Error(Code::not_running, "the store is closed: the scheduler is not running");
    if (request.done) request.done(std::move(reply));
}

void StoreThread::set_groups(LaneGroups groups) {
    const std::lock_guard lock(mutex_);
    groups_ = std::move(groups);
}

void StoreThread::read(const std::function<void(Store&)>& job) {
    Waiter waiter;
    {
        const std::lock_guard lock(mutex_);
        if (!open_) fail(Code::not_running, "the store is closed: the scheduler is not running");
        reads_.emplace_back([&] {
            std::exception_ptr error;
            try {
                job(*store_);
            } catch (...) {
                error = std::current_exception();
            }
            waiter.finish(std::move(error));
        });
        wake_.notify_one();
    }
    waiter.wait();
}

Batch StoreThread::apply(Batch batch) {
    Waiter waiter;
    Batch answered;
    post({.batch = std::move(batch), .looks = {}, .retry = false, .done = [&](StoreReply&& reply) {
              std::exception_ptr error;
              if (reply.error) error = std::make_exception_ptr(*reply.error);
              answered = std::move(reply.batch);
              waiter.finish(std::move(error));
          }});
    waiter.wait();
    return answered;
}

void StoreThread::fork_prepare() {
    work_mutex_.lock();
    const bool open = [this] {
        const std::lock_guard lock(mutex_);
        return open_;
    }();
    if (!suspended_ && open) {
        store_->suspend();
        suspended_ = true;
    }
}

void StoreThread::fork_parent() { work_mutex_.unlock(); }

void StoreThread::work() {
    std::vector<StoreRequest> requests;
    while (true) {
        std::vector<std::function<void()>> reads;
        bool ending = false;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [&] {
                return ending_ || more_to_prune_ || !mail_.empty() || !reads_.empty() || !requests.empty();
            });
            std::move(mail_.begin(), mail_.end(), std::back_inserter(requests));
            mail_.clear();
            reads.swap(reads_);
            ending = ending_ && requests.empty() && reads.empty();
            if (ending) open_ = false;
        }
        if (use_store(requests, reads, ending)) return;
        // The work mutex is free meanwhile: a fork does not wait for a pause.
        if (!requests.empty()) pause_after_failure();
    }
}

// True when that was the end.
bool StoreThread::use_store(std::vector<StoreRequest>& requests, const std::vector<std::function<void()>>& reads,
                            bool ending) {
    const std::lock_guard work_lock(work_mutex_);
    if (ending) {
        store_->close();
        return true;
    }
    try {
        if (std::exchange(suspended_, false)) store_->resume();
    } catch (const Error& error) {
        suspended_ = true;
        note_failure(error);
    }
    if (!requests.empty()) cycle(requests);
    // After the writes, so that who wrote reads what it wrote.
    for (const auto& read : reads) read();
    prune_if_due(0);
    return false;
}

// Leaves in `requests` what must be tried again.
void StoreThread::cycle(std::vector<StoreRequest>& requests) {
    std::vector<StoreReply> replies(requests.size());
    const bool healthy = look(requests, replies) && commit(requests, replies);
    if (healthy) {
        if (std::exchange(failures_, 0) > 0) hooks_.recovered();
        find_wakes();
    }
    std::vector<StoreRequest> again;
    std::size_t finished = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        StoreRequest& request = requests[i];
        if (!healthy && request.retry && tries_left_ > 0) {
            request.batch.claims.clear();
            request.batch.takes.clear();
            again.push_back(std::move(request));
            continue;
        }
        finished += request.batch.finishes.size();
        replies[i].batch = std::move(request.batch);
        if (request.done) request.done(std::move(replies[i]));
    }
    requests = std::move(again);
    prune_if_due(finished);
}

bool StoreThread::look(std::vector<StoreRequest>& requests, std::vector<StoreReply>& replies) {
    Endings endings;
    for (const StoreRequest& request : requests) {
        for (const Finish& finish : request.batch.finishes) ++endings[finish.fire.task];
    }
    try {
        for (std::size_t i = 0; i < requests.size(); ++i) {
            for (const LookWant& want : requests[i].looks) {
                const Now now = hooks_.now();
                if (!replies[i].looked) replies[i].looked = now;
                Look found =
                    store_->look({.wall = now.wall, .elapsed = now.elapsed, .lanes = want.lanes, .limit = want.limit});
                replies[i].more = replies[i].more || found.more;
                std::move(found.quarantined.begin(), found.quarantined.end(),
                          std::back_inserter(replies[i].quarantined));
                plan(requests[i], replies[i], found, endings, now);
            }
            for (const KnownPile& pile : requests[i].piles) {
                const std::optional<StoredTask> task = store_->get(pile.id);
                if (!task || task->state.rev != pile.rev || task->state.status != TaskStatus::active) continue;
                plan_task(requests[i], *task, *pile.times, endings, hooks_.now());
            }
        }
        return true;
    } catch (const Error& error) {
        note_failure(error);
        for (StoreReply& reply : replies) reply.error = error;
        return false;
    }
}

void StoreThread::plan(StoreRequest& request, StoreReply& reply, const Look& look, const Endings& endings,
                       const Now& now) {
    for (const StoredTask& task : look.due) plan_task(request, task, *task.definition->trigger, endings, now);
    for (const OpenFire& fire : look.ready) {
        request.batch.takes.push_back({.fire = {.task = fire.task.number, .key = fire.key, .token = fire.token},
                                       .now_wall = now.wall,
                                       .outcome = Outcome::none,
                                       .token = 0});
        reply.taken.push_back(fire);
    }
}

void StoreThread::plan_task(StoreRequest& request, const StoredTask& task, const Trigger& trigger,
                            const Endings& endings, const Now& now) const {
    // Runs whose finish is in this very batch are over by the time the claim is made.
    const auto found = endings.find(task.number);
    const std::int32_t ending = found == endings.end() ? 0 : found->second;
    Claim claim;
    claim.task = task.number;
    claim.rev = task.state.rev;
    claim.now_wall = now.wall;
    claim.definition = task.definition;
    claim.clock = task.state.clock;
    claim.anchor = task.state.anchor;
    try {
        plan_due({.trigger = &trigger,
                  .policies = &task.definition->policies,
                  .uid = task.state.uid,
                  .anchor = task.state.anchor,
                  .slot = task.state.next_slot.value_or(task.state.next_due.value_or(0)),
                  .now = now.on(task.state.clock),
                  .to_wall = now.shift(),
                  .busy = std::max(0, task.open - ending)},
                 claim.plan);
    } catch (const std::exception& error) {
        hooks_.trigger_failed("task \"" + task.definition->id + "\": " + error.what());
        return;
    }
    request.batch.claims.push_back(std::move(claim));
}

bool StoreThread::commit(std::vector<StoreRequest>& requests, std::vector<StoreReply>& replies) {
    BatchMerge merge;
    for (StoreRequest& request : requests) merge.append(std::move(request.batch));
    std::optional<Error> failure;
    if (!merge.batch().empty()) {
        try {
            store_->apply(merge.batch());
        } catch (const Error& error) {
            failure = error;
            note_failure(error);
        }
    }
    for (StoreRequest& request : requests) request.batch = merge.take();
    if (failure) {
        for (StoreReply& reply : replies) reply.error = failure;
        return false;
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const std::vector<Take>& takes = requests[i].batch.takes;
        std::vector<OpenFire> taken;
        for (std::size_t k = 0; k < takes.size(); ++k) {
            if (takes[k].outcome != Outcome::done) continue;
            OpenFire& fire = replies[i].taken[k];
            fire.state = FireState::claimed;
            fire.token = takes[k].token;
            taken.push_back(std::move(fire));
        }
        replies[i].taken = std::move(taken);
    }
    return true;
}

void StoreThread::find_wakes() {
    GroupWakes wakes;
    {
        const std::lock_guard lock(mutex_);
        wakes.groups = groups_;
    }
    try {
        for (const LaneGroup& group : *wakes.groups) wakes.wakes.push_back(store_->next_wake(group.lanes));
    } catch (const Error& error) {
        note_failure(error);
        return;
    }
    hooks_.wakes(wakes);
}

void StoreThread::note_failure(const Error& error) {
    ++failures_;
    const bool ending = [this] {
        const std::lock_guard lock(mutex_);
        return ending_;
    }();
    if ((ending || hurry_.load()) && tries_left_ > 0) --tries_left_;
    hooks_.failed(error);
}

void StoreThread::pause_after_failure() {
    std::unique_lock lock(mutex_);
    const auto pause = kFirstPause * (hurry_.load() ? 1 : 1 << std::min(failures_, kLongestPauseShift));
    wake_.wait_for(lock, pause, [this] { return ending_ || !reads_.empty(); });
}

void StoreThread::prune_if_due(std::size_t finished) {
    unpruned_ += finished;
    if (!more_to_prune_ && unpruned_ < kPruneEvery) return;
    unpruned_ = 0;
    try {
        more_to_prune_ = store_->prune(hooks_.now().wall);
    } catch (const Error& error) {
        more_to_prune_ = false;
        note_failure(error);
    }
}

}  // namespace uvsched
