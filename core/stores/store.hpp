// Store: a durable store of tasks and of the ledger of fires. It has two sides:
//
//   Store         for the node: opening, looking for what is due, applying batches, and when to look again
//   TaskReader    for the questions of callers (task_reader.hpp)
//
// A store is dull: it reads rows and applies batches. It plans nothing and runs nothing. Its node (node/store_node.hpp)
// makes one call at a time, and makes the interface asynchronous for everybody else:
//
//   LOOK    look()           which tasks and ready fires are due, on the lanes that this node has; no locks held
//   PLAN    (the node)       pure
//   COMMIT  apply(batch)     one transaction: starts, finishes, releases, changes, claims; each with its own outcome
//
// A store that several nodes can have open at once also tells a node about the others (membership.hpp). Operators open
// it as visitors, and ask for a report (store_report.hpp).
//
// Each store itself does what a fork() needs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/ledger/batch.hpp"
#include "core/ledger/records.hpp"
#include "core/model/clock_line.hpp"
#include "core/model/fire.hpp"
#include "core/stores/membership.hpp"
#include "core/stores/migration.hpp"
#include "core/stores/store_report.hpp"
#include "core/stores/task_reader.hpp"

namespace uvsched {

struct LookRequest {
    Instant wall = 0;               // now, as the node knows it
    Instant elapsed = 0;            // on the elapsed line
    std::vector<LaneNumber> lanes;  // lanes that this node has room for; only these are returned
    std::size_t limit = 0;          // tasks and ready fires together
    std::size_t skip = 0;  // of the tasks that are due, and of the ready fires, so many first ones of each lane
};

struct Look {
    Now now;                               // the time that it went by: plans are made for it
    std::vector<StoredTask> due;           // in order of next_due
    std::vector<OpenFire> ready;           // in order of ready_at
    std::vector<Quarantined> quarantined;  // found unreadable by this look
    bool more = false;                     // the limit cut the answer
};

struct Retention {
    Micros age = 30 * kDay;         // rows that ended longer ago go; 0: no limit
    std::int64_t per_task = 1'000;  // and all but the newest of each task; 0: no limit
};

// What an opening makes of whoever opens a store.
enum class Role : std::uint8_t {
    node,     // one of those that run its tasks
    visitor,  // nothing is claimed, recovered or counted through it, and the store keeps no trace of it
};

struct OpenRequest {
    Role role = Role::node;
    Instant wall = 0;
    Micros elapsed = 0;  // the machine's elapsed clock, at the same moment
    std::string boot{};  // the start of the machine that this clock counts from; empty: not known, or a manual clock
    bool real = false;   // it is the machine's; one that is moved by hand counts more than a server's
    std::string label;   // the node's name for people; others may have the same
    Retention retention;
    std::vector<FireRef> ours{};  // fires that this process is working on: they become those of the new node
};

// The store has one node more, or a visitor.
struct Opened {
    NodeNumber node = 0;           // drawn at this opening: the owner of all that is claimed through it; 0: a visitor
    std::uint64_t store_hash = 0;  // of store_uuid, for fire ids
    ElapsedLine line;
    Micros lease = 0;              // a node that is silent for so long is dead; 0: there is no membership()
    std::vector<NodeNumber> dead;  // nodes that are known to be dead, for recover(); 0 for fires that nobody holds
    std::vector<Quarantined> quarantined;
    std::vector<std::string> notices{};  // told as store_warning
};

// What a dead node held.
struct Recovered {
    std::vector<OpenFire> ready;           // run again
    std::vector<OpenFire> lost;            // not run again; rows of history now
    std::vector<Quarantined> quarantined;  // found unreadable
    bool more = false;                     // the limit cut the piece
};

// The store's file was removed, or another file is in its place. Only close() can be called; open() then opens the file
// that is there.
class StoreLost : public Error {
public:
    explicit StoreLost(std::string message) : Error(Code::store, std::move(message)) {}
};

// Other nodes declared this one dead: it has no row any more, and what it held is theirs. The request did not happen.
// Only close() can be called; open() then joins as another node.
class NodeLost : public Error {
public:
    explicit NodeLost(std::string message) : Error(Code::store, std::move(message)) {}
};

// A request may have happened: its answer was lost. Made again it does nothing twice; what a node holds by then,
// mine() says.
class MaybeDone : public Error {
public:
    explicit MaybeDone(std::string message) : Error(Code::store, std::move(message)) {}
};

// The database refuses a batch, and would again: the fault is in the batch, not in the disk or the moment.
class Refused : public Error {
public:
    explicit Refused(std::string message) : Error(Code::store, std::move(message)) {}
};

class Store : public TaskReader {
public:
    // Creates or migrates the database, and joins it as a new node. Takes nothing from any other node. Throws Error:
    // busy, corrupt, version, store, with the file's name in the message. May be called again after close().
    //
    // As a visitor it makes nothing: Error(not_found) if there is no store, Error(version) if its tables are of an
    // earlier version. A visitor has no membership(), and may call what TaskReader has, apply() for a batch of adds,
    // changes, removes and runs, lanes(), changes(), next_wake(), report() and nodes().
    virtual Opened open(const OpenRequest& request) = 0;
    virtual void close() noexcept = 0;

