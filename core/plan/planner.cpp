#include "core/plan/planner.hpp"

#include <algorithm>

#include "core/plan/due_times.hpp"

namespace uvsched {

namespace {

// A row in the making: times that are not run, met from new to old.
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
        const std::size_t wanted = free_ == 0 ? 0 : static_cast<std::size_t>(std::max(policies_.max_catch_up, 1));
        std::optional<Instant> nominal = latest;
        // While runs are wanted, and where jitter mixes the late with the others, each time is looked at.
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

private:
    [[nodiscard]] bool late(Instant nominal) const { return times_.due(nominal) < too_late_; }

    [[nodiscard]] bool mixed() const { return policies_.grace && times_.jitter() > 0; }

    // The latest of the due times that is too late whatever its jitter; so is all before it.
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
    Instant too_late_;  // what was due before this is a misfire
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

void plan_due(const PlanInput& input, Plan& out) {
    out.clear();
    const DueTimes times(input);
    const Instant stale = saturating_sub(input.now, kPileUp);
    if (times.due(input.slot) < stale && input.trigger->known_until() < stale) {
        out.next_slot = input.slot;
        out.asks = true;
        return;
    }
    if (const auto latest = times.latest()) {
        out.hwm = *latest;
        Planner planner(input, times, out);
        if (input.policies->coalesce) {
            planner.coalesced(*latest);
        } else {
            planner.one_by_one(*latest);
        }
    }
    out.next_slot = times.following();
    if (out.next_slot) out.next_due = times.due(*out.next_slot);
    out.asks = !out.next_slot && input.trigger->asked();
}

}  // namespace uvsched
