#include "core/executors/run_queue.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/memory.hpp"
#include "core/executors/look_ahead.hpp"
#include "core/platform/waker.hpp"

namespace uvsched {
namespace {

// Events wait in a ring of this size; older ones are dropped and counted.
constexpr std::size_t kEventLimit = 8192;

class RunQueueImpl final : public RunQueue {
public:
    // ---- engine side ----

    void start(RunSink& sink) override {
        const std::lock_guard lock(mutex_);
        if (sink_ != &sink) sink_ = &sink;  // when the shutdown tasks begin there are consumers, which read it
        open_ = true;
    }

    [[nodiscard]] std::size_t room() const noexcept override {
        const std::lock_guard lock(mutex_);
        if (!has_room_locked()) return 0;
        return workers_ > held_.size() ? room_ + workers_ - held_.size() + ahead_.runs(workers_) : room_;
    }

    [[nodiscard]] bool attended() const noexcept override {
        const std::lock_guard lock(mutex_);
        return room_ + workers_ > 0;
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

    void admitted(std::uint64_t run, bool passes) noexcept override {
        std::unique_lock lock(mutex_);
        const auto gate = find_gate_locked(run);
        if (gate == gates_.end()) return;
        RunSink* roomy = nullptr;
        if (passes) {
            gate->passed = true;
            signal_locked();
            wake_.notify_one();
            give_back(lock);
        } else {
            gates_.erase(gate);
            roomy = has_room_locked() ? sink_ : nullptr;
        }
        lock.unlock();
        if (roomy != nullptr) roomy->has_room();
    }

    void close() override {
        std::unique_lock lock(mutex_);
        open_ = false;
        std::erase_if(control_, [](const QueueItem& item) { return item.ask != nullptr; });  // the next start asks
        give_back(lock);
    }

    void cancel(std::uint64_t run) override {
        {
            const std::lock_guard lock(mutex_);
            if (consumers_.empty()) return;
            push_control_locked({.tag = ItemTag::cancel, .run_id = run});
        }
        wake_.notify_one();
    }

    // The sink may be gone after this: no consumer is still telling it of asks that it took.
    void stop() override {
        std::unique_lock lock(mutex_);
        told_.wait(lock, [this] { return telling_ == 0; });
    }

    void push_release(std::uint64_t token) override { push_control({.tag = ItemTag::release, .token = token}); }
    void push_stopped() override {
        {
            const std::lock_guard lock(mutex_);
            // Not kept: a consumer that attaches later would take it for the end of the next start.
            if (consumers_.empty()) return;
            push_control_locked({.tag = ItemTag::stopped});
        }
        wake_.notify_all();
    }

    void push_ask(std::shared_ptr<const TriggerAsk> ask) override {
        const std::uint64_t token = ask->token;
        push_control({.tag = ItemTag::trigger_next, .token = token, .ask = std::move(ask)});
    }

    void push_event(const std::shared_ptr<const Event>& event) noexcept override {
        {
            const std::lock_guard lock(mutex_);
            if (consumers_.empty()) return;
            if (event && events_.size() >= kEventLimit) {
                events_.pop_front();
                ++dropped_;
            }
            try {
                if (event) events_.push_back(event);
            } catch (const std::bad_alloc&) {
                ++dropped_;
            }
            if (!event) ++dropped_;
            signal_locked();
        }
        wake_.notify_one();
    }

    [[nodiscard]] EventMask subscribed() const noexcept override { return mask_.load(std::memory_order_relaxed); }

    // ---- consumer side ----

    ConsumerId attach(std::size_t room, Room kind) override {
        ConsumerId id = 0;
        RunSink* sink = nullptr;
        {
            const std::lock_guard lock(mutex_);
            id = ++last_consumer_;
            consumers_.emplace(id, Consumer{.room = room, .kind = kind});
            room_of_locked(kind) += room;
            sink = open_ ? sink_ : nullptr;
            if (signalled_ && notify_ != nullptr) notify_(notified_);  // of what came while there was nobody to take it
        }
        if (sink != nullptr) sink->has_room();
        return id;
    }

    void detach(ConsumerId consumer) override {
        std::unique_lock lock(mutex_);
        const auto found = consumers_.find(consumer);
        if (found == consumers_.end()) fail(Code::bad_handle, "consumer: it is not attached to this queue");
        room_of_locked(found->second.kind) -= found->second.room;
        consumers_.erase(found);
        std::erase_if(held_, [&](const Held& held) { return held.consumer == consumer; });
        wake_.notify_all();  // it may be waiting in take()
        if (!consumers_.empty()) return;
        // A consumer that attaches later would take it for the end of the next start.
        std::erase_if(control_, [](const QueueItem& item) { return item.tag == ItemTag::stopped; });
        events_.clear();
        give_back(lock);
    }

    std::size_t take(ConsumerId consumer, std::span<QueueItem> out,
                     std::optional<std::chrono::milliseconds> timeout) override {
        using Clock = std::chrono::steady_clock;
        const Clock::time_point begun = Clock::now();
        std::optional<std::uint64_t> wakes;
        std::optional<Clock::duration> left = timeout;
        while (true) {
            const std::size_t moved = take_some(consumer, out, left, wakes);
            const std::size_t taken = begin_runs(out.first(moved));
            if (taken > 0 || moved == 0) return taken;
            if (timeout) left = *timeout - (Clock::now() - begun);
        }
    }

    // `wakes`: the number of wake() calls when the first wait began; set by the first call.
    std::size_t take_some(ConsumerId consumer, std::span<QueueItem> out,
                          std::optional<std::chrono::steady_clock::duration> timeout,
                          std::optional<std::uint64_t>& wakes) {
        std::size_t taken = 0;
        bool asks = false;
        {
            std::unique_lock lock(mutex_);
            if (!consumers_.contains(consumer)) fail(Code::bad_handle, "consumer: it is not attached to this queue");
            if (!wakes) wakes = wakes_;
            const auto left = [&] { return !consumers_.contains(consumer); };
            const auto ready = [&] { return !empty_locked() || wakes_ != *wakes || left(); };
            if (!timeout) {
                wake_.wait(lock, ready);
            } else if (timeout->count() > 0) {
                wake_.wait_for(lock, *timeout, ready);
            }
            if (left()) {
                wake_.notify_one();  // what woke it is for another consumer
                return 0;
            }
            taken = move_locked(consumer, out);
            asks = open_ && has_ask(out.first(taken));
            if (asks) ++telling_;
            if (has_run(out.first(taken))) {  // until begin_runs() is over
                ++telling_;
                ++beginning_;
            }
            if (empty_locked()) {
                unsignal_locked();
            } else {
                wake_.notify_one();  // items are left for another consumer that waits
            }
        }
        if (asks) tell_asks(out.first(taken));
        return taken;
    }

    void finish(std::span<RunResult> results) override {
        RunSink* sink = nullptr;
        bool keeps = false;
        {
            const std::lock_guard lock(mutex_);
            sink = sink_;
            keeps = workers_ > 0;
        }
        if (sink == nullptr) return;
        sink->finished(results);
        // Now that the engine knows of the ends: what is planned for this room must not meet these runs at work.
        if (keeps && let_go(results)) sink->has_room();
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
    [[nodiscard]] int descriptor() const noexcept override { return readable_.descriptor(); }
    void abandon() noexcept override { readable_.abandon(); }

    void set_notify(QueueNotify notify, void* user_data) override {
        const std::lock_guard lock(mutex_);
        notify_ = notify;
        notified_ = user_data;
        if (signalled_ && notify_ != nullptr) notify_(notified_);
    }

    void wake() override {
        {
            const std::lock_guard lock(mutex_);
            ++wakes_;
        }
        wake_.notify_all();
    }

private:
    // A run that a consumer took, and that waits for its start gate.
    struct Gate {
        std::uint64_t id = 0;
        Run* run = nullptr;
        bool passed = false;  // it is the next that a consumer takes
    };

    [[nodiscard]] std::vector<Gate>::iterator find_gate_locked(std::uint64_t run) {
        return std::find_if(gates_.begin(), gates_.end(), [run](const Gate& gate) { return gate.id == run; });
    }
    [[nodiscard]] std::vector<Gate>::const_iterator first_passed_locked() const {
        return std::find_if(gates_.begin(), gates_.end(), [](const Gate& gate) { return gate.passed; });
    }

    struct Consumer {
        std::size_t room = 0;
        Room kind = Room::waiting;
    };

    // A run that keeps a worker busy.
    struct Held {
        std::uint64_t run = 0;
        ConsumerId consumer = 0;
        LookAhead::Clock::time_point taken{};
    };

    [[nodiscard]] std::size_t& room_of_locked(Room kind) noexcept { return kind == Room::waiting ? room_ : workers_; }

    [[nodiscard]] bool has_room_locked() const noexcept {
        return open_ && !waits_locked() && (room_ > 0 || workers_ > held_.size());
    }

    void let_go_locked(std::uint64_t run, bool called) noexcept {
        const auto held = std::find_if(held_.begin(), held_.end(), [run](const Held& each) { return each.run == run; });
        if (held == held_.end()) return;
        if (called) ahead_.note(LookAhead::Clock::now() - held->taken);
        *held = held_.back();
        held_.pop_back();
    }

    // These runs are over. True if there is room now, and was none before.
    bool let_go(std::span<const RunResult> results) {
        const std::lock_guard lock(mutex_);
        const bool full = !has_room_locked();
        for (const RunResult& result : results) let_go_locked(result.run, true);
        return full && has_room_locked();
    }

    // Runs wait to be begun, or for the engine to know that they are called: what is planned before that meets them.
    [[nodiscard]] bool waits_locked() const noexcept { return !runs_.empty() || !gates_.empty() || beginning_ > 0; }

    [[nodiscard]] bool empty_locked() const noexcept {
        return runs_.empty() && control_.empty() && events_.empty() && dropped_ == 0 &&
               (gates_.empty() || first_passed_locked() == gates_.end());
    }

    [[nodiscard]] static bool has_ask(std::span<const QueueItem> items) {
        return std::any_of(items.begin(), items.end(), [](const QueueItem& item) { return item.ask != nullptr; });
    }

    [[nodiscard]] static bool has_run(std::span<const QueueItem> items) {
        return std::any_of(items.begin(), items.end(), [](const QueueItem& item) { return item.run != nullptr; });
    }

    // The turn of the runs among them has come. Those that are not to be called, or not yet, are taken out; returns how
    // many items are left.
    std::size_t begin_runs(std::span<QueueItem> items) {
        if (!has_run(items)) return items.size();
        constexpr std::size_t kPiece = 64;
        std::array<Run*, kPiece> runs{};
        for (std::size_t done = 0; done < items.size();) {
            std::size_t count = 0;
            std::array<QueueItem*, kPiece> from{};
            std::array<bool, kPiece> gated{};
            for (; done < items.size() && count < kPiece; ++done) {
                if (items[done].run == nullptr) continue;
                from[count] = &items[done];
                gated[count] = items[done].run->gated;
                runs[count++] = items[done].run;
            }
            if (count > 0) sink_->begin({runs.data(), count}, {}, false);
            for (std::size_t i = 0; i < count; ++i) {
                if (gated[i] && runs[i] == nullptr) admitted(from[i]->run_id, false);
                from[i]->run = gated[i] ? nullptr : runs[i];
            }
        }
        const auto over = [](const QueueItem& item) { return item.tag == ItemTag::run && item.run == nullptr; };
        if (end_begin(items, over)) sink_->has_room();
        const auto left = std::remove_if(items.begin(), items.end(), over);
        const std::lock_guard lock(mutex_);
        --telling_;
        told_.notify_all();
        return static_cast<std::size_t>(left - items.begin());
    }

    // The engine knows by now which of them are called. Those that are over keep no worker. True if there is room now.
    template <class Over>
    bool end_begin(std::span<const QueueItem> items, Over&& over) {
        const std::lock_guard lock(mutex_);
        for (const QueueItem& item : items) {
            if (over(item)) let_go_locked(item.run_id, false);
        }
        --beginning_;
        return has_room_locked();
    }

    void tell_asks(std::span<const QueueItem> items) {
        for (const QueueItem& item : items) {
            if (item.ask) sink_->took_asks({&item.ask->id, 1});
        }
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
        readable_.wake();
        if (notify_ != nullptr) notify_(notified_);
    }
    void unsignal_locked() {
        if (!signalled_) return;
        signalled_ = false;
        readable_.clear();
    }

    // Gives back waiting runs that no consumer will take. Releases the lock meanwhile.
    void give_back(std::unique_lock<std::mutex>& lock) {
        while (!open_ || consumers_.empty()) {
            Run* const unstarted = pop_run_locked();
            if (unstarted == nullptr) break;
            RunSink* const sink = sink_;
            lock.unlock();
            sink->returned({&unstarted, 1});
            lock.lock();
        }
        if (empty_locked()) unsignal_locked();
    }

    // The next run that waits for a consumer; nullptr if there is none.
    Run* pop_run_locked() noexcept {
        if (const auto passed = first_passed_locked(); passed != gates_.end()) {
            Run* const run = passed->run;
            gates_.erase(passed);
            return run;
        }
        if (runs_.empty()) return nullptr;
        Run* const run = runs_.front();
        runs_.pop_front();
        return run;
    }

    // Control first, so that a cancel is not behind a thousand runs; then events, then runs.
    std::size_t move_locked(ConsumerId consumer, std::span<QueueItem> out) {
        const bool keeps = consumers_.at(consumer).kind == Room::workers;
        reserve_more(gates_, out.size());
        if (keeps) reserve_more(held_, out.size());
        const auto now = keeps ? LookAhead::Clock::now() : LookAhead::Clock::time_point();
        std::shared_ptr<Event> notice;  // made first: if there is no memory for it, nothing is taken
        if (dropped_ > 0 && control_.size() < out.size()) {
            notice = std::make_shared<Event>();
            notice->code = EventCode::events_dropped;
            notice->count = dropped_;
            notice->message =
                "events were dropped because a listener was too slow or memory ran out: " + std::to_string(dropped_);
        }
        std::size_t n = 0;
        for (; n < out.size() && !control_.empty(); ++n) {
            out[n] = std::move(control_.front());
            control_.pop_front();
        }
        if (notice) {
            dropped_ = 0;
            out[n++] = QueueItem{.tag = ItemTag::event, .event = std::move(notice)};
        }
        for (; n < out.size() && !events_.empty(); ++n) {
            out[n] = QueueItem{.tag = ItemTag::event, .event = std::move(events_.front())};
            events_.pop_front();
        }
        for (; n < out.size(); ++n) {
            Run* const run = pop_run_locked();
            if (run == nullptr) break;
            if (run->gated) {
                gates_.push_back({.id = run->id, .run = run});
            } else if (keeps) {
                held_.push_back({.run = run->id, .consumer = consumer, .taken = now});
            }
            const std::uint64_t token = run->task_token != 0 ? run->task_token : run->function_token;
            out[n] = QueueItem{.tag = ItemTag::run, .run = run, .run_id = run->id, .token = token};
        }
        return n;
    }

    Waker readable_{"a run queue cannot be made"};
    RunSink* sink_ = nullptr;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable told_;
    int telling_ = 0;    // consumers that are telling the sink of asks
    int beginning_ = 0;  // consumers that took runs and have not told the sink yet
    std::deque<Run*> runs_;
    std::vector<Gate> gates_;
    std::deque<QueueItem> control_;
    std::deque<std::shared_ptr<const Event>> events_;
    std::int64_t dropped_ = 0;
    std::unordered_map<ConsumerId, Consumer> consumers_;
    ConsumerId last_consumer_ = 0;
    std::size_t room_ = 0;     // for runs that wait
    std::size_t workers_ = 0;  // of consumers that are workers
    std::vector<Held> held_;   // by those
    LookAhead ahead_;
    std::uint64_t wakes_ = 0;
    bool open_ = false;
    bool signalled_ = false;
    QueueNotify notify_ = nullptr;
    void* notified_ = nullptr;
    std::atomic<EventMask> mask_{0};
};

}  // namespace

std::shared_ptr<RunQueue> make_run_queue() { return std::make_shared<RunQueueImpl>(); }

}  // namespace uvsched
