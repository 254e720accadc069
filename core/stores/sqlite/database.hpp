// Database: what the parts of the SQLite store share. An open file, its statements, and who this process is in it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/stores/sqlite/connection.hpp"
#include "core/stores/sqlite/definition_cache.hpp"
#include "core/stores/sqlite/file_lock.hpp"
#include "core/stores/sqlite/rows.hpp"
#include "core/stores/sqlite/statements.hpp"
#include "core/stores/store.hpp"

namespace uvsched::sqlite {

// How a fire leaves `open` for `history`.
struct Ending {
    FireState state = FireState::done;
    Reason reason = Reason::none;
    Instant at = 0;  // wall time
    Instant started_at = 0;
    std::string_view result{};
    std::string_view error{};
};

// What never changes about a task, and what its fires need when they end. It outlives the task.
struct Identity {
    Uid uid = 0;
    std::string id;
};

class Database {
public:
    explicit Database(SqliteOptions given) : options(std::move(given)) {}

    SqliteOptions options;
    FileLock lock;  // before the connection: released after it is closed
    std::string path;
    Connection connection;
    std::optional<Statements> statements;
    DefinitionCache cache;

    std::string node;  // who this process is in the column owner
    std::int64_t epoch = 0;
    Micros shift = 0;
    std::uint64_t store_hash = 0;
    std::int64_t next_seq = 1;
    bool any_gone = false;  // whether the table gone may have rows
    Retention retention;
    std::string prune_after;  // the task that retention by count looked at last

    // The statements; throws Error(store) when the store is closed or suspended.
    Statements& sql();

    void step(const char* name) const {
        if (options.probe) options.probe(name);
    }

    // A task with its definition. Throws Unreadable; nothing when there is no such task.
    [[nodiscard]] std::optional<TaskRow> find_task(TaskNumber number);
    [[nodiscard]] std::optional<TaskNumber> find_number(std::string_view id);
    [[nodiscard]] StoredTask stored(const TaskRow& row);
    [[nodiscard]] std::shared_ptr<const Definition> definition_of(const TaskRow& row);

    // Nothing when there is no such fire, or it cannot be read.
    [[nodiscard]] std::optional<FireRow> find_fire(TaskNumber task, std::uint32_t gen, FireKind kind,
                                                   std::int64_t slot);
    [[nodiscard]] std::optional<FireRow> find_fire(const FireRef& ref) {
        return find_fire(ref.task, ref.key.gen, ref.key.kind, ref.key.slot);
    }

    // Nothing when no fire of that task can be there.
    [[nodiscard]] std::optional<Identity> identity_of(TaskNumber task);

    LaneNumber lane_of(const Definition& definition);

    // Moves a fire from open to history.
    void end_fire(const FireRow& fire, const Identity& task, const Ending& ending);

    // Forgets a deleted task none of whose fires is left.
    void forget_if_gone(TaskNumber task);
    [[nodiscard]] bool is_gone(TaskNumber task);

    // Makes the task's oldest waiting fires ready, as many as max_instances allows.
    void promote_waiting(TaskNumber task, Instant now);

    void free_fire(const FireRow& fire, std::int32_t crashes, Instant now);
    void write_miss(const TaskRow& task, const std::string& id, const PlannedMiss& miss, Instant now,
                    std::string_view error = {});

    // Sets a row that cannot be read apart: it stays, and no look returns it.
    void set_apart(TaskNumber task, const std::string& why);
};

}  // namespace uvsched::sqlite
