#include "core/executors/thread_pool.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "core/executors/callback_scope.hpp"
#include "core/executors/invoke.hpp"
#include "core/executors/native_thread.hpp"

namespace uvsched {
namespace {

class ThreadPool final : public Executor {
public:
    ThreadPool(std::string name, std::size_t threads, const void* owner)
        : name_(std::move(name)), limit_(threads), owner_(owner) {}

    ~ThreadPool() override { stop(); }

    void start(RunSink& sink) override {
        const std::lock_guard lock(mutex_);
        sink_ = &sink;
        closed_ = false;
        ending_ = false;
    }

    // One waiting run for each thread, so that a thread that ends one has the next at hand.
    [[nodiscard]] std::size_t room() const noexcept override {
        const std::lock_guard lock(mutex_);
        const std::size_t taken = waiting_.size() + running_;
        return closed_ || taken >= 2 * limit_ ? 0 : 2 * limit_ - taken;
    }

    void submit(std::span<Run* const> runs) override {
        {
            const std::lock_guard lock(mutex_);
            if (!closed_) {
                waiting_.insert(waiting_.end(), runs.begin(), runs.end());
                while (threads_.size() < limit_ && threads_.size() < waiting_.size() + running_) {
                    threads_.push_back(start_native_thread(name_, [this] { work(); }));
                }
                runs = {};
            }
        }
        if (!runs.empty()) sink_->returned(runs);
        wake_.notify_all();
    }

    void close() override {
        std::vector<Run*> unstarted;
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
            unstarted.assign(waiting_.begin(), waiting_.end());
            waiting_.clear();
        }
        if (!unstarted.empty()) sink_->returned(unstarted);
    }

    // A native function looks at sched_run_cancelled() itself.
    void cancel(std::uint64_t /*run*/) override {}

    void stop() override {
        std::vector<std::thread> threads;
        {
            const std::lock_guard lock(mutex_);
            ending_ = true;
            threads.swap(threads_);
        }
        wake_.notify_all();
        for (std::thread& thread : threads) thread.join();
    }

private:
    void work() {
        std::unique_lock lock(mutex_);
        while (true) {
            wake_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            Run* run = waiting_.front();
            waiting_.pop_front();
            ++running_;
            lock.unlock();
            RunResult result{.run = run->id, .state = call(*run), .result = {}, .error = {}};
            result.result = std::move(run->result);
            result.error = std::move(run->error);
            lock.lock();
            const bool was_full = waiting_.size() + running_ >= 2 * limit_;
            --running_;
            lock.unlock();
            sink_->finished({&result, 1});
            if (was_full) sink_->has_room();
            lock.lock();
        }
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
    std::deque<Run*> waiting_;
    std::size_t running_ = 0;
    std::vector<std::thread> threads_;
    bool closed_ = true;
    bool ending_ = false;
};

}  // namespace

std::shared_ptr<Executor> make_thread_pool(std::string name, std::size_t threads, const void* owner) {
    return std::make_shared<ThreadPool>(std::move(name), threads, owner);
}

}  // namespace uvsched
