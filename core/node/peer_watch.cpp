#include "core/node/peer_watch.hpp"

namespace uvsched {

// A peer had its count before this node was answered, and has it after this node asked again.
std::vector<NodeNumber> PeerWatch::see(const std::vector<PeerBeat>& peers, Micros asked, Micros answered) {
    const bool anew = !looked_ || answered - *looked_ > interval(lease_) + lease_ / 2;
    std::vector<NodeNumber> dead;
    std::unordered_map<NodeNumber, Seen> seen;
    for (const PeerBeat& peer : peers) {
        const auto before = seen_.find(peer.node);
        const bool still = !anew && before != seen_.end() && before->second.count == peer.count;
        const Micros since = still ? before->second.since : answered;
        seen.emplace(peer.node, Seen{.count = peer.count, .since = since});
        if (peer.gone || asked - since >= lease_) dead.push_back(peer.node);
    }
    seen_ = std::move(seen);
    looked_ = asked;
    return dead;
}

}  // namespace uvsched
