// Claimed: a claim that was made, and its task since then.
#pragma once

#include <vector>

#include "core/ledger/batch.hpp"
#include "core/stores/rows/definitions.hpp"
#include "core/stores/rows/rows.hpp"

namespace uvsched {

struct Claimed {
    Claim* claim;
    TaskRow task;
};

// Gives the claims their fires, as the engine will see them. The revisions that were claimed are those that a look had
// found readable; their definitions may have to be asked for.
template <class Database>
void tell_claims(Database& db, const std::vector<Claimed>& made) {
    if (made.empty()) return;
    std::vector<TaskRow> rows;
    rows.reserve(made.size());
    for (const Claimed& each : made) rows.push_back(each.task);
    const Definitions definitions = db.definitions_of(rows);
    for (const auto& [claim, row] : made) {
        try {
            const StoredTask task = definitions.stored(row);
            add_planned_fires(*claim, task);
            if (claim->plan.asks) claim->asking = task;
        } catch (const Unreadable&) {
            claim->outcome = Outcome::refused;  // somebody's edit: the node gives back what it does not know
        }
    }
}

}  // namespace uvsched
