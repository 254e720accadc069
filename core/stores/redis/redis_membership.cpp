#include "core/stores/redis/redis_membership.hpp"

#include <algorithm>
#include <chrono>

namespace uvsched::redis {
namespace {

constexpr Patience kLeastPatience = std::chrono::seconds(2);

constexpr Script kBeat{"beat", Script::Kind::asks, R"lua(
local node, peers = arg(), {}
local stands = call('SISMEMBER', P .. 'nodes', node)
if stands == 1 then call('HINCRBY', P .. 'node:' .. node, 'beat', 1) end
for _, other in ipairs(call('SMEMBERS', P .. 'nodes')) do
  if other ~= node then
    local row = call('HMGET', P .. 'node:' .. other, 'beat', 'gone')
    peers[#peers + 1] = {other, row[1], row[2]}
  end
end
return {stands, call('HGET', KEYS[1], 'changes'), server_time(), peers}
)lua"};

}  // namespace

RedisMembership::RedisMembership(Database& db)
    : options_(db.options),
      node_(db.node),
      channel_(db.channel()),
      uuid_(db.uuid),
      shared_(db.shared),
      patience_(std::chrono::microseconds(beat_patience(db.options.lease))),
      session_(options_),
      scripts_(session_, options_.prefix),
      ears_(options_),
      bell_("a Redis store needs a descriptor for its heartbeat") {
    session_.open(std::max(patience_, kLeastPatience));
}

std::string RedisMembership::listen() {
    const std::lock_guard lock(mutex_);
    try {
        ring_with_ears();
        listens_ = true;
        return {};
    } catch (const Refusal& refusal) {
        ears_.close();
        return refusal.message();
    }
}

void RedisMembership::ring_with_ears() {
    ears_.open(std::max(patience_, kLeastPatience));
    ears_.subscribe(channel_, patience_);
    bell_.ring_with(ears_.descriptor());
}

void RedisMembership::close_all() noexcept {
    bell_.fall_silent();
    ears_.close();
    session_.close();
}

void RedisMembership::leave() noexcept {
    left_ = true;
    if (!mutex_.try_lock()) return;  // the beat that is under way closes it
    close_all();
    mutex_.unlock();
}

// What this node told comes back to it.
bool RedisMembership::is_news(const std::vector<std::string>& notices) const {
    const std::string own = std::to_string(node_);
    return std::ranges::any_of(notices, [&](const std::string& each) { return each != own; });
}

bool RedisMembership::heard() noexcept {
    const std::lock_guard lock(mutex_);
    try {
        return is_news(ears_.hear());
    } catch (const Error&) {
        bell_.fall_silent();  // the connection was cut: the next beat makes another
        return true;
    } catch (const std::bad_alloc&) {
        return true;  // it is still readable
    }
}

// The ears have to answer too: a connection that was cut without a word stays silent for ever. What comes while they do
// is known from the answer to the beat. Without them the others are heard with each beat.
void RedisMembership::keep_listening() {
    if (!listens_) return;
    try {
        if (!ears_.is_open()) ring_with_ears();
        ears_.ping(patience_);
        static_cast<void>(ears_.hear());
    } catch (const Error&) {
        ears_.close();
        bell_.fall_silent();
    }
}

BeatAnswer RedisMembership::beat() {
    const std::lock_guard lock(mutex_);
    BeatAnswer out;
    out.standing = false;
    if (left_) return out;
    try {
        keep_listening();
        if (!session_.is_open()) session_.open(std::max(patience_, kLeastPatience));
        out = ask();
    } catch (...) {
        if (left_) close_all();
        throw;
    }
    shared_->alone = out.peers.empty();
    if (left_) close_all();
    return out;
}

BeatAnswer RedisMembership::ask() {
    const Micros asked = StoreClock::tick();
    Words words = scripts_.begin(kBeat);
    words.add(uuid_).add(node_);
    BeatAnswer out;
    try {
        const Answer answer = scripts_.run(kBeat, words, Sends::reads, patience_);
        out.standing = answer[0].integer() != 0;
        out.changes = static_cast<std::uint64_t>(answer[1].integer()) - shared_->own_changes;
        shared_->clock->measured(answer[2].integer(), asked);
        for (std::size_t i = 0; i < answer[3].size(); ++i) {
            const Reply peer = answer[3][i];
            out.peers.push_back({.node = peer[0].integer(),
                                 .count = static_cast<std::uint64_t>(peer[1].integer()),
                                 .gone = peer[2].integer() != 0});
        }
        return out;
    } catch (const Refusal& refusal) {
        if (refusal.word() != kLostWord) throw;
        fail(Code::store, session_.message("the keys of the store were removed, or are those of another store by now"));
    }
}

}  // namespace uvsched::redis
