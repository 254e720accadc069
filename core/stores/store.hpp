// Store: where a durable store keeps tasks and the ledger of fires.
//
// A store is a dull thing: it reads rows and applies batches. It plans nothing and runs nothing. Every member is called
// on one thread, the store's own (engine/store_thread.hpp), which makes the interface asynchronous for everybody else:
//
//   LOOK    look()           which tasks and ready fires are due, of the lanes this node has; no locks held
//   PLAN    (the engine)     pure
//   COMMIT  apply(batch)     one transaction: finishes, releases, gates, changes, claims; each with its own outcome
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/model/fire.hpp"
#include "core/model/task.hpp"
#include "core/plan/planner.hpp"

namespace uvsched {

using TaskNumber = std::int64_t;  // the row's primary key `n`
using LaneNumber = std::int64_t;

// What a node must have to run a task.
struct Lane {
    LaneNumber number = 0;
    std::string executor;
    std::string function;
    TaskNumber example = 0;  // one task on it, for messages
    std::string example_id;
};

struct StoredTask {
    TaskNumber number = 0;
    LaneNumber lane = 0;
    std::shared_ptr<const Definition> definition;
    TaskState state;
    std::int32_t open = 0;  // its fires that are waiting, ready, claimed or running
};

// A row that cannot be read. It stays in the store, and no look returns it.
struct Quarantined {
    std::string id;
    std::string why;
};

// A fire in the open part of the ledger.
struct OpenFire {
    StoredTask task;  // as it is now
    FireKey key;
    std::int64_t last_slot = 0;
    std::int64_t folded = 1;
    bool exact = true;
    FireState state = FireState::claimed;
    std::uint64_t token = 0;  // the fence: start and finish must name it
    std::int32_t attempt = 0;
    std::int32_t crashes = 0;
};

// How start, finish and release name a fire: its key, and the token that proves it is still theirs.
struct FireRef {
    TaskNumber task = 0;
    FireKey key;
    std::uint64_t token = 0;
};

struct LookRequest {
    Instant wall = 0;               // now
    Instant elapsed = 0;            // now on the elapsed line (wall - shift)
    std::vector<LaneNumber> lanes;  // those this node has room for; nothing else is returned
    std::size_t limit = 0;          // tasks and ready fires together
};

struct Look {
    std::vector<StoredTask> due;           // in order of next_due
    std::vector<OpenFire> ready;           // in order of ready_at
    std::vector<Quarantined> quarantined;  // found unreadable by this look
    bool more = false;                     // the limit cut the answer
};

// ---- What a batch holds. Requests carry their answers. ----

enum class Outcome : std::uint8_t {
    none,     // not applied (yet)
    done,     // applied; or, for start and finish, applied before by the same owner and token
    refused,  // the fence or the revision has moved on: it is somebody else's now
    missing,  // no such task
};

struct Claim {
    TaskNumber task = 0;
    std::uint64_t rev = 0;  // as look() gave it: compare-and-set
    Plan plan;
    Instant now_wall = 0;
    std::shared_ptr<const Definition>
        definition;  // for whoever tells of the claim; the store does not look at these three
    ClockLine clock = ClockLine::wall;
    Instant anchor = 0;
    // answers
    Outcome outcome = Outcome::none;
    StoredTask asking;            // as it is now, where plan.asks
    std::vector<OpenFire> fires;  // one for each plan.runs; those not waiting are claimed by this node
};

// ready -> claimed, for a fire that look() returned in `ready`.
struct Take {
    FireRef fire;  // with the token look() gave
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
    std::uint64_t token = 0;  // the new one
};

// The start gate: claimed -> running.
struct Start {
    FireRef fire;
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
};

// running -> done | failed | cancelled, or claimed -> cancelled: out of open, into history. A refused one is kept as
// late_result of the history row, where there is one. Finishing promotes the task's oldest waiting fire to ready.
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

// claimed -> ready, or running -> ready where this node knows that the call was never made. The token grows.
struct Release {
    FireRef fire;
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
};

// What adding does about an id that is there already.
enum class OnExisting : std::uint8_t { keep_if_equal, replace };

struct Add {
    std::shared_ptr<const Definition> definition;
    TaskState state;  // for creation (uid, anchor, next_slot, next_due, status …), and for a replacement that changes
                      // the trigger
    std::optional<PlannedMiss> miss;  // written with a creation: past_when_added
    OnExisting on_existing = OnExisting::keep_if_equal;
    bool derived_id = false;  // the id was derived, not given: an unequal definition replaces, without being asked
    Instant now_wall = 0;
    // answers
    enum class Result : std::uint8_t { none, created, unchanged, replaced, conflict } result = Result::none;
    StoredTask task;  // as stored now; on a conflict, what is there
};

// Changes an existing task: any of the members that are set, all or nothing.
struct Change {
    std::string id;
    std::optional<std::uint64_t> rev;  // apply only at this revision
    std::shared_ptr<const Definition>
        definition;                   // a new definition; where its trigger differs, `state` is the new schedule
    std::optional<TaskState> state;   // anchor, next_slot, next_due, status, clock are taken from it
    std::optional<PlannedMiss> miss;  // written with it, and `error` as its text
    std::string error{};
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
    StoredTask task;
};

// Deletes a task; its waiting, ready and claimed fires become skipped(deleted), what runs goes on. An empty id deletes
// all.
struct Remove {
    std::string id;
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
    std::int64_t removed = 0;
};

// A manual fire, ready at once. Its slot is a request number the store draws.
struct RunNow {
    std::string id;
    Instant now_wall = 0;
    Outcome outcome = Outcome::none;
    FireKey key;
};

struct Batch {  // applied in this order, in one transaction
    std::vector<Finish> finishes;
    std::vector<Release> releases;
    std::vector<Start> starts;
    std::vector<Add> adds;
    std::vector<Change> changes;
    std::vector<Remove> removes;
    std::vector<RunNow> runs;
    std::vector<Take> takes;
    std::vector<Claim> claims;
    std::optional<Micros> shift;  // add this to meta.shift: the wall clock was set

