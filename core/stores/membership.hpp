// Membership: a node among the others that have the same store open. It is apart from Store, on a connection of its
// own, because a heartbeat must not wait behind a batch.
//
// A store that several nodes can have makes one at each open(): it stands for that node, and for no later one. The beat
// (node/heartbeat.hpp) uses it on a thread of its own, while the store is used on another.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ledger/records.hpp"

namespace uvsched {

// Another node, as the store has it.
struct PeerBeat {
    NodeNumber node = 0;
    std::uint64_t count = 0;  // raised by each of its beats
    bool gone = false;        // the system says that its process has ended, or that it has closed the store
};

struct BeatAnswer {
    bool standing = true;         // false: other nodes declared this one dead. It is nobody's from now on
    std::uint64_t changes = 0;    // moves when another node made something; any number that does
    std::vector<PeerBeat> peers;  // all others, until the last piece of their recovery
};

class Membership {
public:
    Membership() = default;
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;
    virtual ~Membership() = default;

    // Raises this node's count, and reads the others'. One thread at a time; never for long. Throws Error(store) if it
    // cannot be done now: it may be tried again. After Store::close() it answers that the node does not stand.
    virtual BeatAnswer beat() = 0;

    // Readable when another node joined, or made something that this one must find; the next beat tells what. Stays the
    // same descriptor for the object's life. -1: the store cannot tell, and is asked with each beat.
    [[nodiscard]] virtual int descriptor() const noexcept { return -1; }

    // Whether a descriptor that stays silent proves that nobody has joined: a node that is alone then needs no beats.
    [[nodiscard]] virtual bool tells_who_joins() const noexcept { return descriptor() >= 0; }

    // What the descriptor told is known: it is not readable any more. False if it was nothing that a beat would tell
    // more of.
    virtual bool heard() noexcept { return true; }
};

}  // namespace uvsched
