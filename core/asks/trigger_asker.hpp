// TriggerAsker: the functions behind custom triggers, and the questions put to them. Guarded by the engine's mutex.
//
// A function in C or C++ is called on a thread of its own, one call at a time; a function in another language is asked
// through its run queue. The task's home records the answer.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/asks/ask_table.hpp"
#include "core/asks/trigger_thread.hpp"
#include "core/life/lifecycle.hpp"
#include "core/life/shared.hpp"

namespace uvsched {

// The home of a task, as far as it takes answers. The engine's mutex is held.
class AskHome {
public:
    AskHome() = default;
    AskHome(const AskHome&) = delete;
    AskHome& operator=(const AskHome&) = delete;
    virtual ~AskHome() = default;

    [[nodiscard]] virtual const std::string& alias_of(const Ask& ask) const = 0;

    // The function gave the times in the ask. `ended`: there are no further times.
    virtual void answer(const Ask& ask, bool ended) = 0;

    // The function failed, for the reason `what`: the task is paused.
    virtual void give_up(const Ask& ask, const std::string& what) = 0;

    // There will be no answer; the next start asks again.
    virtual void forget(const Ask& ask) = 0;
};

// Whether a task waits for a time of its custom trigger.
[[nodiscard]] bool is_asking(const Definition& definition, const TaskState& state);

class TriggerAsker {
public:
    // `owner` marks calls for CallbackScope. Without an `own_thread` the engine makes the calls: see due().
    TriggerAsker(Shared& shared, const Lifecycle& life, const void* owner, bool own_thread = true)
        : shared_(shared), life_(life), owner_(owner), own_thread_(own_thread) {}
    TriggerAsker(const TriggerAsker&) = delete;
    TriggerAsker& operator=(const TriggerAsker&) = delete;
    ~TriggerAsker() = default;

    // Before the first question. `bring` is called on the trigger thread, with no lock held, and passes an answer to
    // answered().
    void connect(std::function<void(TriggerAnswer&&)> bring) { bring_ = std::move(bring); }

    // See Scheduler.
    void add(const std::string& name, TriggerFunction function, bool replace);
    void remove(const std::string& name);

    [[nodiscard]] bool knows(const std::string& name) const { return functions_.contains(name); }

    // Throws Error(not_found) if the function of a custom trigger is not registered.
    void check(const Trigger& trigger) const;

    // Asks, unless the question is there already. While the scheduler ends, no function is asked. Throws bad_alloc, and
    // has changed nothing then.
    void want(Ask ask);

    // A consumer took these asks: their deadlines begin.
    void taken(std::span<const std::uint64_t> asks) noexcept;
    void answered(std::span<TriggerAnswer> answers);

    // Once in each turn: gives up asks whose deadline is over, and puts the questions that lacked memory or a thread.
    // Throws bad_alloc; the next call does the rest.
    void expire(const Now& now);
    [[nodiscard]] Instant deadline(const Now& now) const;

    // A call that is to be made when the mutex is free, by whoever drives; none if a thread makes it.
    [[nodiscard]] TriggerThread::Due due() const noexcept { return thread_ ? thread_->due() : TriggerThread::Due(); }

    // Whether an answer can still come.
    [[nodiscard]] bool any_under_way() const;

    // Drops all asks.
    void forget_all();
    // The home goes: no answer comes to it any more.
    void forget(const AskHome& home) noexcept;
    // Releases all functions.
    void clear();

private:
    void let_go(std::shared_ptr<const TriggerFunction> function) noexcept;
    void put(Ask& ask) noexcept;
    void put_again() noexcept;
    void call_next() noexcept;
    void tell_lack(const Ask& ask, const Error& error) noexcept;
    void answered(Ask ask, TriggerAnswer answer);
    void give_up(Ask ask, const std::string& what);

    Shared& shared_;
    const Lifecycle& life_;
    const void* const owner_;
    const bool own_thread_;
    std::function<void(TriggerAnswer&&)> bring_;
    std::map<std::string, std::shared_ptr<const TriggerFunction>> functions_;  // by registered name
    AskTable asks_;
    std::optional<TriggerThread> thread_;
    bool unput_ = false;         // questions lacked memory on their way to a function
    bool lacks_thread_ = false;  // and the user was told
};

}  // namespace uvsched
