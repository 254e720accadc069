#include "core/engine/trigger_thread.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include "core/executors/callback_scope.hpp"
#include "core/executors/native_thread.hpp"

namespace uvsched {
namespace {

struct Call {
    std::shared_ptr<const TriggerFunction> function;
    TriggerAsk ask;
};

TriggerAnswer make(Call& call) {
    TriggerAnswer answer;
    try {
        answer = call.function->call(call.ask);
        if (answer.error.empty()) answer.error = std::move(call.ask.error);
    } catch (const std::exception& error) {
        answer = {.kind = TriggerAnswer::Kind::failed, .error = error.what()};
    } catch (...) {
        answer = {.kind = TriggerAnswer::Kind::failed, .error = "an exception that is no std::exception"};
    }
    answer.ask = call.ask.id;
    return answer;
}

}  // namespace

struct TriggerThread::Shared {
    std::mutex mutex;
    std::condition_variable wake;
    std::optional<Call> next;
    bool ended = false;

    [[nodiscard]] bool is_ended() {
        const std::lock_guard lock(mutex);
        return ended;
    }

    // Nothing when the thread is to end.
    std::optional<Call> wait() {
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return ended || next; });
        std::optional<Call> call = std::exchange(next, std::nullopt);
        if (!ended) return call;
        lock.unlock();  // dropping a call may release its function
        return std::nullopt;
    }

    void work(const void* scheduler, const std::function<void(TriggerAnswer&&)>& answered) {
        const CallbackScope scope(scheduler, false);
        while (std::optional<Call> call = wait()) {
            TriggerAnswer answer = make(*call);
            call.reset();
            if (is_ended()) return;
            answered(std::move(answer));
        }
    }
};

TriggerThread::TriggerThread(const void* scheduler, std::function<void(TriggerAnswer&&)> answered)
    : scheduler_(scheduler), answered_(std::move(answered)) {}

TriggerThread::~TriggerThread() { abandon(); }

void TriggerThread::call(std::shared_ptr<const TriggerFunction> function, TriggerAsk ask) {
    if (!shared_) {
        auto shared = std::make_shared<Shared>();
        start_native_thread("uvsched-trigger", [shared, scheduler = scheduler_, answered = answered_] {
            shared->work(scheduler, answered);
        }).detach();
        shared_ = std::move(shared);
    }
    const std::lock_guard lock(shared_->mutex);
    shared_->next = Call{.function = std::move(function), .ask = std::move(ask)};
    shared_->wake.notify_one();
}

void TriggerThread::abandon() {
    if (!shared_) return;
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->ended = true;
    }
    shared_->wake.notify_one();
    shared_.reset();
}

}  // namespace uvsched
