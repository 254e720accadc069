// Database: the shared state of the parts of the SQLite store: an open file, its statements, and this node's number.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/stores/rows/definition_cache.hpp"
#include "core/stores/rows/rows.hpp"
#include "core/stores/sqlite/checkpoints.hpp"
#include "core/stores/sqlite/connection.hpp"
#include "core/stores/sqlite/file_watch.hpp"
#include "core/stores/sqlite/shared_file.hpp"
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

// The part of a task that never changes. Its fires need it when they end, so it outlives the task.
struct Identity {
    Uid uid = 0;
    std::string id;
};

class Database {
public:
    explicit Database(SqliteOptions given) : options(std::move(given)) {}

    SqliteOptions options;
    std::shared_ptr<SharedFile> file;  // left after the connection is closed
    std::string path;
    FileWatch watch;
    Connection connection;
    Checkpoints checkpoints;
    std::optional<Statements> statements;
    DefinitionCache cache;

    NodeNumber node = 0;  // this opening, in the column owner
    bool visits = false;  // it is no node, and has no row
    Micros to_wall = 0;   // of times on the elapsed line: meta.shift
    std::uint64_t store_hash = 0;
    Retention retention;
    bool tells = false;             // the transaction has made something that other nodes must find
    std::uint64_t own_changes = 0;  // of meta.changes: those by this node's batches
    std::string prune_after;        // the task that retention by count looked at last
    bool ready_first = false;       // whether the last look began with ready fires instead of due tasks

    // Another file may be opened next.
    void forget() {
        cache.clear();
        lane_names_.clear();
        own_changes = 0;
    }

    // For a transaction: waits a moment if the last one was just now, and other processes may be waiting for theirs.
    Connection& take_turn();

    // Throws NodeLost if other nodes have declared this one dead.
    void check_standing();

    // The statements; throws Error(store) if the store is closed or suspended.
    Statements& sql();

    // The present on both clock lines.
    [[nodiscard]] Now at(Instant wall) const noexcept {
        return {.wall = wall, .elapsed = saturating_sub(wall, to_wall)};
    }

    // meta.changes without those that the node itself asked for.
    [[nodiscard]] std::uint64_t changes_of_others();

    // Reads where the lines lie: another process may have noticed that the clock was set.
    void read_line();

    void step(const char* name) const {
        if (options.probe) options.probe(name);
    }

    // A task with its definition. Throws Unreadable; nullopt if there is no such task.
    [[nodiscard]] std::optional<TaskRow> find_task(TaskNumber number);
    [[nodiscard]] std::optional<TaskNumber> find_number(std::string_view id);
    [[nodiscard]] StoredTask stored(const TaskRow& row);
    [[nodiscard]] std::shared_ptr<const Definition> definition_of(const TaskRow& row);

    // nullopt if there is no such fire, or it cannot be read.
    [[nodiscard]] std::optional<FireRow> find_fire(TaskNumber task, std::uint32_t gen, FireKind kind,
                                                   std::int64_t slot);
    [[nodiscard]] std::optional<FireRow> find_fire(const FireRef& ref) {
        return find_fire(ref.task, ref.key.gen, ref.key.kind, ref.key.slot);
    }

    // nullopt if that task can have no fire.
    [[nodiscard]] std::optional<Identity> identity_of(TaskNumber task);

    LaneNumber lane_of(const Definition& definition);
    void move_to_lane(TaskNumber task, LaneNumber lane);
    // Whether a task of this definition is to be found on the lane, which is in the file.
    [[nodiscard]] bool belongs_on(LaneNumber lane, const Definition& definition);

    // Moves a fire from open to history.
    void end_fire(const FireRow& fire, const Identity& task, const Ending& ending);

    // Forgets a deleted task if it has no fire left.
    void forget_if_gone(TaskNumber task);
    [[nodiscard]] bool is_gone(TaskNumber task);

    // Makes the task's oldest waiting fires ready, as many as max_instances allows; if none waits, the next piece of a
    // long pile is due (planner.hpp).
    void promote_waiting(TaskNumber task, Instant now);

    void free_fire(const FireRow& fire, std::int32_t crashes, Instant now);
    void write_miss(const TaskRow& task, const std::string& id, const PlannedMiss& miss, Instant now,
                    std::string_view error = {});

    // Moves a task on which a look stumbled to the lane of its definition, or out of the way if it cannot be read. By
    // what is there now: another node may have seen to it.
    void sort_out(TaskNumber task, std::vector<Quarantined>& told);

    // A task that cannot be read goes out of the way: if newer versions read it, into a lane that only they look at,
    // and nobody is told; otherwise it is set apart.
    void put_away(TaskNumber task, const Unreadable& error, std::vector<Quarantined>& told);

    // Sets a row that cannot be read apart: it stays, and no look returns it.
    Quarantined set_apart(TaskNumber task, std::string why);

private:
    LaneNumber lane_for(std::string_view executor, std::string_view function, std::string_view trigger,
                        std::int64_t format);
    friend class Writing;
    void leave_to_newer(TaskNumber task, std::int64_t format);

    struct LaneNames {
        std::string executor;
        std::string function;
        std::string trigger;
        std::int64_t format = 0;
    };
    std::unordered_map<LaneNumber, LaneNames> lane_names_;  // no lane ever changes
    std::chrono::steady_clock::time_point next_turn_;
};

// A transaction that may make something that other nodes must find. Rolled back unless committed.
class Writing {
public:
    explicit Writing(Database& db) : db_(db), transaction_(db.take_turn()) { db.tells = false; }
    void commit();

private:
    Database& db_;
    Transaction transaction_;
};

}  // namespace uvsched::sqlite
