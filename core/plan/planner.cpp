#include "core/plan/planner.hpp"

#include <algorithm>

#include "core/plan/due_times.hpp"

namespace uvsched {

namespace {

// A row that is being made: times that are not run, from new to old.
class MissRow {
public:
    MissRow(FireState state, Reason reason) : row_{.state = state, .reason = reason, .count = 0} {}

    void add(Instant nominal) { add(nominal, nominal, {.number = 1}); }
    void add(Instant first, Instant last, Count count) {
        if (row_.count == 0) row_.last = last;
        row_.first = first;
        row_.count += count.number;
        row_.exact = row_.exact && count.exact;
        if (row_.count <= kCountLimit) return;
        row_.count = kCountLimit;
        row_.exact = false;
    }
    void write(Plan& out) const {
        if (row_.count > 0) out.misses.push_back(row_);
    }

private:
    PlannedMiss row_;
};

class Planner {
public:
    Planner(const PlanInput& input, const DueTimes& times, Plan& out)
        : policies_(*input.policies),
          times_(times),
          out_(out),
          free_(std::max(policies_.max_instances - std::max(input.busy, 0), 0)),
          too_late_(policies_.grace ? saturating_sub(input.now, *policies_.grace) : kEarliest) {}

    void coalesced(Instant latest) {
        const Count count = times_.count();
        if (late(latest)) {
            miss(FireState::missed, Reason::misfire, latest, count);
        } else if (free_ == 0) {
            miss(FireState::skipped, Reason::max_instances, latest, count);
        } else {
            out_.runs.push_back({.slot = times_.slot(),
                                 .last = latest,
                                 .folded = count.number,
                                 .exact = count.exact,
                                 .waiting = false});
        }
    }

    void one_by_one(Instant latest) {
        MissRow misfires(FireState::missed, Reason::misfire);
        MissRow dropped = free_ == 0 ? MissRow(FireState::skipped, Reason::max_instances)
                                     : MissRow(FireState::missed, Reason::catch_up);
        const std::optional<Instant> lost = surely_late(latest);
        std::size_t wanted = free_ == 0 ? 0 : static_cast<std::size_t>(std::max(policies_.max_catch_up, 1));
        std::optional<Instant> nominal = latest;
        if (wanted > kPiece) {
            nominal = end_of_piece(lost ? times_.after(*lost).value_or(latest) : times_.slot(), latest);
            if (*nominal < latest) rest_ = times_.after(*nominal);
            wanted = kPiece;
        }
        // Each time is looked at while runs are wanted, and if jitter mixes late times with others.
        for (std::int64_t looked = 0; nominal && (!lost || *nominal > *lost); ++looked) {
            const bool full = out_.runs.size() == wanted;
            if (full && (!mixed() || looked >= kCountLimit)) break;
            if (late(*nominal)) {
                misfires.add(*nominal);
            } else if (full) {
                dropped.add(*nominal);
            } else {
                out_.runs.push_back({.slot = *nominal, .last = *nominal});
            }
            nominal = times_.before(*nominal);
        }
        if (nominal && (!lost || *nominal > *lost)) {
            const Instant first = lost ? times_.after(*lost).value_or(*nominal) : times_.slot();
            dropped.add(first, *nominal, times_.count(first, *nominal));
        }
        if (lost) misfires.add(times_.slot(), *lost, times_.count(times_.slot(), *lost));
        misfires.write(out_);
        dropped.write(out_);
        std::reverse(out_.runs.begin(), out_.runs.end());
        for (auto i = static_cast<std::size_t>(free_); i < out_.runs.size(); ++i) out_.runs[i].waiting = true;
    }

    // Where the next piece begins, if this is not the last.
    [[nodiscard]] std::optional<Instant> rest() const noexcept { return rest_; }

private:
    // The last time of the first piece of [first, latest], or of the part of it that max_catch_up allows.
    [[nodiscard]] Instant end_of_piece(Instant first, Instant latest) const {
        if (first > latest) return latest;
        const Count pile = times_.count(first, latest, policies_.max_catch_up);
        if (pile.exact && pile.number <= static_cast<std::int64_t>(kPiece)) return latest;
        Instant end = first;
        if (!pile.exact) {
            end = latest;
            for (int i = 1; i < policies_.max_catch_up; ++i) end = times_.before(end).value_or(end);
        }
        for (std::size_t i = 1; i < kPiece && end < latest; ++i) end = times_.after(end).value_or(latest);
        return std::min(end, latest);
    }

    [[nodiscard]] bool late(Instant nominal) const { return times_.due(nominal) < too_late_; }

    [[nodiscard]] bool mixed() const { return policies_.grace && times_.jitter() > 0; }

    // The latest due time that is too late whatever its jitter; all earlier ones are too late too.
    [[nodiscard]] std::optional<Instant> surely_late(Instant latest) const {
        const Instant bound = saturating_sub(too_late_, times_.jitter());
        if (times_.slot() >= bound) return std::nullopt;
        return latest < bound ? latest : times_.before(bound);
    }

    void miss(FireState state, Reason reason, Instant latest, Count count) {
        MissRow row(state, reason);
        row.add(times_.slot(), latest, count);
        row.write(out_);
    }

    const Policies& policies_;
    const DueTimes& times_;
    Plan& out_;
    std::int32_t free_;
    Instant too_late_;  // times due before this are misfires
    std::optional<Instant> rest_;
};

}  // namespace

void Plan::clear() {
    runs.clear();
    misses.clear();
    next_slot.reset();
    next_due.reset();
    hwm = kEarliest;
    asks = false;
}

namespace {

bool waits_for_piece(const PlanInput& input) {
    const Policies& policies = *input.policies;
    const bool in_pieces = !policies.coalesce && static_cast<std::size_t>(policies.max_catch_up) > kPiece;
    return in_pieces && between_pieces(input.slot, input.hwm) && input.busy >= policies.max_instances;
}

// No worker was free when they came: that is no overlap.
bool waits_for_end(const PlanInput& input, const DueTimes& times) {
    return times.latest() && input.busy >= input.policies->max_instances && times.due(*times.latest()) <= input.began;
}

// They stay, and are planned when a run ends, or then.
void put_off(const PlanInput& input, Instant until, Plan& out) {
    out.next_slot = input.slot;
    out.next_due = until;
    out.hwm = saturating_sub(input.slot, 1);
}

}  // namespace

void plan_due(const PlanInput& input, Plan& out) {
    out.clear();
    const DueTimes times(input);
    const Instant stale = saturating_sub(input.now, kPileUp);
    if (times.due(input.slot) < stale && input.trigger->known_until() < stale) {
        out.next_slot = input.slot;
        out.asks = true;
        return;
    }
    if (waits_for_piece(input) && times.latest()) {
        return put_off(input, saturating_add(input.now, kPiecePause), out);
    }
    if (waits_for_end(input, times)) {
        const Instant again = times.following() ? times.due(*times.following()) : kLatest;
        const Instant until = saturating_add(input.now, kTurnPause);
        return put_off(input, again > input.now ? std::min(again, until) : until, out);
    }
    out.next_slot = times.following();
    if (const auto latest = times.latest()) {
        out.hwm = *latest;
        Planner planner(input, times, out);
        if (input.policies->coalesce) {
            planner.coalesced(*latest);
        } else {
            planner.one_by_one(*latest);
            if (const auto rest = planner.rest()) {
                out.next_slot = rest;
                out.hwm = *rest - 1;
            }
        }
    }
    if (out.next_slot) out.next_due = times.due(*out.next_slot);
    out.asks = !out.next_slot && input.trigger->must_be_asked();
}

}  // namespace uvsched
