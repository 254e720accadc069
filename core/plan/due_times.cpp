#include "core/plan/due_times.hpp"

#include <algorithm>

namespace uvsched {

DueTimes::DueTimes(const PlanInput& input)
    : trigger_(*input.trigger, input.to_wall),
      uid_(input.uid),
      anchor_(input.anchor),
      slot_(input.slot),
      now_(input.now),
      jitter_(input.trigger->jitter()),
      once_(input.trigger->kind() == TriggerKind::date),
      sure_(input.slot) {
    if (due(slot_) > now_) {
        following_ = slot_;
        return;
    }
    latest_ = slot_;
    following_ = after(slot_);
    // Most tasks are seen in time: one is due, and the next is not.
    if (!following_ || due(*following_) > now_) return;
    const auto sure = trigger_.previous(saturating_add(saturating_sub(now_, jitter_), 1), anchor_);
    sure_ = std::max(slot_, sure.value_or(slot_));
    walk(sure_);
}

void DueTimes::walk(Instant from) {
    latest_ = from;
    following_ = after(from);
    // Few of the times that jitter may still delay are due one after the other; a longer stretch is left to the next
    // plan.
    while (following_ && due(*following_) <= now_ && walked_ < kCountLimit) {
        ++walked_;
        latest_ = following_;
        following_ = after(*latest_);
    }
}

Count DueTimes::count() const {
    Count total = count(slot_, sure_);
    total.number += walked_;
    if (total.number > kCountLimit) total = {.number = kCountLimit, .exact = false};
    return total;
}

Count DueTimes::count(Instant first, Instant last, std::int64_t limit) const {
    if (first > last) return {};
    const bool own = first == slot_;  // on the grid or not, it counts
    Count total;
    if (!own) {
        total = trigger_.count(first, last, anchor_, limit);
    } else if (last > slot_) {
        total = trigger_.count(slot_ + 1, last, anchor_, limit);
    }
    total.number += own ? 1 : 0;
    if (total.number > limit) total = {.number = limit, .exact = false};
    return total;
}

std::optional<Instant> DueTimes::after(Instant nominal) const {
    if (once_) return std::nullopt;
    return trigger_.next(nominal, anchor_);
}

std::optional<Instant> DueTimes::before(Instant nominal) const {
    if (nominal <= slot_) return std::nullopt;
    return std::max(slot_, trigger_.previous(nominal, anchor_).value_or(slot_));
}

Instant DueTimes::due(Instant nominal) const { return jitter_ == 0 ? nominal : trigger_.due(uid_, nominal, anchor_); }

}  // namespace uvsched