    [[nodiscard]] bool empty() const noexcept;
    void clear();
};

struct HistoryQuery {
    std::string task_id;  // empty: of all tasks
    std::optional<FireState> state;
    std::int64_t before = INT64_MAX;  // rows with seq below this: pages go from new to old
    std::size_t limit = 100;
};

struct Retention {
    Micros age = 30 * kDay;         // rows that ended longer ago go; 0: no limit
    std::int64_t per_task = 1'000;  // and all but the newest of each task; 0: no limit
};

struct OpenRequest {
    Instant wall = 0;
    std::string node;  // this node's identity, for owner columns
    Retention retention;
};

// What opening found and did.
struct Opened {
    std::uint64_t store_hash = 0;  // of store_uuid, for fire ids
    Micros shift = 0;
    std::vector<OpenFire> recovered;  // fires of a dead process, now ready again
    std::vector<OpenFire> lost;       // and those given up
    std::vector<Quarantined> quarantined;
};

class Store {
public:
    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    // Creates or migrates the database, takes the file for this process, and recovers what a dead process left.
    // Throws Error: busy, corrupt, version, store, with the file's name in the message. A second open() after close()
    // is fine.
    virtual Opened open(const OpenRequest& request) = 0;
    virtual void close() noexcept = 0;

    // fork(): lets go of the database in the parent (no checkpoint), keeping the process's claim on the file; and back.
    virtual void suspend() noexcept = 0;
    virtual void resume() = 0;

    virtual Look look(const LookRequest& request) = 0;

    // One transaction. Throws Error(store) when it did not happen; the batch's requests are then untouched and can be
    // applied again. Individual refusals are outcomes, not exceptions.
    virtual void apply(Batch& batch) = 0;

    // The earliest time at which look() would find something on these lanes: the smallest next_due of each clock line
    // and ready_at.
    struct Wake {
        std::optional<Instant> wall;
        std::optional<Instant> elapsed;
        friend bool operator==(const Wake&, const Wake&) = default;
    };
    virtual Wake next_wake(std::span<const LaneNumber> lanes) = 0;

    // All lanes that any task or open fire is on.
    virtual std::vector<Lane> lanes() = 0;

    // Active tasks without a due time: their custom triggers were to be asked when the process that had them ended.
    virtual std::vector<StoredTask> asking() = 0;

    virtual std::optional<StoredTask> get(const std::string& id) = 0;

    // Tasks in order of id, after `after`, at most `limit`. Finished ones are hidden unless asked for.
    virtual std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) = 0;
    virtual std::int64_t count() = 0;

    virtual std::vector<HistoryRow> history(const HistoryQuery& query) = 0;

    // Deletes old history, a bounded piece at a time; true while there is more to do.
    virtual bool prune(Instant now) = 0;
};

// The named steps of a store's transactions, for tests that kill the process there.
using StepProbe = std::function<void(const char* step)>;

}  // namespace uvsched
