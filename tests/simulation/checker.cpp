#include "tests/simulation/checker.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace uvsched::simulation {
namespace {

std::string name(const FireKey& key) {
    return "gen " + std::to_string(key.gen) + ", " + kind_text(key.kind) + " " + std::to_string(key.slot);
}

// Due times first, last, and how many the row says there are.
struct Piece {
    Instant first = 0;
    Instant last = 0;
    std::int64_t count = 1;
    bool exact = true;
    std::string what;
};

bool was_called(FireState state) {
    return state == FireState::done || state == FireState::failed || state == FireState::lost;
}

using FullKey = std::tuple<Uid, std::uint32_t, FireKind, std::int64_t>;
FullKey full(const FireKey& key) { return {key.uid, key.gen, key.kind, key.slot}; }

}  // namespace

void Checker::due_times(const Ledger& ledger, const std::map<ScheduleKey, Schedule>& schedules) {
    std::map<ScheduleKey, std::vector<Piece>> pieces;
    for (const HistoryRow& row : ledger.history) {
        if (row.key.kind != FireKind::scheduled || row.folded == 0) continue;
        pieces[{row.key.uid, row.key.gen}].push_back(
            {.first = row.key.slot,
             .last = row.key.slot + (row.last - row.first),
             .count = row.folded,
             .exact = row.exact,
             .what = std::string(state_text(row.state)) + " " + reason_text(row.reason)});
    }
    for (const OpenRow& row : ledger.open) {
        if (row.key.kind != FireKind::scheduled) continue;
        pieces[{row.key.uid, row.key.gen}].push_back({.first = row.key.slot,
                                                      .last = row.last_slot,
                                                      .count = row.folded,
                                                      .exact = true,
                                                      .what = state_text(row.state)});
    }
    for (const auto& [key, schedule] : schedules) {
        std::vector<Piece>& rows = pieces[key];
        std::sort(rows.begin(), rows.end(), [](const Piece& a, const Piece& b) { return a.first < b.first; });
        const std::string task = "task " + schedule.task + " (gen " + std::to_string(key.second) + "): ";
        const auto in_hole = [&](Instant first, Instant last) {
            return std::any_of(schedule.holes.begin(), schedule.holes.end(),
                               [&](const Schedule::Hole& hole) { return hole.first <= first && last <= hole.last; });
        };
        Instant next = schedule.begin.value_or(rows.empty() ? kLatest : rows.front().first);  // what must come next
        for (const Piece& row : rows) {
            const std::string where = task + row.what + " " + std::to_string(row.first);
            if (row.first < next) {
                fault(where + ": a due time is in two rows, or comes before the first");
                continue;
            }
            // A row may be of a time that is yet to come again: the clock was set back since.
            const Instant until = std::min(row.first, schedule.end);
            if (until > next && !in_hole(next, until - schedule.period)) {
                fault(where + ": due times from " + std::to_string(next) + " on are in no row");
            }
            if (const Micros span = row.last - row.first; span < 0 || span % schedule.period != 0) {
                fault(where + ": ends between due times, at " + std::to_string(row.last));
            } else if (row.exact && row.count != span / schedule.period + 1) {
                fault(where + ": counts " + std::to_string(row.count) + " due times, and covers " +
                      std::to_string(span / schedule.period + 1));
            }
            next = row.last + schedule.period;
        }
        if (next < schedule.end && !in_hole(next, schedule.end - schedule.period)) {
            fault(task + "due times from " + std::to_string(next) + " to " + std::to_string(schedule.end) +
                  " are in no row");
        }
    }
    for (const auto& [key, rows] : pieces) {
        if (!rows.empty() && !schedules.contains(key)) {
            fault("rows of a schedule that nobody made: uid " + std::to_string(key.first));
        }
    }
}

void Checker::not_early(const std::vector<Call>& calls) {
    for (const Call& call : calls) {
        if (call.latest < call.scheduled) {
            fault("task " + call.task + " was called " + std::to_string(call.scheduled - call.latest) +
                  " us early: " + name(call.key));
        }
    }
}

void Checker::instances(const std::vector<Call>& calls) {
    for (std::size_t i = 0; i < calls.size(); ++i) {
        const Call& call = calls[i];
        if (call.key.kind != FireKind::scheduled) continue;
        std::int32_t busy = 1;
        for (std::size_t before = 0; before < i; ++before) {
            const Call& other = calls[before];
            if (other.key.kind == FireKind::scheduled && other.task == call.task && other.key.uid == call.key.uid &&
                other.life == call.life && other.ended > call.began.elapsed) {
                ++busy;
            }
        }
        if (busy > call.max_instances) {
            fault("task " + call.task + ": " + std::to_string(busy) + " runs at once, of at most " +
                  std::to_string(call.max_instances) + ": " + name(call.key));
        }
    }
}

void Checker::once(const std::vector<Call>& calls) {
    std::map<FullKey, std::vector<const Call*>> by_fire;
    for (const Call& call : calls) by_fire[full(call.key)].push_back(&call);
    for (const auto& [key, of_fire] : by_fire) {
        const std::string which = "task " + of_fire.front()->task + ", " + name(of_fire.front()->key);
        std::set<int> lives;
        for (const Call* const call : of_fire) {
            if (!lives.insert(call->life).second) fault(which + " was called twice in one life");
        }
        if (of_fire.size() > 1 && of_fire.front()->on_crash == OnCrash::mark_lost) {
            fault(which + " was called " + std::to_string(of_fire.size()) + " times, though its task says mark_lost");
        }
    }
}

void Checker::both_agree(const Ledger& ledger, const std::vector<Call>& calls, int last_life,
                         const std::function<bool(const Call&)>& untold) {
    std::map<FullKey, const HistoryRow*> ended;
    for (const HistoryRow& row : ledger.history) {
        if (row.state == FireState::missed) continue;
        if (!ended.emplace(full(row.key), &row).second) fault("two ends of " + name(row.key));
    }
    std::set<FullKey> open;
    for (const OpenRow& row : ledger.open) {
        if (!open.insert(full(row.key)).second || ended.contains(full(row.key))) {
            fault("two rows of " + name(row.key));
        }
    }
    std::set<FullKey> called;
    for (const Call& call : calls) {
        const FullKey key = full(call.key);
        called.insert(key);
        const auto found = ended.find(key);
        if (found == ended.end() && !open.contains(key)) {
            fault("task " + call.task + " was called, and the ledger has no row of it: " + name(call.key));
        } else if (found != ended.end() && found->second->state == FireState::skipped && call.returned() &&
                   call.life == last_life && !untold(call)) {
            fault("task " + call.task + " was called, and the ledger says it was skipped: " + name(call.key));
        }
    }
    for (const auto& [key, row] : ended) {
        if (was_called(row->state) && row->reason == Reason::none && !called.contains(key)) {
            fault("task " + row->task_id + " is " + state_text(row->state) +
                  ", and was never called: " + name(row->key));
        }
    }
}

void Checker::nothing_stuck(const Ledger& ledger) {
    for (const OpenRow& row : ledger.open) {
        fault("task " + row.task + ": still " + state_text(row.state) + " in the end: " + name(row.key));
    }
}

}  // namespace uvsched::simulation
