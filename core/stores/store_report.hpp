// StoreReport: what operators are told of a store as a whole: how much is in it, who has it open, what nobody runs, and
// what is wrong.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger/records.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

// A node as the store has it.
struct NodeReport {
    enum class State : std::uint8_t {
        open,    // it has the store open: it beats, or the system says so
        silent,  // no beat came while it was watched
        unsure,  // it was not watched for as long as a node may take for a beat
        left,    // it closed the store, and others take over what it held
        died,    // the system says that its process has ended
    };
    NodeNumber number = 0;
    std::string label;
    std::int64_t process = 0;
    std::string version;
    std::uint64_t beats = 0;
    State state = State::unsure;
    std::optional<std::vector<LaneNumber>> lanes{};  // nullopt: it did not say (an earlier version, or it begins)

    [[nodiscard]] bool lives() const noexcept { return state != State::left && state != State::died; }
};

struct LaneReport {
    Lane lane;
    std::int64_t tasks = 0;           // that have not finished
    std::optional<Instant> oldest{};  // the earliest time at which a task or a ready fire on it is due
    bool has_node = false;            // one that lives says that it has the lane
};

struct StoreReport {
    std::string server;  // its name and version: "PostgreSQL 15.8"
    std::int64_t schema = 0;
    std::int64_t min_reader = 0;  // the oldest version that can use it
    Instant now = 0;              // by the store's clock; set by whoever asks
    Micros lease = 0;
    std::map<std::string, std::int64_t> tasks;  // by state; "apart": those that cannot be read
    std::map<std::string, std::int64_t> fires;  // that have not ended, by state
    std::int64_t history = 0;                   // rows
    std::vector<NodeReport> nodes;
    std::vector<LaneReport> lanes;             // on which there is something to do
    std::vector<Quarantined> apart;            // the first thousand
    std::map<std::string, std::int64_t> more;  // what only such a store has: sizes in bytes, ages in seconds
    std::vector<std::string> problems;
};

// Says of each lane whether a node has it, and adds to the problems what is wrong with any store.
void judge(StoreReport& report);

[[nodiscard]] nlohmann::json report_json(const StoreReport& report);

[[nodiscard]] const char* state_text(NodeReport::State state) noexcept;

}  // namespace uvsched
