// Waves: a batch in pieces, each of which is a transaction of its own, for stores that decide adding and changing by
// what is there before the transaction.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "core/ledger/batch.hpp"

namespace uvsched {

// Requests of a batch that go into one transaction: no two of these are about one id, because each is decided by what
// is there before the transaction.
struct Wave {
    std::vector<Add*> adds;
    std::vector<Change*> changes;
    Remove* remove = nullptr;
    std::vector<RunNow*> runs;

    // As Batch::forget_answers().
    void forget_answers() const {
        for (Add* const add : adds) {
            add->dropped.clear();
            add->task = {};
        }
        for (Change* const change : changes) {
            change->dropped.clear();
            change->task = {};
        }
    }
};

class Waves {
public:
    explicit Waves(Batch& batch) {
        for (Add& add : batch.adds) of(add.definition->id).adds.push_back(&add);
        for (Change& change : batch.changes) of(change.id).changes.push_back(&change);
        for (Remove& remove : batch.removes) {
            if (remove.id.empty() || waves_.empty() || waves_.back().remove != nullptr) next();
            of(remove.id).remove = &remove;
            if (remove.id.empty()) next();
        }
        for (RunNow& run : batch.runs) of(run.id).runs.push_back(&run);
        if (waves_.empty()) waves_.emplace_back();
    }
    [[nodiscard]] std::vector<Wave>& all() noexcept { return waves_; }

private:
    void next() {
        waves_.emplace_back();
        ids_.clear();
    }
    Wave& of(const std::string& id) {
        if (waves_.empty() || !ids_.insert(id).second) {
            next();
            ids_.insert(id);
        }
        return waves_.back();
    }

    std::vector<Wave> waves_;
    std::unordered_set<std::string> ids_;
};

}  // namespace uvsched
