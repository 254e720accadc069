// Database: the shared state of the parts of the PostgreSQL store: a session, this node, and what is remembered of the
// tables.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/stores/postgresql/session.hpp"
#include "core/stores/rows/definitions.hpp"
#include "core/stores/rows/rows.hpp"
#include "core/stores/server_node.hpp"

namespace uvsched::postgresql {

// The columns that read_task() and read_fire() expect, of @sched AS s and @open AS o. Times have one line only here, so
// that none is added to a fire's.
#define UVSCHED_PG_TASK                                                                                                \
    "s.n, s.lane, s.def_hash, s.uid, s.gen, s.rev, s.clk, s.anchor, s.next_slot, s.next_due, s.hwm, s.state, s.runs, " \
    "(SELECT count(*) FROM @open AS other WHERE other.n = s.n)"
#define UVSCHED_PG_FIRE                                                                                             \
    "o.n, o.gen, o.kind, o.slot, o.last_slot, 0, o.folded, o.exact, o.state, o.lane, o.owner, o.token, o.attempt, " \
    "o.crashes, o.claimed_at, o.started_at, o.ready_at"
inline constexpr int kTaskColumns = 14;
inline constexpr int kFireColumns = 17;

class Database : public ServerNode {
public:
    explicit Database(PostgresqlOptions given) : options(std::move(given)), session(options) {}

    PostgresqlOptions options;
    Session session;
    std::string channel;      // of notices
    std::string prune_after;  // the task that retention by count looked at last

    // Drops what is remembered of the store that was open before.
    void forget();

    // The text with the schema's name before each @table, and in the place of @now the server's time.
    [[nodiscard]] const std::string& sql(const char* text);

    // Throws Error(store) if the store is closed or cannot be reached, and StoreLost if another store is there by now.
    void connect();

    // Of these tasks; asks the server for what is not remembered.
    [[nodiscard]] Definitions definitions_of(const std::vector<TaskRow>& rows);

    // The numbers of the lanes that such tasks lie on. Those that are not there yet are made, in transactions of their
    // own: a lane stays for ever.
    [[nodiscard]] LaneNumber lane_of(const Definition& definition);
    void prepare_lanes(const std::vector<const Definition*>& definitions);
    [[nodiscard]] LaneNumber lane_for(const std::string& executor, const std::string& function,
                                      const std::string& trigger, std::int64_t format);
    // Whether a task of this definition is to be found on the lane.
    [[nodiscard]] bool belongs_on(LaneNumber lane, const Definition& definition);

    // Moves a task on which a look stumbled to the lane of its definition, or out of the way if it cannot be read.
    void sort_out(TaskNumber task, std::vector<Quarantined>& told);
    // Reads a task that could not be read before once more.
    void read_again(TaskNumber task, std::vector<Quarantined>& told);
    // A task that cannot be read goes out of the way: if newer versions read it, into a lane that only they look at,
    // and nobody is told; otherwise it is set apart.
    void put_away(TaskNumber task, const Unreadable& error, std::vector<Quarantined>& told);
    // Sets a row that cannot be read apart: it stays, and no look returns it.
    Quarantined set_apart(TaskNumber task, const std::string& why);

private:
    struct LaneNames {
        std::string executor;
        std::string function;
        std::string trigger;
        std::int64_t format = 0;
        friend bool operator==(const LaneNames&, const LaneNames&) = default;
    };
    [[nodiscard]] static LaneNames names_of(const Definition& definition);
    void make_lanes(const std::vector<LaneNames>& lanes);
    [[nodiscard]] std::optional<LaneNumber> known_lane(const LaneNames& names) const;
    void read_lanes();
    void move_to_lane(TaskNumber task, LaneNumber lane);
    [[nodiscard]] std::shared_ptr<const Definition> read_whole(TaskNumber task, std::vector<LaneNumber>& lanes);

    std::unordered_map<const char*, std::string> texts_;
    std::unordered_map<LaneNumber, LaneNames> lanes_;  // none ever changes
};

}  // namespace uvsched::postgresql
