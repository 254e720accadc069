#include "core/queue/timer_queue.hpp"

namespace uvsched {

void TimerQueue::grow() {
    const std::size_t entries = tickets_.entries();
    const std::size_t room = entries + entries / 4 + kFewStale;
    wheel_.reserve(room);
    early_.reserve(room);
    room_ = room;
}

void TimerQueue::update(Index task, Instant due) {
    make_room(task);
    if (contains(task)) revoke(task);
    insert({due_key(due), task, tickets_.issue(task)});
    sweep();
}

void TimerQueue::remove(Index task) noexcept {
    if (!contains(task)) return;
    revoke(task);
    sweep();
}

void TimerQueue::revoke(Index task) noexcept {
    tickets_.revoke(task);
    if (task == first_.task()) find_first();
}

// Stale entries that outnumber the live ones go, a bounded piece with each one more.
void TimerQueue::sweep() noexcept {
    if (tickets_.stale_entries() > tickets_.live_entries() + kFewStale && wheel_.sweep_some()) early_.sweep(tickets_);
}

}  // namespace uvsched
