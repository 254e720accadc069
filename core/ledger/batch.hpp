// Batch: requests to a store that are done in one transaction. Requests carry their answers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger/declaration.hpp"
#include "core/ledger/records.hpp"
#include "core/plan/planner.hpp"

namespace uvsched {

enum class Outcome : std::uint8_t {
    none,     // not applied (yet)
    done,     // applied; or, for start and finish, applied before by the same owner and token
    refused,  // the fence or the revision has changed: another owner has it now
    missing,  // no such task
};

// A due time or an unstarted fire that a change, a replacement or a deletion of its task ended; it is a row of history
// now. For events.
struct Dropped {
    std::string id;
    std::string name;  // of the task; empty if its definition cannot be read
    PlannedMiss miss;  // in wall time
    std::optional<FireKey> fire{};
};

struct Claim {
    std::int64_t id = 0;  // drawn by the node: it is known again by it, see Store::recall(); 0: none
    TaskNumber task = 0;
    std::uint64_t rev = 0;  // from look(): compare-and-set
    Plan plan;
    Instant now_wall = 0;
    std::shared_ptr<const Definition> definition;  // for the event of the claim; the store ignores these three
    ClockLine clock = ClockLine::wall;
    Instant anchor = 0;
    // answers
    Outcome outcome = Outcome::none;
    StoredTask asking;            // the task now, if plan.asks
    std::vector<OpenFire> fires;  // one for each plan.runs; those not waiting are claimed by this node
};

// The fire that a claim makes of a planned run of a task; its task and its wall time are the store's to add.
[[nodiscard]] OpenFire planned_fire(const PlannedRun& run, const TaskState& state);
// Adds those of a claim that was made, on a store without a line of elapsed time; `task` is as the claim has left it.
void add_planned_fires(Claim& claim, const StoredTask& task);

// ready -> claimed, for a fire that look() returned in `ready`.
struct Take {
    FireRef fire;  // with the token from look()
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
    std::uint64_t token = 0;  // the new one
};

// The start gate: claimed -> running. The function is being called, or is called as soon as this is done.
struct Start {
    FireRef fire;
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
};

// claimed or running -> done | failed | cancelled | missed: out of open, into history. A refused result is kept as
// late_result of the history row, if there is one. Finishing makes the task's oldest waiting fire ready.
struct Finish {
    FireRef fire;
    FireState state = FireState::done;
    Reason reason = Reason::none;
    std::string result;
    std::string error;
    Instant started_at = 0;
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
};

// claimed -> ready, or running -> ready if this node knows that the function was never called. The token grows. If its
// task was deleted meanwhile, the fire becomes skipped(deleted) instead.
struct Release {
    FireRef fire;
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
    std::optional<Dropped> dropped{};
    std::shared_ptr<const Definition> task{};  // for the name in `dropped`: the store has it no more
};

struct Add {
    std::shared_ptr<const Definition> definition;
    TaskState state;  // for creation (uid, anchor, next_slot, next_due, status …), and for a replacement that changes
                      // the trigger; a paused task stays so
    std::optional<PlannedMiss> miss;  // written with `state`: past_when_added, never_fires; `error` as its text
    std::string error{};
    OnExisting on_existing = OnExisting::keep_if_equal;
    bool reschedule = false;  // `state` is for each replacement: its first time was given
    bool at_start = false;    // declared at a start, and not added while the scheduler runs: see declared_at_start()
    Instant now_wall = 0;
    // answers
    enum class Result : std::uint8_t { none, created, unchanged, replaced, conflict } result = Result::none;
    StoredTask task;                           // the stored task; on a conflict, the one that stays
    std::shared_ptr<const Definition> before;  // the replaced definition; nullptr if it could not be read
    bool edited = false;                       // the replaced definition was edited after it was declared
    std::vector<Dropped> dropped{};
};

// Changes an existing task: all members that are set, or none.
struct Change {
    std::string id;
    std::optional<std::uint64_t> rev;  // apply only at this revision
    std::shared_ptr<const Definition>
        definition;                   // a new definition; if its trigger differs, `state` is the new schedule
    std::optional<TaskState> state;   // anchor, next_slot, next_due, status, clock are taken from it
    std::optional<PlannedMiss> miss;  // written with it, and `error` as its text
    std::string error{};
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
    StoredTask task;
    std::vector<Dropped> dropped{};
};

// Deletes a task. Its waiting, ready and claimed fires become skipped(deleted); running fires go on. An empty id
// deletes all tasks.
struct Remove {
    std::string id;
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
    std::int64_t removed = 0;
    std::vector<Dropped> dropped{};
};

// A manual fire, ready at once.
struct RunNow {
    std::string id;
    std::int64_t request = 0;  // the fire's slot: a random number that the asker draws, above 0
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
    FireKey key;
};

struct Batch {                    // applied in this order, in one transaction: a short run starts and ends in one
    std::optional<Micros> shift;  // wall time minus elapsed time by now: the wall clock was set
    std::vector<Start> starts;
    std::vector<Finish> finishes;
    std::vector<Release> releases;
    std::vector<Add> adds;
    std::vector<Change> changes;
    std::vector<Remove> removes;
    std::vector<RunNow> runs;
    std::vector<Take> takes;
    std::vector<Claim> claims;

    [[nodiscard]] bool empty() const noexcept;

    // All requests are again as if they had not been applied.
    void forget_answers() noexcept;
};

}  // namespace uvsched
