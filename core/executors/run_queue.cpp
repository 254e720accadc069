#include "core/executors/run_queue.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <unordered_map>
#include <utility>

#include "core/base/error.hpp"

namespace uvsched {
namespace {

// Events wait in a ring of this size; older ones are dropped and counted.
constexpr std::size_t kEventLimit = 8192;

class RunQueueImpl final : public RunQueue {
public:
    RunQueueImpl() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
        if (fd_ < 0) fail(Code::internal, std::string("run queue: eventfd: ") + std::generic_category().message(errno));
    }
    ~RunQueueImpl() override { ::close(fd_); }

    // ---- engine side ----

    void start(RunSink& sink) override {
        const std::lock_guard lock(mutex_);
        sink_ = &sink;
        open_ = true;
    }

    [[nodiscard]] std::size_t room() const noexcept override {
        const std::lock_guard lock(mutex_);
        return open_ && room_ > runs_.size() ? room_ - runs_.size() : 0;
    }

    [[nodiscard]] bool attended() const noexcept override {
        const std::lock_guard lock(mutex_);
        return room_ > 0;
    }

    void submit(std::span<Run* const> runs) override {
        {
            const std::lock_guard lock(mutex_);
            // A consumer may have left since the engine asked for room.
            if (open_ && !consumers_.empty()) {
                runs_.insert(runs_.end(), runs.begin(), runs.end());
                signal_locked();
                runs = {};
            }
        }
        if (runs.empty()) {
            wake_.notify_one();
        } else {
            sink_->returned(runs);
        }
    }

    void close() override {
        std::vector<Run*> unstarted;
        {
            const std::lock_guard lock(mutex_);
            open_ = false;
            std::erase_if(control_, [](const QueueItem& item) { return item.ask != nullptr; });  // the next start asks
            unstarted = withdraw_locked();
        }
        if (!unstarted.empty()) sink_->returned(unstarted);
    }

    void cancel(std::uint64_t run) override {
        {
            const std::lock_guard lock(mutex_);
            if (consumers_.empty()) return;
            push_control_locked({.tag = ItemTag::cancel, .run_id = run});
        }
        wake_.notify_one();
    }

    // The sink may be gone after this: no consumer is left on its way to tell it of asks that it took.
    void stop() override {
        std::unique_lock lock(mutex_);
        told_.wait(lock, [this] { return telling_ == 0; });
    }

    void push_release(std::uint64_t token) override { push_control({.tag = ItemTag::release, .token = token}); }
    void push_stopped() override {
        {
            const std::lock_guard lock(mutex_);
            // Kept for nobody: who attaches later would take it for the end of the next life.
            if (consumers_.empty()) return;
            push_control_locked({.tag = ItemTag::stopped});
        }
        wake_.notify_all();
    }

    void push_ask(std::shared_ptr<const TriggerAsk> ask) override {
        const std::uint64_t token = ask->token;
        push_control({.tag = ItemTag::trigger_next, .token = token, .ask = std::move(ask)});
    }

    void push_event(const std::shared_ptr<const Event>& event) override {
        {
            const std::lock_guard lock(mutex_);
            if (consumers_.empty()) return;
            if (events_.size() >= kEventLimit) {
                events_.pop_front();
                ++dropped_;
            }
            events_.push_back(event);
            signal_locked();
        }
        wake_.notify_one();
    }

    [[nodiscard]] EventMask subscribed() const noexcept override { return mask_.load(std::memory_order_relaxed); }

    // ---- consumer side ----

    ConsumerId attach(std::size_t room) override {
        ConsumerId id = 0;
        RunSink* sink = nullptr;
        {
            const std::lock_guard lock(mutex_);
            id = ++last_consumer_;
            consumers_.emplace(id, room);
            room_ += room;
            sink = open_ ? sink_ : nullptr;
        }
        if (sink != nullptr) sink->has_room();
        return id;
    }

    void detach(ConsumerId consumer) override {
        std::vector<Run*> unstarted;
        RunSink* sink = nullptr;
        {
            const std::lock_guard lock(mutex_);
            const auto found = consumers_.find(consumer);
            if (found == consumers_.end()) fail(Code::bad_handle, "consumer: it is not attached to this queue");
            room_ -= found->second;
            consumers_.erase(found);
            if (consumers_.empty()) {
                // Whoever attaches later would take it for the end of the next life.
                std::erase_if(control_, [](const QueueItem& item) { return item.tag == ItemTag::stopped; });
                events_.clear();
                unstarted = withdraw_locked();
                sink = sink_;
            }
        }
        if (!unstarted.empty()) sink->returned(unstarted);
    }

