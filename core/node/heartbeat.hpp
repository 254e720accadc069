// Heartbeat: a node among the others. It beats five times a lease, watches their beats, and knows whether this node's
// own lease holds. Passive, as the node is: whoever drives it (beat_thread.hpp: a thread of its own) pumps it.
//
//   beat_thread ── pump ──▶ Membership::beat() ──▶ the lease, and findings ──▶ StoreNode::pump()
//                                                      ▲
//   the engine, before it claims or calls a function ──┘ holds()
//
// The lease runs from the moment at which the beat that renewed it was asked for, on a clock that goes on while the
// machine is suspended. A node that is alone beats only while nobody would tell it of one that joins: until then no
// other can declare it dead, and its silent descriptor is what renews its lease.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/base/error.hpp"
#include "core/node/peer_watch.hpp"
#include "core/stores/membership.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

// Thread-safe; its mutex is a leaf. One thread at a time pumps it.
class Heartbeat {
public:
    struct Hooks {
        std::function<Micros()> elapsed;  // the clock
        std::function<void()> found;      // there are findings. Called on the thread that pumps
        std::function<void()> ring;       // pump() has something to do. Called on any thread; they throw nothing
    };
    // `watched`: whoever pumps also waits for the descriptor of Rest.
    Heartbeat(Hooks hooks, bool watched) : hooks_(std::move(hooks)), watched_(watched) {}
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

    // ---- the node ----

    // It joined a store, which it asked for at `asked`. Without a membership it is one that nobody else can have.
    void join(std::shared_ptr<Membership> membership, Micros lease, Micros asked);
    // It left the store, or lost it: it holds nothing.
    void leave() noexcept;

    // What the node has to hear of.
    struct Findings {
        bool lost = false;         // the others declared this node dead
        bool news = false;         // another node made something, or the first other one came
        bool left = false;         // another node is not there any more
        bool renewed = false;      // the lease had run out, and holds again
        bool answers = false;      // beats do not fail any more, of which was told
        std::optional<Error> why;  // the lease has run out, because beats fail
    };
    // Once each.
    [[nodiscard]] Findings take() noexcept;

    // The nodes that are dead, by the last beat.
    [[nodiscard]] std::vector<NodeNumber> dead() const;

    // How many other nodes there are, by the last beat.
    [[nodiscard]] std::size_t others() const;

    // No other node is there, and one that comes will be told.
    [[nodiscard]] bool alone() const noexcept { return alone_.load(); }

    // ---- any thread ----

    // Whether the node's lease holds, so that it may claim, and call what it claimed.
    [[nodiscard]] bool holds() noexcept;

    // ---- whoever pumps ----

    // Until when pump() need not be called, by the clock, unless `descriptor` becomes readable or Hooks::ring calls.
    struct Rest {
        Micros until = kLatest;
        int descriptor = -1;
        std::shared_ptr<Membership> membership{};  // whose descriptor it is
    };
    // Beats, if it is time or another node told something.
    Rest pump() noexcept;
    [[nodiscard]] Micros now() const { return hooks_.elapsed(); }

private:
    [[nodiscard]] Rest rest(Micros now) const;
    void beaten(BeatAnswer&& answer, Micros asked, Micros answered);
    void failed(const Error& error, Micros now) noexcept;

    const Hooks hooks_;
    const bool watched_;
    std::atomic<Micros> until_{kLatest};  // of the lease
    std::atomic<bool> alone_{false};

    mutable std::mutex mutex_;  // guards the rest
    std::shared_ptr<Membership> membership_;
    Micros lease_ = 0;
    Micros asked_ = kEarliest;  // the last beat
    Micros next_ = kLatest;     // the next one
    PeerWatch watch_;
    std::vector<NodeNumber> peers_;
    std::vector<NodeNumber> dead_;
    std::optional<std::uint64_t> changes_;
    Findings findings_;
    bool told_ = false;  // that beats fail
};

}  // namespace uvsched
