// ChangeDecisions: what becomes of tasks that a batch adds and changes, for stores on a server. Such a store reads what
// is there, decides here, and writes what was decided if nothing has changed since.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/ledger/batch.hpp"
#include "core/stores/rows/rows.hpp"

namespace uvsched {

// For requests no two of which are about one id.
class ChangeDecisions {
public:
    // A stored task, as far as it can be read.
    struct Existing {
        TaskNumber number = 0;
        std::optional<TaskRow> row;
        std::shared_ptr<const Definition> definition;
        std::string why;  // it cannot
        std::optional<std::uint64_t> declared;
        bool at_start = false;
    };
    struct Asked {
        const std::string* id = nullptr;
        std::shared_ptr<const Definition> definition;  // the new one; nullptr: none is given
        std::string text;                              // of it, canonical
        std::uint64_t hash = 0;
        std::optional<Existing> there;  // the store fills it in
    };
    // A row of sched as it is to be, and what it replaces.
    struct Rewrite {
        TaskRow task;
        bool moved = false;  // to another lane, with its fires
        std::shared_ptr<const Definition> definition;
        std::shared_ptr<const Definition> other;  // the new definition, if it is another
        const Asked* asked = nullptr;
        Add* add = nullptr;
        Change* change = nullptr;
        std::optional<std::string> skips;  // the trigger is another: what has not begun is skipped, of a task so named

        [[nodiscard]] Instant now() const { return add != nullptr ? add->now_wall : change->now_wall; }
        [[nodiscard]] std::vector<Dropped>& dropped() const { return add != nullptr ? add->dropped : change->dropped; }
        // The request's answer: the task as it is then.
        void answer() const;
    };
    struct Creation {
        Add* add = nullptr;
        const Asked* asked = nullptr;
    };
    struct Declare {
        TaskNumber task = 0;
        std::optional<std::uint64_t> hash;
        bool at_start = false;
    };
    struct Miss {
        Uid uid = 0;
        std::uint32_t gen = 0;
        std::string id;
        PlannedMiss miss;
        Instant now = 0;
        std::string error{};
    };
    using LaneOf = std::function<LaneNumber(const Definition&)>;

    ChangeDecisions(std::vector<Add*> adds, std::vector<Change*> changes);

    // What is asked about, for the store to fill in.
    [[nodiscard]] std::vector<Asked>& asked() noexcept { return asked_; }
    [[nodiscard]] std::vector<const Definition*> definitions() const;

    // The requests get their answers, which hold once what is decided is written.
    void decide(const LaneOf& lane_of);

    // Whether anything is to be written, and whether that is something that other nodes must find.
    [[nodiscard]] bool writes() const noexcept { return writes_; }
    [[nodiscard]] bool tells() const noexcept { return tells_; }

    std::vector<TaskNumber> written;  // of the tasks that are there
    std::vector<Creation> created;
    std::vector<std::unique_ptr<Rewrite>> rewrites;
    std::vector<Declare> declares;
    std::vector<Miss> overdue;                                  // written before what is skipped
    std::vector<Miss> misses;                                   // and the others behind it
    std::vector<TaskNumber> removed;                            // of which not even a schedule is there
    std::vector<std::pair<TaskNumber, std::uint64_t>> guarded;  // with the revisions that they must still have
    std::vector<std::pair<TaskNumber, Instant>> readable_again;

private:
    void decide(Add& add, const Asked& asked);
    void decide(Change& change, const Asked& asked);
    void create(Add& add, const Asked& asked);
    Rewrite& rewrite(const Existing& old, const Asked& asked, const std::shared_ptr<const Definition>& definition,
                     const TaskState* schedule, Instant now, std::vector<Dropped>& dropped);
    void declare(const Existing& old, std::optional<std::uint64_t> hash, bool at_start);

    std::vector<Add*> adds_;
    std::vector<Change*> changes_;
    std::vector<Asked> asked_;  // of the adds, and then of the changes
    LaneOf lane_of_;
    bool writes_ = false;
    bool tells_ = false;
};

}  // namespace uvsched
