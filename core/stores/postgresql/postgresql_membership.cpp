#include "core/stores/postgresql/postgresql_membership.hpp"

#include <algorithm>
#include <chrono>

#include "core/platform/descriptors.hpp"

namespace uvsched::postgresql {
namespace {

constexpr std::chrono::seconds kProbePatience{2};
constexpr int kMostAnew = 3;

// Beats need not outlive the server's loss of power, nor wait for its disk.
constexpr const char* kBeat = "UPDATE @node SET beat = beat + 1 WHERE id = $1 RETURNING 1";
constexpr const char* kLook =
    "SELECT m.changes, @now, node.id, node.beat, node.gone FROM @meta AS m LEFT JOIN @node AS node ON node.id <> $1";

std::string in_double_quotes(const std::string& name) { return "\"" + name + "\""; }  // a name of ours, without quotes

}  // namespace

PostgresqlMembership::PostgresqlMembership(Database& db)
    : options_(db.options),
      node_(db.node),
      channel_(db.channel),
      beat_(db.sql(kBeat)),
      look_(db.sql(kLook)),
      shared_(db.shared),
      patience_(std::chrono::microseconds(beat_patience(db.options.lease))),
      session_(options_),
      bell_("a PostgreSQL store needs a descriptor for its heartbeat") {
    connect();
}

void PostgresqlMembership::connect() {
    session_.open(std::max<Patience>(patience_, kProbePatience));
    if (listens_) ring_with_session();
}

void PostgresqlMembership::ring_with_session() {
    session_.run({{"LISTEN " + in_double_quotes(channel_), {}}}, Sends::reads, patience_);
    bell_.ring_with(session_.descriptor());
}

void PostgresqlMembership::close() noexcept {
    bell_.fall_silent();
    session_.close();
}

bool PostgresqlMembership::probe(Database& db) {
    const std::lock_guard lock(mutex_);
    ring_with_session();
    const std::string word = "probe " + std::to_string(node_);
    db.session.run({{"SELECT pg_notify($1, $2)", {channel_, word}}}, Sends::reads, patience_);
    const auto deadline = std::chrono::steady_clock::now() + kProbePatience;
    while (session_.is_open()) {
        const std::vector<std::string> heard = session_.hear();
        if (std::ranges::find(heard, word) != heard.end()) {
            listens_ = true;
            return true;
        }
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left <= left.zero()) break;
        wait_ready(session_.descriptor(), false, std::chrono::ceil<std::chrono::milliseconds>(left));
    }
    bell_.fall_silent();
    return false;
}

void PostgresqlMembership::leave() noexcept {
    left_ = true;
    if (!mutex_.try_lock()) return;  // the beat that is under way closes it
    close();
    mutex_.unlock();
}

// What this node told comes back to it.
bool PostgresqlMembership::is_own(const std::string& notice) const { return notice == std::to_string(node_); }

bool PostgresqlMembership::heard() noexcept {
    const std::lock_guard lock(mutex_);
    try {
        const std::vector<std::string> notices = session_.hear();
        if (notices.empty()) return true;  // perhaps the connection was cut
        return !std::ranges::all_of(notices, [&](const std::string& each) { return is_own(each); });
    } catch (const std::bad_alloc&) {
        return true;  // it is still readable
    }
}

BeatAnswer PostgresqlMembership::beat() {
    const std::lock_guard lock(mutex_);
    BeatAnswer out;
    out.standing = false;
    if (left_) return out;
    try {
        if (!session_.is_open()) connect();
        out = ask();
        // What was told meanwhile came with the answer, so that nothing is there to wake anybody for it.
        for (int tries = 0; tries < kMostAnew; ++tries) {
            const std::vector<std::string> notices = session_.hear();
            if (std::ranges::all_of(notices, [&](const std::string& each) { return is_own(each); })) break;
            out = ask();
        }
    } catch (...) {
        if (!session_.is_open()) bell_.fall_silent();
        if (left_) close();
        throw;
    }
    shared_->alone = out.peers.empty();
    if (left_) close();
    return out;
}

BeatAnswer PostgresqlMembership::ask() {
    BeatAnswer out;
    const Micros asked = StoreClock::tick();
    const Answers answers = session_.run({{"BEGIN", {}},
                                          {"SET LOCAL synchronous_commit TO off", {}},
                                          {beat_, {node_}},
                                          {look_, {node_}},
                                          {"COMMIT", {}}},
                                         Sends::commits, patience_);
    out.standing = !answers[2].empty();
    const Answer& others = answers[3];
    for (int i = 0; i < others.size(); ++i) {
        const Answer::Row row = others.row(i);
        if (i == 0) {
            out.changes = static_cast<std::uint64_t>(row.integer(0)) - shared_->own_changes;
            shared_->clock->measured(row.integer(1), asked);
        }
        if (row.is_null(2)) continue;
        out.peers.push_back(
            {.node = row.integer(2), .count = static_cast<std::uint64_t>(row.integer(3)), .gone = row.integer(4) != 0});
    }
    return out;
}

}  // namespace uvsched::postgresql
