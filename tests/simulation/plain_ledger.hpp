// PlainLedger: what a store promises to several nodes, in maps: the rows that a real one would keep. It knows the rules
// of core/ledger and nothing of files, connections and locks; each call is a transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "core/stores/store.hpp"

namespace uvsched::simulation {

struct PlainFire {
    FireKey key;
    std::int64_t last_slot = 0;
    std::int64_t folded = 1;
    bool exact = true;
    FireState state = FireState::claimed;
    Instant ready_at = 0;
    NodeNumber owner = 0;
    std::uint64_t token = 1;
    std::int32_t crashes = 0;
    std::int64_t claim = 0;
};

struct PlainTask {
    TaskNumber number = 0;
    std::shared_ptr<const Definition> definition;
    TaskState state;
    bool removed = false;  // only what still runs of it is left
    std::map<std::tuple<std::uint32_t, FireKind, std::int64_t>, PlainFire> open;

    [[nodiscard]] StoredTask stored() const;
    // nullptr if it is not open.
    [[nodiscard]] PlainFire* find(const FireKey& key);
};

struct PlainNode {
    std::uint64_t count = 0;
    bool gone = false;      // its process has ended, and the system says so
    std::uint64_t own = 0;  // of `changes`: what it made itself
};

class PlainLedger {
public:
    std::map<TaskNumber, PlainTask> tasks;
    std::map<NodeNumber, PlainNode> nodes;
    std::vector<HistoryRow> history;
    std::vector<std::uint64_t> tokens;                                              // of the fires in `history`
    std::map<std::tuple<Uid, std::uint32_t, FireKind, std::int64_t>, int> crashes;  // how often a fire was recovered
    std::uint64_t changes = 0;
    NodeNumber last_node = 0;
    bool compares = true;  // false: a planted fault, see PlantedAmongNodes::claims_uncompared

    // For one node.
    void apply(Batch& batch, NodeNumber node);
    [[nodiscard]] Look look(const LookRequest& request);
    void recall(Claim& claim, NodeNumber node);
    [[nodiscard]] std::vector<FireRef> mine(NodeNumber node);
    // The fires of one node, or of `everybody`.
    [[nodiscard]] Recovered recover(NodeNumber dead, Instant now, NodeNumber by, bool everybody = false);

    [[nodiscard]] PlainTask* find(const std::string& id);
    [[nodiscard]] PlainTask* find(const FireRef& ref);

private:
    void add(Add& request);
    void claim(Claim& request, NodeNumber node);
    void take(Take& request, NodeNumber node);
    void start(Start& request, NodeNumber node);
    void finish(Finish& request, NodeNumber node);
    void release(Release& request, NodeNumber node);
    void change(Change& request);
    void remove(Remove& request);
    void run_now(RunNow& request);
    void skip_unstarted(PlainTask& task, Reason reason, std::vector<Dropped>& dropped);
    void miss(PlainTask& task, const PlannedMiss& miss);
    void forget_removed();
    void promote(PlainTask& task, Instant now, NodeNumber by);
    void end(PlainTask& task, const PlainFire& fire, FireState state, Reason reason);
    void tell(NodeNumber by) noexcept;

    TaskNumber last_task_ = 0;
};

}  // namespace uvsched::simulation
