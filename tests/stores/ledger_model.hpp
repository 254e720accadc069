// LedgerModel: what a store promises, in maps. The random test does everything twice and compares.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/stores/ledger.hpp"

namespace ledger {

struct ModelFire {
    FireState state = FireState::claimed;
    std::uint64_t token = 1;
    std::int32_t crashes = 0;
};

using ModelKey = std::tuple<std::uint32_t, FireKind, std::int64_t>;  // gen, kind, slot

struct ModelTask {
    std::string id;
    Uid uid = 0;
    std::uint64_t rev = 1;
    std::uint32_t gen = 0;
    std::optional<Instant> next_slot;
    Instant hwm = kEarliest;
    TaskStatus status = TaskStatus::active;
    std::int64_t runs = 0;
    Micros period = 0;
    Policies policies;
    bool deleted = false;
    std::map<ModelKey, ModelFire> fires;

    [[nodiscard]] FireKey full(const ModelKey& key) const {
        return {uid, std::get<0>(key), std::get<1>(key), std::get<2>(key)};
    }
};

class LedgerModel {
public:
    std::map<TaskNumber, ModelTask> tasks;  // deleted ones too, for fires that still run
    std::map<std::string, int> endings;     // "id state reason" -> rows of history

    ModelTask* find(const std::string& id) {
        for (auto& [number, task] : tasks) {
            if (task.id == id && !task.deleted) return &task;
        }
        return nullptr;
    }

    void end(ModelTask& task, const ModelKey& key, FireState state, Reason reason) {
        task.fires.erase(key);
        record(task.id, state, reason);
    }
    void record(const std::string& id, FireState state, Reason reason) {
        ++endings[id + " " + state_text(state) + " " + reason_text(reason)];
    }

    void skip_unstarted(ModelTask& task, Reason reason) {
        for (const auto& [key, fire] : std::map(task.fires)) {
            const bool stays = reason == Reason::replaced && std::get<1>(key) == FireKind::manual;
            if (fire.state != FireState::running && !stays) end(task, key, FireState::skipped, reason);
        }
    }

    void promote(ModelTask& task) {
        std::vector<std::pair<std::pair<std::uint32_t, std::int64_t>, ModelFire*>> waiting;
        std::int32_t active = 0;
        for (auto& [key, fire] : task.fires) {
            if (fire.state == FireState::waiting) {
                waiting.push_back({{std::get<0>(key), std::get<2>(key)}, &fire});
            } else {
                ++active;
            }
        }
        std::sort(waiting.begin(), waiting.end());
        for (auto& [age, fire] : waiting) {
            if (active++ >= task.policies.max_instances) return;
            fire->state = FireState::ready;
            ++fire->token;
        }
    }

    void crash() {
        for (auto& [number, task] : tasks) {
            bool recovered = false;
            for (const auto& [key, fire] : std::map(task.fires)) recovered = recover(task, key) || recovered;
            if (recovered && !task.deleted) promote(task);
        }
    }

private:
    // False if nobody holds it.
    bool recover(ModelTask& task, const ModelKey& key) {
        ModelFire& fire = task.fires.at(key);
        if (fire.state != FireState::claimed && fire.state != FireState::running) return false;
        const bool ran = fire.state == FireState::running;
        if (ran) ++fire.crashes;
        const bool again = task.policies.on_crash == OnCrash::rerun && fire.crashes < task.policies.max_crashes;
        if (task.deleted || (ran && !again)) {
            end(task, key, FireState::lost, Reason::crashed);
            return true;
        }
        fire.state = FireState::ready;
        ++fire.token;
        return true;
    }
};

}  // namespace ledger
