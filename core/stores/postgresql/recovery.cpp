// What nodes hold: this one; and a dead one, of whose fires a piece becomes ready again, or lost. The fires are read
// and judged first, and then changed where their tokens still stand.
#include "core/stores/postgresql/store_steps.hpp"
#include "core/stores/rows/held_fire.hpp"

namespace uvsched::postgresql {
namespace {

constexpr const char* kStandsAmong = "SELECT 1 FROM @node WHERE id = $1";
constexpr const char* kMine =
    "SELECT n, uid, gen, kind, slot, token FROM @open WHERE owner = $1 AND state IN ('claimed', 'running') AND lane > "
    "0 "
    "ORDER BY n, gen, kind, slot";

// What is neither ready nor waiting somebody must hold. A row that was set apart (lane < 0) waits for its repair.
#define UVSCHED_PG_HELD                                                                                          \
    "SELECT " UVSCHED_PG_FIRE ", o.uid, o.task_id, d.id, d.format, d.def, d.quarantine, d.uid, " UVSCHED_PG_TASK \
    " FROM @open AS o LEFT JOIN @def AS d ON d.n = o.n LEFT JOIN @sched AS s ON s.n = o.n "                      \
    "WHERE o.state NOT IN ('ready', 'waiting')"
#define UVSCHED_PG_OF_DEAD                                                                                   \
    " AND o.owner IS NOT DISTINCT FROM nullif($1::bigint, 0) AND o.lane > 0 AND o.lane NOT IN (SELECT lane " \
    "FROM @lane WHERE format > $2)"
constexpr const char* kHeld = UVSCHED_PG_HELD UVSCHED_PG_OF_DEAD " ORDER BY o.n, o.gen, o.kind, o.slot LIMIT $3";
constexpr const char* kHeldOfTask =
    UVSCHED_PG_HELD " AND o.n = $1 AND NOT EXISTS (SELECT 1 FROM @node AS node WHERE node.id = o.owner)";
constexpr int kUidAt = kFireColumns;
constexpr int kHeldDefinitionAt = kFireColumns + 2;
constexpr int kHeldScheduleAt = kHeldDefinitionAt + 5;

// The dead one may only be slow: this waits for what it has under way, and it begins nothing more before the end of
// this transaction. In order, because two nodes may take each other for dead.
constexpr const char* kStandBeside =
    "SELECT 1 / count(*) FROM (SELECT id FROM @node WHERE id IN ($1, $2) ORDER BY id FOR UPDATE) AS both_nodes "
    "WHERE id = $1";
constexpr const char* kLockHeld = "SELECT 1 FROM @sched WHERE n = ANY($1::bigint[]) ORDER BY n FOR NO KEY UPDATE";

constexpr const char* kFree =
    "WITH freed AS (UPDATE @open AS o SET state = 'ready', ready_at = coalesce($9::bigint, @now), owner = NULL, "
    "token = o.token + 1, crashes = f.crashes, claimed_at = NULL, started_at = NULL FROM " UVSCHED_PG_FIRES(
        ", $7::bigint[], $8::text[]", ", crashes, state") " WHERE " UVSCHED_PG_SAME_HOLD
                                                          " AND o.state = f.state RETURNING f.i) SELECT i, "
                                                          "set_config('uvsched.told', '1', true) FROM freed";
constexpr const char* kLose =
    "WITH f AS (SELECT * FROM " UVSCHED_PG_FIRES(", $7::bigint[], $8::text[]", ", now_crashes, was") "), "
    "o AS (DELETE FROM @open AS o USING f WHERE " UVSCHED_PG_SAME_HOLD
    " AND o.state = f.was RETURNING o.*, f.now_crashes, f.i), "
    "written AS (INSERT INTO @history (task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, "
    "attempt, crashes, label, owner, token, claimed_at, started_at, finished_at) SELECT task_id, uid, gen, kind, slot, "
    "CASE WHEN kind = 'manual' THEN last_slot ELSE slot END, last_slot, folded, exact, 'lost', 'crashed', attempt, "
    "now_crashes, (SELECT label FROM @node AS node WHERE node.id = o.owner), owner, token, claimed_at, started_at, "
    "$9::bigint FROM o ORDER BY i) SELECT i FROM o";
constexpr const char* kDropNode =
    "DELETE FROM @node AS node WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM @open AS o WHERE o.owner = $1 AND lane > 0)";

// What it began before this transaction waited for it.
constexpr const char* kHoldsMore =
    "SELECT 1 FROM @open AS o WHERE o.state NOT IN ('ready', 'waiting')" UVSCHED_PG_OF_DEAD " LIMIT 1";

class Recovery {
public:
    explicit Recovery(Database& db) : db_(db) {}

    void read(const char* sql, std::vector<Value> values) {
        Pipeline pipeline(db_);
        pipeline.add(sql, std::move(values), [&](const Answer& answer) {
            found_ = static_cast<std::size_t>(answer.size());
            for (int i = 0; i < answer.size(); ++i) read_fire_of(answer, i);
        });
        pipeline.read();
    }
    [[nodiscard]] std::size_t found() const noexcept { return found_; }

