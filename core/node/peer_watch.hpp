// PeerWatch: which of the other nodes are dead, by what this one sees of their beats. Pure.
//
// A node is dead whose count was the same at each beat of this one for a whole lease, by this node's own clock. Nothing
// is said of a node that was not watched all the time: after a beat that failed, or came half a lease late (the machine
// was suspended, the store was away), the watch begins anew, for all of them. A node is dead at once if the system says
// that its process has ended.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/stores/membership.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

class PeerWatch {
public:
    explicit PeerWatch(Micros lease = 0) noexcept : lease_(lease) {}

    // A beat was asked for at `asked`, and answered at `answered`. Returns the nodes that are dead.
    [[nodiscard]] std::vector<NodeNumber> see(const std::vector<PeerBeat>& peers, Micros asked, Micros answered);

    // A beat failed.
    void look_away() noexcept { looked_.reset(); }

    // So often a node beats.
    [[nodiscard]] static constexpr Micros interval(Micros lease) noexcept { return lease / 5; }

private:
    struct Seen {
        std::uint64_t count = 0;
        Micros since = 0;
    };
    Micros lease_;
    std::optional<Micros> looked_;  // when the last beat was asked for
    std::unordered_map<NodeNumber, Seen> seen_;
};

}  // namespace uvsched