    // The node of the last open() among the others. nullptr: no other node can have the store. With a membership, what
    // writes and what reads the fires of this node throws NodeLost once its row is gone, and after each transaction
    // that moves changes() for others the store wakes them.
    [[nodiscard]] virtual std::shared_ptr<Membership> membership() { return nullptr; }

    // Throws StoreLost if the store's file was removed or replaced; apply() checks by itself.
    virtual void check() {}

    // The present, which decides what is due, as well as it can be told without asking the store: its own clock by what
    // is known of it, or this process's. On any thread, also of a closed store.
    [[nodiscard]] virtual Now now(const Now& here) const { return here; }

    virtual Look look(const LookRequest& request) = 0;

    // One transaction. Throws MaybeDone if it may have happened, and another Error(store) if it did not. The requests
    // are then untouched and can be applied again, after Refused one by one. Refusals of single requests are outcomes,
    // not exceptions. Also throws StoreLost if starts were written to a file that nobody will find.
    virtual void apply(Batch& batch) = 0;

    // Recovers fires of a node that is dead, or of this one, which leaves: a piece of about `limit`, in one
    // transaction. The row of the node goes with its last piece.
    virtual Recovered recover(NodeNumber dead, Instant now, std::size_t limit) = 0;

    // Answers a claim of this node again, as apply() did when that answer was lost: done, with the fires that the node
    // still holds, or refused. Whether a claim without a run was made, only the task's state tells: refused if that has
    // changed since. Leaves out `asking`.
    virtual void recall(Claim& claim) = 0;

    // The fires that this node holds by the store's account, claimed or running.
    virtual std::vector<FireRef> mine() = 0;

    // Sets a task apart with all its fires: its rows stay, no look returns them, and the next opening reads them again.
    virtual Quarantined set_apart(TaskNumber task, const std::string& why) = 0;

    // The earliest time at which look() would find something on these lanes: the smallest next_due of each clock line
    // and ready_at. In the store's time.
    struct Wake {
        std::optional<Instant> wall;
        std::optional<Instant> elapsed;
        friend bool operator==(const Wake&, const Wake&) = default;
    };
    virtual Wake next_wake(std::span<const LaneNumber> lanes) = 0;

    // All lanes of tasks and open fires.
    virtual std::vector<Lane> lanes() = 0;

    // A number that moves when another node has made something that this one must find: a task, a due time that comes
    // earlier, a fire that is ready. Claims and ends of runs do not move it, nor does a batch of this node.
    virtual std::uint64_t changes() = 0;

    // Active tasks without a due time: their process ended before their custom triggers were asked.
    virtual std::vector<StoredTask> asking() = 0;

    // Deletes old history, a bounded piece at a time; true while there is more to do.
    virtual bool prune(Instant now) = 0;

    // ---- for operators ----

    // Writes down the lanes that this node has now.
    virtual void tell_lanes(std::span<const LaneNumber> /*lanes*/) {}

    // What there is to say of the store as a whole, and of its nodes alone. The report may take long.
    [[nodiscard]] virtual StoreReport report() { refuse_report(); }
    [[nodiscard]] virtual std::vector<NodeReport> nodes() { refuse_report(); }

    // Of a closed store: makes it, or brings its tables up to date, or says with what that would be done. Throws what
    // open() throws.
    [[nodiscard]] virtual Migration migrate(Migrates /*how*/) { refuse_report(); }

private:
    [[noreturn]] static void refuse_report() { fail(Code::unsupported, "this store cannot tell of itself"); }
};

// The named steps of a store's transactions, for tests that kill the process there.
using StepProbe = std::function<void(const char* step)>;

}  // namespace uvsched
