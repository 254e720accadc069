#include "core/executors/thread_pool.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/errno.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/executors/invoke.hpp"
#include "core/executors/look_ahead.hpp"
#include "core/platform/native_thread.hpp"

namespace uvsched {
namespace {

// Without any thread the pool takes nothing for this long. It is shorter than the pause before the next try.
constexpr auto kPause = std::chrono::milliseconds(100);

class ThreadPool final : public Executor {
public:
    ThreadPool(std::string name, std::size_t threads, const void* owner)
        : name_(std::move(name)), limit_(threads), owner_(owner) {
        gates_.reserve(threads);
    }

    ~ThreadPool() override { stop(); }

    void start(RunSink& sink) override {
        const std::lock_guard lock(mutex_);
        if (sink_ != &sink) sink_ = &sink;  // when the shutdown tasks begin there are threads, which read it
        closed_ = false;
        ending_ = false;
    }

    [[nodiscard]] std::size_t room() const noexcept override {
        const std::lock_guard lock(mutex_);
        if (closed_ || pauses_locked() || !has_room_locked()) return 0;
        return limit_ - running_ + ahead_.runs(limit_);
    }

    void submit(std::span<Run* const> runs) override {
        std::optional<std::string> lack;
        {
            const std::lock_guard lock(mutex_);
            if (!closed_) {
                lack = grow_locked(runs.size());
                if (!threads_.empty()) {
                    waiting_.insert(waiting_.end(), runs.begin(), runs.end());
                    runs = {};
                }
            }
        }
        if (!runs.empty()) sink_->returned(runs);
        wake_.notify_all();
        if (lack) sink_->lacking(*this, *lack);
    }

    void close() override {
        std::unique_lock lock(mutex_);
        closed_ = true;
        while (!waiting_.empty()) {
            Run* const unstarted = waiting_.front();
            waiting_.pop_front();
            lock.unlock();
            sink_->returned({&unstarted, 1});
            lock.lock();
        }
    }

    void admitted(std::uint64_t run, bool passes) noexcept override {
        {
            const std::lock_guard lock(mutex_);
            for (Gate& gate : gates_) {
                if (gate.run == run) gate.answer = passes;
            }
        }
        answered_.notify_all();
    }

    // A native function looks at sched_run_cancelled() itself.
    void cancel(std::uint64_t /*run*/) override {}

    void stop() override {
        std::vector<std::thread> threads;
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
            threads.swap(threads_);
            retry_at_.reset();
        }
        wake_.notify_all();
        answered_.notify_all();
        for (std::thread& thread : threads) thread.join();
    }

private:
    using Clock = std::chrono::steady_clock;

    // A worker keeps itself for a run that waits for its start gate.
    struct Gate {
        std::uint64_t run = 0;
        std::optional<bool> answer;
    };

    [[nodiscard]] bool has_room_locked() const noexcept { return waiting_.empty() && running_ < limit_; }

    [[nodiscard]] bool pauses_locked() const noexcept {
        return retry_at_ && threads_.empty() && Clock::now() < *retry_at_;
    }

    // Starts the threads that `more` runs need. If threads are lacking, reports it, with a text only the first time
    // until there are enough again.
    std::optional<std::string> grow_locked(std::size_t more) {
        const std::size_t wanted = std::min(limit_, waiting_.size() + running_ + more);
        if (threads_.size() >= wanted) return pauses_locked() ? std::optional(std::string()) : std::nullopt;
        try {
            threads_.reserve(wanted);
            while (threads_.size() < wanted) threads_.push_back(start_native_thread(name_, [this] { work(); }));
            retry_at_.reset();
            return std::nullopt;
        } catch (const std::exception&) {
            const bool told = retry_at_.has_value();
            retry_at_ = Clock::now() + kPause;
            return told ? std::string() : lack_locked();
        }
    }

