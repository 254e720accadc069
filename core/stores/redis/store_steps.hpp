// The steps of the store's calls, each in a file of its own. What a batch asks for is one script, guarded by rev, owner
// and token; adding and changing is read and decided before.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/stores/redis/database.hpp"
#include "core/stores/rows/claimed.hpp"
#include "core/stores/waves.hpp"

namespace uvsched::redis {

extern const Script kTransaction;  // transaction_script.cpp

// "TASK:gen:kind:slot"; and the words by which a request names a fire.
[[nodiscard]] std::string name_of(TaskNumber task, const FireKey& key);
void add_fire(Words& words, const FireRef& fire);
// A fire that was ended unrun, of a task so named: key, uid, last slot, folded, exact and id.
[[nodiscard]] Dropped read_dropped(const Reply& reply, Reason reason, std::string name);

// transaction.cpp: see ServerStore
void apply_wave(Database& db, Batch& batch, Wave& wave, bool first, bool last);

// claims.cpp
void recall(Database& db, Claim& claim);

// finishes.cpp: those that were refused may have been made before, or came too late.
void settle_refused(Database& db, std::vector<Finish>& finishes);

// joining.cpp
void prepare_store(Database& db, Opened& opened);
void join(Database& db, const OpenRequest& request, Opened& opened);
// Throws Error(not_found) if there is no store.
void find_store(Database& db, Opened& opened);
void visit(Database& db);
[[nodiscard]] Migration migrate_store(Database& db, Migrates how);
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
[[nodiscard]] Store::Wake next_wake(Database& db, std::span<const LaneNumber> lanes);
[[nodiscard]] std::vector<Lane> lanes(Database& db);
[[nodiscard]] std::uint64_t changes_of_others(Database& db);
[[nodiscard]] std::vector<StoredTask> asking(Database& db);
[[nodiscard]] std::optional<StoredTask> get(Database& db, const std::string& id);
[[nodiscard]] std::vector<StoredTask> list(Database& db, const std::string& after, std::size_t limit, bool finished);
[[nodiscard]] TaskCounts counts(Database& db);
[[nodiscard]] std::vector<std::string> declared_at_start(Database& db);
// history.cpp
[[nodiscard]] std::vector<HistoryRow> history(Database& db, const HistoryQuery& query);

}  // namespace uvsched::redis
