// Changes: adding and changing tasks, in three parts: what is there is read, what becomes of it is decided, and what is
// decided is written if nothing has changed since.
#pragma once

#include <vector>

#include "core/stores/postgresql/store_steps.hpp"
#include "core/stores/rows/change_decisions.hpp"

namespace uvsched::postgresql {

// For requests no two of which are about one id.
class Changes {
public:
    Changes(Database& db, std::vector<Add*> adds, std::vector<Change*> changes);

    // Reads and decides; the requests get their answers, which hold once the transaction is done.
    void prepare();

    // Whether anything is to be written, and whether that is something that other nodes must find.
    [[nodiscard]] bool writes() const noexcept { return decided_.writes(); }
    [[nodiscard]] bool tells() const noexcept { return decided_.tells(); }
    // The tasks that are written.
    [[nodiscard]] Column tasks() const;

    // The requests' statements.
    void ask(Pipeline& pipeline);

    // After the commit.
    void settle();

private:
    void read();
    void read_one(const Answer& answer, int row);
    static void ask_misses(Pipeline& pipeline, const std::vector<ChangeDecisions::Miss>& misses);
    void ask_creations(Pipeline& pipeline);
    void ask_rewrites(Pipeline& pipeline);
    void ask_skips(Pipeline& pipeline);
    void ask_answers(Pipeline& pipeline);

    Database& db_;
    ChangeDecisions decided_;
};

}  // namespace uvsched::postgresql
