// What the tests of the C ABI share. They see uvsched.h and uvsched.hpp alone, as users do.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>

#include "uvsched.hpp"

namespace capi_test {

inline constexpr sched::Instant kStart = sched::from_c(1'767'225'600'000'000);  // 2026-01-01T00:00:00Z
inline constexpr std::chrono::seconds kSecond{1};
inline constexpr std::chrono::minutes kMinute{1};
inline constexpr sched::Millis kLong{60'000};  // whatever takes so long has failed

// A number of microseconds as the C functions take it.
[[nodiscard]] constexpr std::int64_t micros(sched::Micros span) { return span.count(); }

// A call fails with this code, and its text has this part.
#define CHECK_FAILS(call, status, part)                                                             \
    do {                                                                                            \
        CHECK((call) == (status));                                                                  \
        CHECK(doctest::String(sched_last_error()) == doctest::Contains(std::string(part).c_str())); \
    } while (false)

// The code that a call of uvsched.hpp throws; UVSCHED_OK where it throws nothing.
template <class Call>
int code_of(Call&& call) {
    try {
        call();
        return UVSCHED_OK;
    } catch (const sched::Error& error) {
        return error.code();
    }
}

// Something that happens once, or several times, and that tests wait for.
class Signal {
public:
    void set() {
        const std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_all();  // under the lock: who waits may destroy the signal then
    }
    // Until it was set so many times; false after kLong.
    [[nodiscard]] bool wait(int times = 1) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, kLong, [&] { return count_ >= times; });
    }
    [[nodiscard]] int count() {
        const std::lock_guard lock(mutex_);
        return count_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

// A folder of a test's own.
class Folder {
public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

// The manual clock at kStart; "default" is inline, "pool" has two threads, "queue" is a run queue.
[[nodiscard]] sched::Config manual_config();

// The same with "default" in an SQLite file.
[[nodiscard]] sched::Config sqlite_config(const std::string& file);

// Counts its runs in the std::atomic<int> that is its user data.
int count_run(const sched_run* run, void* counter);

// A destroy function that counts in the std::atomic<int> that is its user data.
void count_destroy(void* counter);

// An interval task of a second, with an id.
[[nodiscard]] sched::Task every_second(const std::string& function, const std::string& id);

// Shuts a scheduler down at the end of its test. One that is freed while it runs stops later, by itself, and its
// functions may still use what the test has on its stack: declare this after whatever they use.
class ShutDownAtEnd {
public:
    explicit ShutDownAtEnd(sched::Scheduler& scheduler) : scheduler_(scheduler) {}
    ~ShutDownAtEnd() { sched_shutdown(scheduler_.get(), sched::to_c(kLong)); }
    ShutDownAtEnd(const ShutDownAtEnd&) = delete;
    ShutDownAtEnd& operator=(const ShutDownAtEnd&) = delete;

private:
    sched::Scheduler& scheduler_;
};

// Time passes, and all that became due is done.
void pass(sched::Scheduler& scheduler, sched::Micros span);

}  // namespace capi_test