    std::size_t take(ConsumerId consumer, std::span<QueueItem> out,
                     std::optional<std::chrono::milliseconds> timeout) override {
        std::size_t taken = 0;
        RunSink* roomy = nullptr;
        bool asks = false;
        {
            std::unique_lock lock(mutex_);
            if (!consumers_.contains(consumer)) fail(Code::bad_handle, "consumer: it is not attached to this queue");
            const std::uint64_t wakes = wakes_;
            const auto ready = [&] { return !empty_locked() || wakes_ != wakes; };
            if (!timeout) {
                wake_.wait(lock, ready);
            } else if (timeout->count() > 0) {
                wake_.wait_for(lock, *timeout, ready);
            }
            const bool was_full = runs_.size() >= room_;
            taken = move_locked(out);
            if (was_full && runs_.size() < room_) roomy = sink_;
            asks = open_ && has_ask(out.first(taken));
            if (asks) ++telling_;
            if (empty_locked()) {
                unsignal_locked();
            } else {
                wake_.notify_one();  // items are left for another consumer that waits
            }
        }
        if (roomy != nullptr) roomy->has_room();
        if (asks) tell_asked(out.first(taken));
        return taken;
    }

    void finish(std::span<RunResult> results) override {
        RunSink* sink = nullptr;
        {
            const std::lock_guard lock(mutex_);
            sink = sink_;
        }
        if (sink != nullptr) sink->finished(results);
    }

    void answer(std::span<TriggerAnswer> answers) override {
        RunSink* sink = nullptr;
        {
            const std::lock_guard lock(mutex_);
            sink = sink_;
        }
        if (sink != nullptr) sink->answered(answers);
    }

    void subscribe(EventMask mask) override { mask_.store(mask, std::memory_order_relaxed); }
    [[nodiscard]] int descriptor() const noexcept override { return fd_; }

    void wake() override {
        {
            const std::lock_guard lock(mutex_);
            ++wakes_;
        }
        wake_.notify_all();
    }

private:
    [[nodiscard]] bool empty_locked() const noexcept {
        return runs_.empty() && control_.empty() && events_.empty() && dropped_ == 0;
    }

    [[nodiscard]] static bool has_ask(std::span<const QueueItem> items) {
        return std::any_of(items.begin(), items.end(), [](const QueueItem& item) { return item.ask != nullptr; });
    }

    void tell_asked(std::span<const QueueItem> items) {
        std::vector<std::uint64_t> asks;
        for (const QueueItem& item : items) {
            if (item.ask) asks.push_back(item.ask->id);
        }
        sink_->asked(asks);
        const std::lock_guard lock(mutex_);
        --telling_;
        told_.notify_all();
    }

    void push_control(QueueItem item) {
        {
            const std::lock_guard lock(mutex_);
            push_control_locked(std::move(item));
        }
        wake_.notify_one();
    }
    void push_control_locked(QueueItem item) {
        control_.push_back(std::move(item));
        signal_locked();
    }

    void signal_locked() {
        if (signalled_) return;
        signalled_ = true;
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);  // cannot fail: the counter is 0
    }
    void unsignal_locked() {
        if (!signalled_) return;
        signalled_ = false;
        std::uint64_t count = 0;
        [[maybe_unused]] const ssize_t got = ::read(fd_, &count, sizeof count);
    }

    std::vector<Run*> withdraw_locked() {
        std::vector<Run*> unstarted(runs_.begin(), runs_.end());
        runs_.clear();
        if (empty_locked()) unsignal_locked();
        return unstarted;
    }

    // Control first, so that a cancel is not behind a thousand runs; then events, then runs.
    std::size_t move_locked(std::span<QueueItem> out) {
        std::size_t n = 0;
        for (; n < out.size() && !control_.empty(); ++n) {
            out[n] = std::move(control_.front());
            control_.pop_front();
        }
        if (n < out.size() && dropped_ > 0) {
            auto event = std::make_shared<Event>();
            event->code = EventCode::events_dropped;
            event->count = std::exchange(dropped_, 0);
            event->message = "a listener was too slow: " + std::to_string(event->count) + " events were dropped";
            out[n++] = QueueItem{.tag = ItemTag::event, .event = std::move(event)};
        }
        for (; n < out.size() && !events_.empty(); ++n) {
            out[n] = QueueItem{.tag = ItemTag::event, .event = std::move(events_.front())};
            events_.pop_front();
        }
        for (; n < out.size() && !runs_.empty(); ++n) {
            Run* run = runs_.front();
            runs_.pop_front();
            const std::uint64_t token = run->task_token != 0 ? run->task_token : run->function_token;
            out[n] = QueueItem{.tag = ItemTag::run, .run = run, .run_id = run->id, .token = token};
        }
        return n;
    }

    const int fd_;
    RunSink* sink_ = nullptr;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable told_;
    int telling_ = 0;  // consumers that tell the sink of asks
    std::deque<Run*> runs_;
    std::deque<QueueItem> control_;
    std::deque<std::shared_ptr<const Event>> events_;
    std::int64_t dropped_ = 0;
    std::unordered_map<ConsumerId, std::size_t> consumers_;
    ConsumerId last_consumer_ = 0;
    std::size_t room_ = 0;
    std::uint64_t wakes_ = 0;
    bool open_ = false;
    bool signalled_ = false;
    std::atomic<EventMask> mask_{0};
};

}  // namespace

std::shared_ptr<RunQueue> make_run_queue() { return std::make_shared<RunQueueImpl>(); }

}  // namespace uvsched
