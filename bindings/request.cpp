#include "request.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <utility>

#include "system.hpp"

namespace uvsched::python {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kSlice(50);  // so often a waiting thread looks whether a signal came

// Makes requests on a thread of its own, one after the other, until one is given up. Never destroyed while its thread
// lives, which is until the process ends.
class Helper {
public:
    explicit Helper(std::int64_t process) : process_(process) {
        start_thread_without_signals([this] { work(); });
    }

    // A helper of the parent process has no thread in this one.
    [[nodiscard]] bool of(std::int64_t process) const noexcept { return process_ == process; }

    void post(Request* request) noexcept {
        const std::lock_guard lock(mutex_);
        request_ = request;
        made_ = false;
        changed_.notify_all();
    }
    // Whether the request has been made, by then or by the end of a slice.
    bool wait(Clock::time_point until) noexcept {
        std::unique_lock lock(mutex_);
        return changed_.wait_until(lock, std::min(until, Clock::now() + kSlice), [&] { return made_; });
    }
    // Leaves the request, and this, to the helper's thread. False when the request has been made meanwhile.
    bool give_up() noexcept {
        const std::lock_guard lock(mutex_);
        given_up_ = !made_;
        return given_up_;
    }
    // Ends an idle helper.
    void retire() noexcept {
        const std::lock_guard lock(mutex_);
        retired_ = true;
        changed_.notify_all();
    }

private:
    void work() noexcept {
        std::unique_lock lock(mutex_);
        while (!given_up_) {
            changed_.wait(lock, [&] { return request_ != nullptr || retired_; });
            if (retired_) break;
            Request* const request = std::exchange(request_, nullptr);
            lock.unlock();
            request->make();
            lock.lock();
            made_ = true;
            changed_.notify_all();
            if (!given_up_) continue;
            request->abandoned();
            delete request;
        }
        lock.unlock();
        delete this;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    Request* request_ = nullptr;
    bool made_ = false;
    bool given_up_ = false;
    bool retired_ = false;
    const std::int64_t process_;
};

// The last helper while it is idle. Guarded by the GIL.
Helper* idle = nullptr;

// nullptr: there can be no thread.
Helper* take_helper(std::int64_t process) noexcept {
    Helper* const known = std::exchange(idle, nullptr);
    if (known != nullptr && known->of(process)) return known;
    try {
        return new Helper(process);
    } catch (const std::exception&) {
        return nullptr;
    }
}

// A handler of a signal, or another thread, may have waited for a request of its own, and left another one.
void put_back(Helper* helper) noexcept {
    if (idle == nullptr) {
        idle = helper;
    } else {
        helper->retire();
    }
}

Request* wait_with(Helper* helper, Request* request, Clock::time_point until) {
    helper->post(request);
    while (!without_gil([=] { return helper->wait(until); })) {
        if (PyErr_CheckSignals() == 0) {
            if (Clock::now() < until) continue;
            PyErr_SetString(PyExc_TimeoutError, "the store has not answered in time");
        }
        if (helper->give_up()) return nullptr;
        if (PyErr_ExceptionMatches(PyExc_TimeoutError) != 0) {  // it came after all
            PyErr_Clear();
            break;
        }
        delete request;
        request = nullptr;
        break;
    }
    put_back(helper);
    return request;
}

}  // namespace

void Request::make() noexcept {
    code_ = call();
    if (code_ == UVSCHED_OK) return;
    try {
        error_ = sched_last_error();
    } catch (const std::bad_alloc&) {
        error_.clear();
    }
}

Request* wait_for(Request* request, bool interruptible, std::int64_t limit_ms) {
    const bool helped = interruptible && (is_main_thread() || limit_ms >= 0);
    Helper* const helper = helped ? take_helper(process_id()) : nullptr;
    if (helper != nullptr) {
        const auto limit = std::chrono::milliseconds(limit_ms);
        return wait_with(helper, request, limit_ms < 0 ? Clock::time_point::max() : Clock::now() + limit);
    }
    without_gil([=] {
        request->make();
        return 0;
    });
    return request;
}

}  // namespace uvsched::python
