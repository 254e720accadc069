// StoreRequest: what is asked of a durable store, and StoreReply: what came of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/ledger/fire_set.hpp"
#include "core/model/clock_line.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// The lanes of one executor, looked at together because they share its room.
struct LaneGroup {
    std::uint16_t executor = 0;
    std::vector<LaneNumber> lanes;
};
using LaneGroups = std::shared_ptr<const std::vector<LaneGroup>>;

struct LookWant {
    std::uint16_t executor = 0;
    std::vector<LaneNumber> lanes;
    std::size_t limit = 0;
};

// The times that a custom trigger gave for a task whose due times piled up. The task is planned and claimed with them,
// if it has not changed since.
struct KnownPile {
    std::string id;
    Uid uid = 0;
    std::uint64_t rev = 0;
    TriggerPtr times;
};

// When there will be something to do for each of these groups, in their order, by this process's clock.
struct GroupWakes {
    LaneGroups groups;
    std::vector<Store::Wake> wakes;
};

struct StoreReply {
    Batch batch;                           // with the outcomes; the claims and takes of the looks among them
    std::vector<OpenFire> taken;           // the fires of batch.takes that this node got
    std::vector<Quarantined> quarantined;  // tasks that were set apart; StoreHooks::quarantined has told of them
    std::optional<Now> looked;             // the time that the first look went by, by this process's clock
    std::optional<Error> error;            // the request did not happen
    bool refused = false;                  // and trying it again would not help
};

// When runs under way were called that had waited for it, by task.
using BegunLate = std::unordered_map<TaskNumber, Now>;

struct StoreRequest {
    Batch batch;
    std::vector<LookWant> looks;
    std::vector<KnownPile> piles{};
    BegunLate begun_late{};  // for looks and piles
    bool retry = false;      // must not be lost: it is tried until the store takes it
    // Called by whoever pumps the node, without a lock. If it throws bad_alloc, it has not touched the reply, and is
    // called again later.
    std::function<void(StoreReply&&)> done;
};

// A store that was opened, and what was left in it by nodes that were dead.
struct Joined {
    Opened opened;
    Recovered left;
};

// What a node tells about itself. Called by whoever pumps it; none of them throws.
struct StoreHooks {
    std::function<Now()> now;                        // this process's clock, on this store's lines
    std::function<Micros()> elapsed;                 // the machine's elapsed clock: leases are measured by it
    std::function<void(const GroupWakes&)> wakes;    // after each cycle, before its replies
    std::function<void(std::vector<Lane>&&)> lanes;  // another node changed something; all lanes by now
    std::function<void(const Error&)> failed;        // a request failed; it is tried again
    std::function<bool(const StoreLost&)> lost;      // the store is closed; true: open it again
    std::function<void(StoreReply&&)> made;          // claims and takes whose answers were lost; like a reply
    std::function<void(const FireSet&)> held;        // the fires that are this node's; others' are in none
    std::function<void(const std::vector<StoredTask>&)> asking;  // they may lack a time that nobody asks for
    std::function<std::vector<FireRef>()> at_work;           // the fires whose runs are under way or whose results wait
    std::function<void(const Joined&)> reopened;             // it was opened again; read() and apply() do not wait here
    std::function<void(const NodeLost&)> outcast;            // the others declared this node dead; it joins again
    std::function<void(const Joined&)> rejoined;             // as reopened: it is another node of the same store now
    std::function<void(const Recovered&)> taken_over;        // a piece of what a dead node held
    std::function<void()> renewed;                           // the lease had run out, and holds again
    std::function<void()> lease_passed;                      // a lease has passed, beside other nodes
    std::function<void()> recovered;                         // the first success after a failure
    std::function<void(const std::string&)> trigger_failed;  // a plan could not be made; for which task, and why
    std::function<void(const Quarantined&)> quarantined;     // a task was set apart
    std::function<void(const Dropped&)> dropped;             // a fire came back when its task was deleted, and ended
};

}  // namespace uvsched
