// HeldFire: a fire that a dead node held, and what becomes of it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger/fire_rules.hpp"
#include "core/stores/rows/rows.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

struct HeldFire {
    FireRow row;
    Uid uid = 0;
    std::string task_id;
    StoredTask task;  // its number alone, if it was deleted
    AfterCrash after;

    void judge();
    [[nodiscard]] FireRef ref() const { return {row.task, {uid, row.gen, row.kind, row.slot}, row.token}; }
};

// Tells what became of it, once that is written.
void tell_recovered(const HeldFire& fire, Recovered& out);

// By their tasks.
class HeldFires {
public:
    void add(HeldFire fire) { tasks_[fire.row.task].fires.push_back(std::move(fire)); }
    // One of the task's fires cannot be read, or the task.
    void add(TaskNumber task, const Unreadable& why) { tasks_[task].why = why; }

    // Tasks that cannot be read go out of the way, with all their fires.
    template <class Database>
    void put_away(Database& db, std::vector<Quarantined>& told) {
        for (const auto& [task, held] : tasks_) {
            if (held.why) db.put_away(task, *held.why, told);
        }
        std::erase_if(tasks_, [](const auto& each) { return each.second.why.has_value(); });
    }

    // In order of the tasks' numbers.
    [[nodiscard]] std::vector<const HeldFire*> all() const;

private:
    struct OfTask {
        std::vector<HeldFire> fires;
        std::optional<Unreadable> why{};
    };
    std::map<TaskNumber, OfTask> tasks_;
};

}  // namespace uvsched