    void put_away(std::vector<Quarantined>& told) { held_.put_away(db_, told); }

    void ask(Pipeline& pipeline, Instant now, Recovered& out) {
        Column tasks;
        FireColumns fires[2];
        Column crashes[2];
        Column states[2];
        for (const HeldFire* const fire : held_.all()) {
            const std::size_t which = fire->after.again ? 0 : 1;
            tasks.add(fire->row.task);
            fires[which].add(fire->ref());
            crashes[which].add(fire->after.crashes);
            states[which].add(state_text(fire->row.state));
            asked_[which].push_back(fire);
        }
        pipeline.add(kLockHeld, {tasks.value()});
        pipeline.add(kFree, fires[0].values({crashes[0].value(), states[0].value(), db_.by_hand(now)}),
                     [&](const Answer& answer) { tell(answer, asked_[0], out); });
        pipeline.add(kLose, fires[1].values({crashes[1].value(), states[1].value(), now}),
                     [&](const Answer& answer) { tell(answer, asked_[1], out); });
        ask_promotion(db_, pipeline, tasks, Promotes::all, now);
    }

private:
    void read_fire_of(const Answer& answer, int i) {
        try {
            HeldFire fire;
            fire.row = read_fire(answer.row(i));
            fire.uid = static_cast<Uid>(answer.row(i).integer(kUidAt));
            fire.task_id = answer.row(i).text(kUidAt + 1);
            fire.task.number = fire.row.task;
            read_task_of(answer, i, fire);
            fire.judge();
            held_.add(std::move(fire));
        } catch (const Unreadable& error) {
            held_.add(answer.row(i).integer(0), error);
        }
    }

    // Of a deleted task there is nothing.
    void read_task_of(const Answer& answer, int i, HeldFire& fire) {
        const bool has_definition = !answer.row(i, kHeldDefinitionAt).is_null(0);
        const bool has_schedule = !answer.row(i, kHeldScheduleAt).is_null(0);
        if (!has_definition && !has_schedule) return;
        if (!has_definition) throw Unreadable("its row of def is missing");
        if (!has_schedule) throw Unreadable("its row of sched is missing");
        const TaskRow task = read_task(answer.row(i, kHeldScheduleAt));
        fire.task = {.number = task.number,
                     .lane = task.lane,
                     .definition = read_definition(answer.row(i, kHeldDefinitionAt), task.state.uid),
                     .state = task.state,
                     .open = task.open};
    }

    static void tell(const Answer& answer, const std::vector<const HeldFire*>& asked, Recovered& out) {
        for (int i = 0; i < answer.size(); ++i) {
            tell_recovered(*asked[static_cast<std::size_t>(answer.row(i).integer(0)) - 1], out);
        }
    }

    Database& db_;
    HeldFires held_;
    std::vector<const HeldFire*> asked_[2];  // to become ready, and to be lost
    std::size_t found_ = 0;
};

}  // namespace

Recovered recover(Database& db, NodeNumber dead, Instant now, std::size_t limit) {
    Recovered out;
    Recovery recovery(db);
    recovery.read(kHeld, {dead, kDefinitionFormat, limit});
    out.more = recovery.found() == limit;
    recovery.put_away(out.quarantined);
    Pipeline pipeline(db);
    if (dead != db.node) pipeline.stand(kStandBeside, {db.node, dead});
    recovery.ask(pipeline, now, out);
    if (!out.more) {
        pipeline.add(kDropNode, {dead});
        pipeline.add(kHoldsMore, {dead, kDefinitionFormat}, [&](const Answer& answer) { out.more = !answer.empty(); });
    }
    pipeline.commit(Pipeline::Guard::none);
    return out;
}

std::vector<FireRef> mine(Database& db) {
    std::vector<FireRef> out;
    bool stands = false;
    Pipeline pipeline(db);
    pipeline.add(kStandsAmong, {db.node}, [&](const Answer& answer) { stands = !answer.empty(); });
    pipeline.add(kMine, {db.node}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            const Answer::Row row = answer.row(i);
            FireRef fire;
            if (!kind_from_text(row.view(3), fire.key.kind)) continue;  // nobody can have taken such a fire
            fire.task = row.integer(0);
            fire.key.uid = static_cast<Uid>(row.integer(1));
            fire.key.gen = static_cast<std::uint32_t>(row.integer(2));
            fire.key.slot = row.integer(4);
            fire.token = static_cast<std::uint64_t>(row.integer(5));
            out.push_back(fire);
        }
    });
    pipeline.read();
    if (!stands) throw NodeLost(db.session.message("other nodes took this one for dead; it joins them again"));
    return out;
}

void recover_task(Database& db, TaskNumber task, Instant now) {
    Recovered untold;
    Recovery recovery(db);
    recovery.read(kHeldOfTask, {task});
    recovery.put_away(untold.quarantined);
    Pipeline pipeline(db);
    recovery.ask(pipeline, now, untold);
    pipeline.commit(Pipeline::Guard::none);
}

}  // namespace uvsched::postgresql
