// Rows as the server keeps them: one text each, of parts between blanks (ledger_script.cpp).
#pragma once

#include <string>

#include "core/ledger/batch.hpp"
#include "core/stores/rows/rows.hpp"

namespace uvsched::redis {

[[nodiscard]] std::string schedule_text(const TaskRow& row);

// Where a look finds a task: "due:LANE" or "idle:LANE", and its score there.
struct IndexPlace {
    std::string index;
    std::string score;
};
[[nodiscard]] IndexPlace index_place(const TaskRow& row);

// A fire with all that its text has.
struct StoredFire {
    FireRow row;
    Uid uid = 0;
    std::int64_t claim = 0;
    std::string id;  // of the task

    [[nodiscard]] std::string text() const;
};

// The rows of history of a due time that never became a fire, and of a fire that its owner ends.
[[nodiscard]] std::string miss_text(Uid uid, std::uint32_t gen, const PlannedMiss& miss, Instant now);
[[nodiscard]] std::string ended_text(const StoredFire& fire, const Finish& finish);

// How many runs of a task an end by its owner adds: a run counts that was called, as the fire says, or whoever ended
// it.
[[nodiscard]] int runs_ended(FireState from, const Finish& finish);

}  // namespace uvsched::redis
