// Candidate: what a look of a store on a server came upon, before it is known whether it can be read.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "core/stores/rows/definitions.hpp"
#include "core/stores/rows/rows.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// A due task, or a ready fire.
struct Candidate {
    Instant at = 0;
    TaskNumber task = 0;
    std::optional<TaskRow> row{};
    std::optional<FireRow> fire{};  // a ready one
    Uid uid = 0;                    // of the fire
    bool good = true;               // the rows can be read
};

// False if it cannot be read, or is on a lane where its definition does not belong.
template <class Database>
bool tell_candidate(Database& db, const Definitions& definitions, const Candidate& candidate, Look& out) {
    if (!candidate.good) return false;
    try {
        StoredTask task = definitions.stored(*candidate.row);
        if (!db.belongs_on(candidate.fire ? candidate.fire->lane : task.lane, *task.definition)) return false;
        if (!candidate.fire) {
            out.due.push_back(std::move(task));
            return true;
        }
        if (candidate.uid != task.state.uid) return false;
        out.ready.push_back(open_fire(*candidate.fire, task.state.uid));
        out.ready.back().task = std::move(task);
        return true;
    } catch (const Unreadable&) {
        return false;
    }
}

// Those that can be read.
template <class Database>
std::vector<StoredTask> readable(Database& db, const std::vector<TaskRow>& rows) {
    std::vector<StoredTask> out;
    const Definitions definitions = db.definitions_of(rows);
    for (const TaskRow& row : rows) {
        try {
            out.push_back(definitions.stored(row));
        } catch (const Unreadable&) {
            continue;  // looks and openings report it
        }
    }
    return out;
}

}  // namespace uvsched