    // The text of the exception being handled. Empty if there is no memory for it.
    [[nodiscard]] std::string lack_locked() const {
        try {
            const std::string goes_on = threads_.empty() ? "the pool runs nothing"
                                                         : "the pool goes on with " + std::to_string(threads_.size()) +
                                                               " of " + std::to_string(limit_) + " threads";
            return present_error().message() + "; " + goes_on + ", and tries again";
        } catch (const std::bad_alloc&) {
            return {};
        }
    }

    // What a worker has to do next, and to tell.
    struct Turn {
        Run* run = nullptr;  // nullptr: the pool stops
        bool gated = false;
        bool roomy = false;  // there is room now, which is not told yet
        Clock::time_point taken{};
    };

    // What ended with the last call is put into effect together with the next begin, and before there is room.
    void work() {
        RunResult result;
        std::span<RunResult> ended;
        Turn turn = wait_for_run();
        while (turn.run != nullptr) {
            Run* called = turn.run;
            const std::uint64_t id = called->id;
            sink_->begin({&called, 1}, ended, turn.roomy);
            ended = {};
            if (turn.gated && !passes(id, called != nullptr)) called = nullptr;
            if (turn.gated && called != nullptr) sink_->begin({&called, 1}, {}, false);
            if (called != nullptr) {
                result = {.run = id, .state = call(*called), .result = {}, .error = {}};
                result.result = std::move(called->result);
                result.error = std::move(called->error);
                ended = {&result, 1};
            }
            turn = next_run(turn, ended);
        }
    }

    Turn wait_for_run() {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
        return take_locked(Clock::now());
    }

    Turn take_locked(Clock::time_point now) {
        if (waiting_.empty()) return {};
        Turn turn{.run = waiting_.front(), .gated = waiting_.front()->gated, .roomy = false, .taken = now};
        waiting_.pop_front();
        ++running_;
        turn.roomy = has_room_locked();
        if (turn.gated) gates_.push_back({.run = turn.run->id, .answer = {}});
        return turn;
    }

    // The run that follows one that is over. What ended, and the room, are told before a wait.
    Turn next_run(const Turn& last, std::span<RunResult>& ended) {
        std::unique_lock lock(mutex_);
        const Clock::time_point now = Clock::now();
        ahead_.note(now - last.taken);
        const bool was_full = running_ == limit_;
        --running_;
        const Turn turn = take_locked(now);
        lock.unlock();
        if (turn.run != nullptr) return turn;
        if (!ended.empty()) sink_->finished(ended);
        ended = {};
        if (was_full) sink_->has_room();
        return wait_for_run();
    }

    // Waits for the start gate of a run; `asked`: it was asked for. A pool that stops has nothing to wait for.
    bool passes(std::uint64_t run, bool asked) {
        std::unique_lock lock(mutex_);
        const auto gate = [&] {
            return std::find_if(gates_.begin(), gates_.end(), [&](const Gate& each) { return each.run == run; });
        };
        if (asked) answered_.wait(lock, [&] { return ending_ || gate()->answer; });
        const bool passed = gate()->answer.value_or(false);
        gates_.erase(gate());
        return passed;
    }

    FireState call(Run& run) {
        const CallbackScope scope(owner_, false);
        return invoke(run);
    }

    const std::string name_;
    const std::size_t limit_;
    const void* const owner_;
    RunSink* sink_ = nullptr;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable answered_;  // a start gate
    std::deque<Run*> waiting_;
    std::size_t running_ = 0;
    std::vector<Gate> gates_;  // with room for every worker
    LookAhead ahead_;
    std::vector<std::thread> threads_;
    std::optional<Clock::time_point> retry_at_;  // threads are lacking
    bool closed_ = true;
    bool ending_ = false;
};

}  // namespace

std::shared_ptr<Executor> make_thread_pool(std::string name, std::size_t threads, const void* owner) {
    return std::make_shared<ThreadPool>(std::move(name), threads, owner);
}

}  // namespace uvsched
