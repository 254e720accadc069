// Changes: adding and changing tasks, in three parts: what is there is read, what becomes of it is decided, and what is
// decided is written if nothing has changed since.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/stores/postgresql/store_steps.hpp"

namespace uvsched::postgresql {

// For requests no two of which are about one id.
class Changes {
public:
    Changes(Database& db, std::vector<Add*> adds, std::vector<Change*> changes);

    // Reads and decides; the requests get their answers, which hold once the transaction is done.
    void prepare();

    // Whether anything is to be written, and whether that is something that other nodes must find.
    [[nodiscard]] bool writes() const noexcept { return writes_; }
    [[nodiscard]] bool tells() const noexcept { return tells_; }
    // The tasks that are written.
    [[nodiscard]] const Column& tasks() const noexcept { return written_; }

    // The requests' statements.
    void ask(Pipeline& pipeline);

    // After the commit.
    void settle();

private:
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
        std::string text;  // of the new definition, canonical; empty: none is given
        std::uint64_t hash = 0;
        std::optional<Existing> there;
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

    void read();
    void read_one(const Answer& answer, int row);
    void decide(Add& add, Asked& asked);
    void decide(Change& change, Asked& asked);
    void create(Add& add, const Asked& asked);
    Rewrite& rewrite(const Existing& old, const Asked& asked, const std::shared_ptr<const Definition>& definition,
                     const TaskState* schedule, Instant now, std::vector<Dropped>& dropped);
    void declare(const Existing& old, std::optional<std::uint64_t> hash, bool at_start);
    static void ask_misses(Pipeline& pipeline, const std::vector<Miss>& misses);
    void ask_creations(Pipeline& pipeline);
    void ask_rewrites(Pipeline& pipeline);
    void ask_skips(Pipeline& pipeline);
    void ask_answers(Pipeline& pipeline);

    Database& db_;
    std::vector<Add*> adds_;
    std::vector<Change*> changes_;
    std::vector<Asked> asked_;  // of the adds, and then of the changes
    Column written_;            // of the tasks that are there
    bool writes_ = false;
    bool tells_ = false;
    std::vector<std::pair<Add*, const Asked*>> created_;
    std::vector<std::unique_ptr<Rewrite>> rewrites_;
    std::vector<Declare> declares_;
    std::vector<Miss> overdue_;  // written before what is skipped, and the others behind it
    std::vector<Miss> misses_;
    Column removed_;  // tasks of which not even a schedule is there
    Column guarded_;
    Column revisions_;
    std::vector<std::pair<TaskNumber, Instant>> readable_again_;
};

}  // namespace uvsched::postgresql
