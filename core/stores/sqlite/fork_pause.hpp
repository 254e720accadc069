// ForkPause: a fork() waits until no call into a store's database is under way, and finds the database let go of.
//
// SQLite's locks, descriptors and mutexes must not be shared with a child. The store takes the database up again with
// its next call; the child never makes one.
#pragma once

#include <functional>
#include <mutex>

namespace uvsched::sqlite {

class ForkPause {
public:
    // `let_go` is called before a fork, in the parent, while the lock is held. It throws nothing and may be repeated.
    explicit ForkPause(std::function<void()> let_go);
    ~ForkPause();
    ForkPause(const ForkPause&) = delete;
    ForkPause& operator=(const ForkPause&) = delete;

    // Held during each call into the database.
    [[nodiscard]] std::unique_lock<std::mutex> enter() { return std::unique_lock(mutex_); }

private:
    struct Registry;
    static Registry& registry();

    const std::function<void()> let_go_;
    std::mutex mutex_;
};

}  // namespace uvsched::sqlite
