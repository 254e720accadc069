// The steps of Store::apply, each in a file of its own, and those of open(). All run inside one transaction.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/stores/sqlite/database.hpp"

namespace uvsched::sqlite {

// finishes.cpp
void apply_finish(Database& db, Finish& finish);
void apply_release(Database& db, Release& release);

// claims.cpp
void apply_start(Database& db, Start& start);
void apply_take(Database& db, Take& take);
void apply_claim(Database& db, Claim& claim);
void recall(Database& db, Claim& claim);

// changes.cpp. What is parsed, compared and counted is prepared before the transaction begins.
struct Prepared {
    std::string text;  // of the new definition, canonical
    std::uint64_t hash = 0;
    std::uint64_t rev = 0;              // of the stored task that `miss` is about
    std::optional<PlannedMiss> miss;    // due times that are over if the trigger is replaced now
    std::optional<Instant> next_due{};  // of an add, if the task is there: with the jitter of its own uid
};
[[nodiscard]] Prepared prepare_definition(Database& db, const Definition& definition, Instant now_wall);
[[nodiscard]] Prepared prepare_add(Database& db, const Add& add);
void apply_add(Database& db, Add& add, const Prepared& prepared);
void apply_change(Database& db, Change& change, const Prepared& prepared);

// removes.cpp
void apply_remove(Database& db, Remove& remove);
void apply_run_now(Database& db, RunNow& run);
// Ends the fires that `reason` (deleted, replaced) ends (fire_rules.hpp). `name`: of their task, for `dropped`.
struct Named {
    Identity identity;
    std::string name;
};
void skip_unstarted(Database& db, TaskNumber task, const Named& named, Reason reason, Instant now,
                    std::vector<Dropped>& dropped);

// joining.cpp
void join(Database& db, const OpenRequest& request, bool first, Opened& opened);
// Gives room again behind the numbers of history and of lanes, which may be somebody's edit.
void make_room(Database& db);

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
[[nodiscard]] Store::Wake next_wake(Database& db, std::span<const LaneNumber> lanes);
[[nodiscard]] std::vector<Lane> lanes(Database& db);
[[nodiscard]] std::vector<StoredTask> asking(Database& db);
[[nodiscard]] std::optional<StoredTask> get(Database& db, const std::string& id);
[[nodiscard]] std::vector<StoredTask> list(Database& db, const std::string& after, std::size_t limit, bool finished);
[[nodiscard]] TaskCounts counts(Database& db);
[[nodiscard]] std::vector<std::string> declared_at_start(Database& db);
[[nodiscard]] std::vector<HistoryRow> history(Database& db, const HistoryQuery& query);

}  // namespace uvsched::sqlite
