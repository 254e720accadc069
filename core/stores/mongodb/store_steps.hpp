// The steps of the store's calls, each in a file of its own. What is changed is read, decided with core/ledger, and
// written task by task, each guarded by its version.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/stores/mongodb/database.hpp"
#include "core/stores/rows/claimed.hpp"
#include "core/stores/waves.hpp"

namespace uvsched::mongodb {

// transaction.cpp
void apply_wave(Database& db, Batch& batch, Wave& wave, bool first, bool last);

// claims.cpp
void recall(Database& db, Claim& claim);

// finishes.cpp: those that were refused may have been made before, or came too late.
void settle_refused(Database& db, std::vector<Finish>& finishes);

// joining.cpp
void prepare_store(Database& db, Opened& opened);
void join(Database& db, const OpenRequest& request, Opened& opened);
// Throws Error(not_found) if there is no store.
void find_store(Database& db);
void visit(Database& db, const OpenRequest& request);
[[nodiscard]] Migration migrate_store(Database& db, Migrates how);
void tell_lanes(Database& db, std::span<const LaneNumber> lanes);
void leave(Database& db) noexcept;
// Who holds fires and has no document among the nodes, `known` included: it wrote its claim when it was taken for dead
// already.
[[nodiscard]] std::vector<NodeNumber> nodes_without_document(Session& session, const Collections& names,
                                                             const std::set<NodeNumber>& known);

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

}  // namespace uvsched::mongodb
