#include "core/asks/trigger_thread.hpp"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include "core/executors/callback_scope.hpp"
#include "core/platform/fork.hpp"
#include "core/platform/native_thread.hpp"

namespace uvsched {
namespace {

TriggerAnswer answer_of(const TriggerFunction& function, TriggerAsk& ask) {
    TriggerAnswer answer;
    try {
        answer = function.call(ask);
        if (answer.error.empty()) answer.error = std::move(ask.error);
    } catch (const std::exception& error) {
        answer = {.kind = TriggerAnswer::Kind::failed, .error = error.what()};
    } catch (...) {
        answer = {.kind = TriggerAnswer::Kind::failed, .error = "an exception that is not a std::exception"};
    }
    answer.ask = ask.id;
    return answer;
}

}  // namespace

struct TriggerThread::Shared {
    struct Call {
        std::shared_ptr<const TriggerFunction> function;
        TriggerAsk ask;
    };

    std::mutex mutex;
    std::condition_variable wake;
    std::optional<Call> next;
    bool ended = false;

    [[nodiscard]] bool is_ended() {
        const std::lock_guard lock(mutex);
        return ended;
    }

    // nullopt if the thread shall end.
    std::optional<Call> wait() {
        std::unique_lock lock(mutex);
        wake.wait(lock, [this] { return ended || next; });
        std::optional<Call> call = std::exchange(next, std::nullopt);
        if (!ended) return call;
        lock.unlock();  // dropping a call may release its function
        return std::nullopt;
    }

    void work(const void* scheduler, const std::function<void(TriggerAnswer&&)>& answered) {
        while (std::optional<Call> call = wait()) make(std::move(call), scheduler, answered);
    }

    void make(std::optional<Call> call, const void* scheduler, const std::function<void(TriggerAnswer&&)>& answered) {
        const CallbackScope scope(scheduler, false);
        TriggerAnswer answer = ask(*call);
        call.reset();
        if (!is_ended()) answered(std::move(answer));
    }

    static TriggerAnswer ask(Call& call) {
        const ReturnsOnce once;
        return answer_of(*call.function, call.ask);
    }

    std::optional<Call> take() {
        const std::lock_guard lock(mutex);
        return std::exchange(next, std::nullopt);
    }
};

TriggerThread::TriggerThread(const void* scheduler, std::function<void(TriggerAnswer&&)> answered, bool own)
    : scheduler_(scheduler), own_(own), answered_(std::move(answered)) {}

TriggerThread::~TriggerThread() { abandon(); }

void TriggerThread::call(std::shared_ptr<const TriggerFunction> function, TriggerAsk ask) {
    if (!shared_) {
        auto shared = std::make_shared<Shared>();
        if (own_) {
            start_native_thread("uvsched-trigger", [shared, scheduler = scheduler_, answered = answered_] {
                shared->work(scheduler, answered);
            }).detach();
        }
        shared_ = std::move(shared);
    }
    const std::lock_guard lock(shared_->mutex);
    shared_->next = Shared::Call{.function = std::move(function), .ask = std::move(ask)};
    shared_->wake.notify_one();
}

TriggerThread::Due TriggerThread::due() const noexcept {
    Due due;
    if (!own_) due.shared_ = shared_;
    due.from_ = this;
    return due;
}

void TriggerThread::Due::make() {
    if (!shared_) return;
    if (std::optional<Shared::Call> call = shared_->take()) {
        shared_->make(std::move(call), from_->scheduler_, from_->answered_);
    }
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
