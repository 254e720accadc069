// TaskReader: the questions of callers to a durable store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger/records.hpp"
#include "core/model/fire.hpp"

namespace uvsched {

struct HistoryQuery {
    std::string task_id;  // empty: all tasks
    std::optional<FireState> state;
    std::int64_t before = INT64_MAX;  // rows with seq below this: pages go from new to old
    std::size_t limit = 100;
};

// The number of tasks in each state. Rows that cannot be read do not count.
struct TaskCounts {
    std::int64_t active = 0;
    std::int64_t idle =
        0;  // among the active ones: without a next due time, as on an event or while a trigger is asked
    std::int64_t paused = 0;
    std::int64_t finished = 0;
    friend bool operator==(const TaskCounts&, const TaskCounts&) = default;
};

// Throws Error(store), and Error(corrupt) if a single task cannot be read.
class TaskReader {
public:
    TaskReader() = default;
    TaskReader(const TaskReader&) = delete;
    TaskReader& operator=(const TaskReader&) = delete;
    virtual ~TaskReader() = default;

    virtual std::optional<StoredTask> get(const std::string& id) = 0;

    // At most `limit` tasks after the id `after`, in order of id. Finished tasks are left out unless requested.
    virtual std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) = 0;

    virtual TaskCounts counts() = 0;

    virtual std::vector<HistoryRow> history(const HistoryQuery& query) = 0;

    // The ids of unfinished tasks that this start or an earlier one declared, in order.
    virtual std::vector<std::string> declared_at_start() = 0;
};

}  // namespace uvsched
