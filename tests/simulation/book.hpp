// Book: what became of each schedule, from the states of tasks that were truly written: where its due times begin, and
// which of them nobody need account for.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/model/task.hpp"
#include "tests/simulation/checker.hpp"

namespace uvsched::simulation {

class Book {
public:
    // A task is in this state now. Its trigger's name is its period, if it is a custom one.
    void note(const Definition& task, const TaskState& state);

    // Nobody saw what was written: the due times of this task's schedule are not accounted for from now on.
    void lose_track(const std::string& id);

    // The end: due times before the next one must be accounted for, of the schedules that are still in force.
    void close(const std::string& id, const TaskState& state);

    // A request ended this fire before it was called, and the answer was lost: nobody who has it knows.
    void ended_untold(const FireKey& key);
    // The node has read what it holds, at this elapsed time.
    void node_read(Micros elapsed);
    [[nodiscard]] bool is_untold(const Call& call) const;

    // The token of a fire that was handed out: it only grows.
    void handed_out(const FireKey& key, std::uint64_t token);

    [[nodiscard]] const std::map<ScheduleKey, Schedule>& schedules() const noexcept { return schedules_; }
    [[nodiscard]] const std::vector<std::string>& faults() const noexcept { return faults_; }

private:
    struct Present {
        ScheduleKey key;
        bool begun = false;               // the first due time is known
        std::optional<std::size_t> hole;  // of the schedule's, while it is paused
    };
    std::map<ScheduleKey, Schedule> schedules_;
    std::map<std::string, Present> tasks_;
    using FullKey = std::tuple<Uid, std::uint32_t, FireKind, std::int64_t>;
    std::map<FullKey, std::uint64_t> tokens_;
    std::map<FullKey, Micros> untold_;  // until when
    std::vector<std::string> faults_;
};

}  // namespace uvsched::simulation
