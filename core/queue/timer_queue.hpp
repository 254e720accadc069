// TimerQueue: tasks in memory, in the order of their due times.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "core/queue/due_tickets.hpp"
#include "core/queue/early_heap.hpp"
#include "core/queue/timing_wheel.hpp"

namespace uvsched {

// Equal times come out first-in-first-out. Not thread-safe.
//
// Nearly all entries are in a timing wheel. The few that are due before everything that the wheel can take are in a
// heap. The first entry of all is known at every moment: looking at it moves nothing, so a wheel whose first task is
// due tomorrow still takes a task for tonight.
//
// What takes an entry needs no memory; what adds one needs none after make_room().
class TimerQueue {
public:
    using Index = DueIndex;
    static constexpr Index kNone = UINT32_MAX;

    TimerQueue() noexcept : wheel_(tickets_) {}
    TimerQueue(const TimerQueue&) = delete;
    TimerQueue& operator=(const TimerQueue&) = delete;
    ~TimerQueue() = default;

    void push(Index task, Instant due);    // precondition: not queued
    void update(Index task, Instant due);  // moves or pushes; equal times that are there come first
    void remove(Index task) noexcept;      // no-op if not queued

    [[nodiscard]] bool contains(Index task) const noexcept { return tickets_.queued(task); }
    [[nodiscard]] bool empty() const noexcept { return tickets_.live_entries() == 0; }
    [[nodiscard]] std::size_t size() const noexcept { return tickets_.live_entries(); }
    [[nodiscard]] Instant top_due() const noexcept { return due_time_of(first_.key); }  // kLatest: empty
    [[nodiscard]] Index top() const noexcept { return first_.task(); }                  // kNone: empty

    // Gives the top another time, as update() does: the hot path. Precondition: not empty.
    void replace_top(Instant due) noexcept;
    void pop() noexcept;  // precondition: not empty

    // Calls visit(task) for a few tasks that are due soon, so that the caller can prefetch them: each of many tasks is
    // visited about a hundred takings before its own.
    template <class Visit>
    void visit_next(Visit&& visit) {
        wheel_.coming().hand_out(kVisits, visit);
    }

    void make_room(Index task) {  // the next push or update of this task cannot fail
        tickets_.make_room(task);
        if (tickets_.entries() >= room_) grow();
    }

private:
    static constexpr std::size_t kVisits = 4;
    static constexpr std::size_t kFewStale = 64;  // not worth a sweep

    void grow();
    void insert(DueEntry entry) noexcept;
    void take_top() noexcept;
    void find_first() noexcept;
    void revoke(Index task) noexcept;
    void sweep() noexcept;

    DueTickets tickets_;
    TimingWheel wheel_;
    EarlyHeap early_;  // due before all that is in the wheel
    DueEntry first_;
    std::size_t room_ = 0;  // entries that there is memory for
};

inline void TimerQueue::insert(DueEntry entry) noexcept {
    if (entry.key < wheel_.earliest()) {
        early_.push(entry);
    } else {
        wheel_.push(entry);
    }
    if (entry.key < first_.key || first_.task() == kNone) first_ = entry;
}

inline void TimerQueue::take_top() noexcept {
    if (early_.empty()) {
        wheel_.pop();
        if (const DueEntry* const front = wheel_.front()) {
            first_ = *front;
            return;
        }
    } else {
        early_.pop();
    }
    find_first();
}

inline void TimerQueue::find_first() noexcept {
    early_.settle(tickets_);
    if (!early_.empty()) {
        first_ = early_.top();
        return;
    }
    first_ = wheel_.settle();
    if (wheel_.empty()) wheel_.reset();
}

inline void TimerQueue::push(Index task, Instant due) {
    make_room(task);
    insert({due_key(due), task, tickets_.issue(task)});
}

inline void TimerQueue::replace_top(Instant due) noexcept {
    assert(!empty());
    const DueEntry again = first_.at(due_key(due));
    take_top();
    insert(again);
}

inline void TimerQueue::pop() noexcept {
    assert(!empty());
    const Index task = first_.task();
    take_top();
    tickets_.redeem(task);
}

}  // namespace uvsched
