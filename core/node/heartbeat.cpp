#include "core/node/heartbeat.hpp"

#include <algorithm>
#include <utility>

#include "core/base/errno.hpp"
#include "core/base/memory.hpp"
#include "core/platform/descriptors.hpp"

namespace uvsched {
namespace {

// What others tell in quick succession is heard at once.
constexpr Micros kLeastPause = 5 * kMillisecond;

// A beat that failed is made again well inside the lease.
constexpr Micros retry_pause(Micros lease) noexcept { return lease / 20; }

}  // namespace

// ---- the node ----

void Heartbeat::join(std::shared_ptr<Membership> membership, Micros lease, Micros asked) {
    const bool shared = membership != nullptr;
    {
        const std::lock_guard lock(mutex_);
        membership_ = std::move(membership);
        lease_ = lease;
        asked_ = kEarliest;
        next_ = shared ? kEarliest : kLatest;  // who else is there, the first beat tells
        watch_ = PeerWatch(lease);
        peers_.clear();
        dead_.clear();
        changes_.reset();
        findings_ = {};
        told_ = false;
        alone_ = false;
        until_ = shared ? saturating_add(asked, lease) : kLatest;
    }
    if (shared) hooks_.ring();
}

void Heartbeat::leave() noexcept {
    std::shared_ptr<Membership> left;
    const std::lock_guard lock(mutex_);
    left = std::move(membership_);
    dead_.clear();
    findings_ = {};
    alone_ = false;
    if (left) until_ = kEarliest;
}

Heartbeat::Findings Heartbeat::take() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(findings_, {});
}

std::vector<NodeNumber> Heartbeat::dead() const {
    const std::lock_guard lock(mutex_);
    return dead_;
}

std::size_t Heartbeat::others() const {
    const std::lock_guard lock(mutex_);
    return peers_.size();
}

// ---- the lease ----

bool Heartbeat::holds() noexcept {
    if (until_.load() == kLatest) return true;
    const Micros now = hooks_.elapsed();
    if (now < until_.load()) return true;
    {
        const std::lock_guard lock(mutex_);
        if (now < until_.load()) return true;
        if (!membership_) return false;
        if (alone_ && !is_readable(membership_->descriptor())) {
            until_ = saturating_add(now, lease_);  // nobody had joined by now
            return true;
        }
        if (!alone_ && now < next_) return false;
    }
    hooks_.ring();
    return false;
}

// ---- beats ----

Heartbeat::Rest Heartbeat::rest(Micros now) const {
    Rest rest{.until = next_};
    if (!membership_ || membership_->descriptor() < 0) return rest;
    if (const Micros quiet = saturating_add(asked_, kLeastPause); now < quiet) {
        rest.until = std::min(next_, quiet);
        return rest;
    }
    rest.descriptor = membership_->descriptor();
    rest.membership = membership_;
    return rest;
}

Heartbeat::Rest Heartbeat::pump() noexcept {
    std::shared_ptr<Membership> membership;
    bool told = false;
    bool due = false;
    {
        const std::lock_guard lock(mutex_);
        if (!membership_) return {};
        const Micros now = hooks_.elapsed();
        told = now >= saturating_add(asked_, kLeastPause) && is_readable(membership_->descriptor());
        if (!told && now < next_) return rest(now);
        membership = membership_;
        due = now >= next_;
        alone_ = false;  // until the answer: the descriptor says no more who is there
        asked_ = now;
    }
    if (told && !membership->heard() && !due) {
        const std::lock_guard lock(mutex_);
        return rest(hooks_.elapsed());
    }
    const Micros asked = hooks_.elapsed();
    std::optional<BeatAnswer> answer;
    std::optional<Error> error;
    try {
        answer = membership->beat();
    } catch (...) {
        insist([&] { error = present_error(); });
    }
    bool found = false;
    Rest next;
    {
        const std::lock_guard lock(mutex_);
        const Micros answered = hooks_.elapsed();
        if (membership_ != membership) return rest(answered);  // the node has left, or joined anew
        try {
            if (answer) {
                beaten(std::move(*answer), asked, answered);
            } else {
                failed(*error, answered);
            }
        } catch (const std::bad_alloc&) {
            failed(present_error(), answered);
        }
        found =
            findings_.lost || findings_.news || findings_.left || findings_.renewed || findings_.why || !dead_.empty();
        next = rest(answered);
    }
    if (found) hooks_.found();
    return next;
}

void Heartbeat::beaten(BeatAnswer&& answer, Micros asked, Micros answered) {
    if (!answer.standing) {
        until_ = kEarliest;
        dead_.clear();
        findings_.lost = true;
        membership_.reset();
        next_ = kLatest;
        return;
    }
    std::vector<NodeNumber> peers;
    peers.reserve(answer.peers.size());
    for (const PeerBeat& peer : answer.peers) peers.push_back(peer.node);
    dead_ = watch_.see(answer.peers, asked, answered);
    // From here on nothing fails.
    const auto is_there = [&](NodeNumber peer) { return std::find(peers.begin(), peers.end(), peer) != peers.end(); };
    if (!std::all_of(peers_.begin(), peers_.end(), is_there)) findings_.left = true;
    if (answer.changes != changes_ || (peers_.empty() && !peers.empty())) findings_.news = true;
    if (answered >= until_) findings_.renewed = true;
    if (std::exchange(told_, false)) findings_.answers = true;
    peers_ = std::move(peers);
    changes_ = answer.changes;
    until_ = saturating_add(asked, lease_);
    alone_ = watched_ && peers_.empty() && membership_->tells_who_joins();
    next_ = alone_ ? kLatest : saturating_add(asked, PeerWatch::interval(lease_));
}

void Heartbeat::failed(const Error& error, Micros now) noexcept {
    watch_.look_away();
    dead_.clear();
    next_ = saturating_add(now, retry_pause(lease_));
    if (told_ || now < until_) return;
    told_ = true;
    insist([&] { findings_.why = error; });
}

}  // namespace uvsched
