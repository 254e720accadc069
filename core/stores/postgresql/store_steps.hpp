// The steps of Store::apply, each in a file of its own, and those of the store's other calls. What a batch asks for
// often (starts, ends, claims) is one statement for each kind of request, guarded by rev, owner and token; what it asks
// for seldom (adding, changing) is read and decided before, and written if nothing has changed since.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/stores/postgresql/database.hpp"
#include "core/stores/postgresql/pipeline.hpp"
#include "core/stores/rows/claimed.hpp"

namespace uvsched::postgresql {

// Fires as columns. A statement unfolds them, and columns of its own from $7 on, to a table f, whose rows it numbers.
class FireColumns {
public:
    void add(const FireRef& fire);
    // These columns, and others behind them.
    [[nodiscard]] std::vector<Value> values(std::vector<Value> others) const;

private:
    Column tasks_;
    Column uids_;
    Column gens_;
    Column kinds_;
    Column slots_;
    Column tokens_;
};
#define UVSCHED_PG_FIRES(columns, names)                                                              \
    "unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::bigint[]" columns \
    ") "                                                                                              \
    "WITH ORDINALITY AS f(n, uid, gen, kind, slot, token" names ", i)"
#define UVSCHED_PG_SAME_FIRE "o.n = f.n AND o.gen = f.gen AND o.kind = f.kind AND o.slot = f.slot AND o.uid = f.uid"
#define UVSCHED_PG_SAME_HOLD UVSCHED_PG_SAME_FIRE " AND o.token = f.token"

// Marks the requests as done whose numbers, from 1 on, an answer has in its first column.
template <class Request>
void read_done(const Answer& answer, std::vector<Request>& requests) {
    for (int i = 0; i < answer.size(); ++i) {
        requests[static_cast<std::size_t>(answer.row(i).integer(0)) - 1].outcome = Outcome::done;
    }
}

// claims.cpp
void ask_starts(Database& db, Pipeline& pipeline, std::vector<Start>& starts);
void ask_takes(Database& db, Pipeline& pipeline, std::vector<Take>& takes);
void ask_claims(Database& db, Pipeline& pipeline, std::vector<Claim>& claims, std::vector<Claimed>& made);
void recall(Database& db, Claim& claim);

// finishes.cpp
void ask_finishes(Database& db, Pipeline& pipeline, std::vector<Finish>& finishes);
void ask_releases(Database& db, Pipeline& pipeline, std::vector<Release>& releases);
// Makes the oldest waiting fires of these tasks ready, as many as max_instances allows; where none waits, the next
// piece of a long pile is due (planner.hpp).
enum class Promotes : std::uint8_t { all, ended };  // or of those only of which a finish in this transaction ended one
void ask_promotion(Database& db, Pipeline& pipeline, const Column& tasks, Promotes promotes, Instant now);
// After the commit: the finishes that were refused may have been made before, or came too late.
void settle_refused(Database& db, std::vector<Finish>& finishes);

// removes.cpp
void ask_remove(Database& db, Pipeline& pipeline, Remove& remove);
void ask_runs(Database& db, Pipeline& pipeline, std::vector<RunNow*> runs);
// Ends the fires of these tasks that `reason` (deleted, replaced) ends (fire_rules.hpp).
void ask_skip_unstarted(Database& db, Pipeline& pipeline, const Column& tasks, Reason reason, Instant now,
                        std::function<void(Dropped&&)> dropped);

// joining.cpp
void join(Database& db, const OpenRequest& request, Opened& opened);
void visit(Database& db, Opened& opened);
void tell_lanes(Database& db, std::span<const LaneNumber> lanes);
void leave(Database& db) noexcept;

// report.cpp
[[nodiscard]] StoreReport report(Database& db);
[[nodiscard]] std::vector<NodeReport> nodes(Database& db);

// recovery.cpp
[[nodiscard]] std::vector<FireRef> mine(Database& db);
[[nodiscard]] Recovered recover(Database& db, NodeNumber dead, Instant now, std::size_t limit);
// What the dead held of a task that could not be read until now.
void recover_task(Database& db, TaskNumber task, Instant now);

// retention.cpp
bool prune_piece(Database& db, Instant now);

// queries.cpp
[[nodiscard]] Look look(Database& db, const LookRequest& request);
[[nodiscard]] const char* due_statement();  // for a test, which looks at its plan
[[nodiscard]] Store::Wake next_wake(Database& db, std::span<const LaneNumber> lanes);
[[nodiscard]] std::vector<Lane> lanes(Database& db);
[[nodiscard]] std::uint64_t changes_of_others(Database& db);
[[nodiscard]] std::vector<StoredTask> asking(Database& db);
[[nodiscard]] std::optional<StoredTask> get(Database& db, const std::string& id);
[[nodiscard]] std::vector<StoredTask> list(Database& db, const std::string& after, std::size_t limit, bool finished);
[[nodiscard]] TaskCounts counts(Database& db);
[[nodiscard]] std::vector<std::string> declared_at_start(Database& db);
[[nodiscard]] std::vector<HistoryRow> history(Database& db, const HistoryQuery& query);

}  // namespace uvsched::postgresql
