// Checker: whether a ledger and the log of what was called are what RELIABILITY promises. It shares no code with the
// engine, the planner or the stores: due times are worked out from the periods that the simulation declared.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/model/fire.hpp"
#include "tests/simulation/start_log.hpp"

namespace uvsched::simulation {

// A fire that the ledger still holds open.
struct OpenRow {
    std::string task;
    FireKey key;
    std::int64_t last_slot = 0;
    std::int64_t folded = 1;
    FireState state = FireState::claimed;
};

// What the simulation knows of one schedule: a task's (uid, gen).
struct Schedule {
    std::string task;
    Micros period = 0;
    // Due times that nobody need account for, both ends included: before the first, in a pause, or while the schedule
    // was changed. On the task's own clock line.
    struct Hole {
        Instant first = kEarliest;
        Instant last = kLatest;
    };
    std::vector<Hole> holes;
    // Due times from `begin` on (if it is known), up to `end`, must be in the ledger.
    std::optional<Instant> begin;
    Instant end = kEarliest;
};

struct Ledger {
    std::vector<HistoryRow> history;
    std::vector<OpenRow> open;
};

using ScheduleKey = std::pair<Uid, std::uint32_t>;

class Checker {
public:
    // Each schedule's due times are in exactly one row: run, folded, missed or skipped.
    void due_times(const Ledger& ledger, const std::map<ScheduleKey, Schedule>& schedules);
    // Nothing was called before its time, or under a time that is not its own.
    void not_early(const std::vector<Call>& calls);
    // No scheduled run began while max_instances runs of its task were under way in the same life.
    void instances(const std::vector<Call>& calls);
    // A fire of a mark_lost task was called once at most; of any task, once for each attempt.
    void once(const std::vector<Call>& calls);
    // What was called is in the ledger once, as something that was called; and the other way round. What was called in
    // a life before `last_life` may not have been written any more. What was called before anybody was told that its
    // fire had ended (`untold`) may be there as skipped.
    void both_agree(
        const Ledger& ledger, const std::vector<Call>& calls, int last_life,
        const std::function<bool(const Call&)>& untold = [](const Call&) { return false; });
    // Nothing is left that should have ended.
    void nothing_stuck(const Ledger& ledger);

    [[nodiscard]] const std::vector<std::string>& faults() const noexcept { return faults_; }

private:
    void fault(std::string what) { faults_.push_back(std::move(what)); }
    std::vector<std::string> faults_;
};

}  // namespace uvsched::simulation
