// Leases: who truly held a lease, and when, by the one clock of the simulation. It shares no code with the heartbeat.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "core/ledger/records.hpp"
#include "core/time/instant.hpp"

namespace uvsched::simulation {

class Leases {
public:
    explicit Leases(Micros lease) noexcept : lease_(lease) {}
    [[nodiscard]] Micros lease() const noexcept { return lease_; }

    // A beat, or the opening, that was asked for then, is in the store now.
    void renewed(NodeNumber node, Micros asked, Micros now) { renewals_[node].push_back({asked, now}); }
    // Its process has ended.
    void ended(NodeNumber node) { ended_.push_back(node); }

    [[nodiscard]] bool held(NodeNumber node, Micros at) const { return is_held(node, at, at); }

    // By what had been written before.
    [[nodiscard]] bool seemed_held(NodeNumber node, Micros at) const { return is_held(node, at, at - 1); }

private:
    struct Renewal {
        Micros asked = 0;
        Micros written = 0;
    };

    [[nodiscard]] bool is_held(NodeNumber node, Micros at, Micros written) const {
        if (std::find(ended_.begin(), ended_.end(), node) != ended_.end()) return false;
        const auto found = renewals_.find(node);
        if (found == renewals_.end()) return false;
        return std::any_of(found->second.begin(), found->second.end(),
                           [&](const Renewal& each) { return each.written <= written && at < each.asked + lease_; });
    }

    const Micros lease_;
    std::map<NodeNumber, std::vector<Renewal>> renewals_;
    std::vector<NodeNumber> ended_;
};

}  // namespace uvsched::simulation
