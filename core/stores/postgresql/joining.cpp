// What an opening does: it adds a node, and reads again what could not be read before. That of a visitor adds nothing.
#include <utility>

#include "core/platform/host.hpp"
#include "core/stores/postgresql/store_steps.hpp"
#include "core/stores/rows/lane_list.hpp"

namespace uvsched::postgresql {
namespace {

// One after the other: the first sets the lease for all.
constexpr const char* kLockMeta = "SELECT 1 FROM @meta FOR UPDATE";
constexpr const char* kSetLease = "UPDATE @meta SET lease = $1 WHERE NOT EXISTS (SELECT 1 FROM @node WHERE NOT gone)";
constexpr const char* kLease = "SELECT lease, @now FROM @meta";
constexpr const char* kAddNode =
    "INSERT INTO @node (id, label, beat, boot_id, pid, version, lanes) VALUES ($1, $2, 0, $3, $4, $5, '')";
// Nobody else has taken them since: their tokens stand.
constexpr const char* kKeep = "UPDATE @open AS o SET owner = $7 FROM " UVSCHED_PG_FIRES(
    "", "") " WHERE " UVSCHED_PG_SAME_HOLD " AND o.state IN ('claimed', 'running')";
// Those that have left, and those that have no row any more.
constexpr const char* kDead =
    "SELECT id FROM @node WHERE gone AND id <> $1 UNION SELECT coalesce(owner, 0) FROM @open AS o WHERE "
    "state NOT IN ('ready', 'waiting') AND lane > 0 AND NOT EXISTS (SELECT 1 FROM @node AS node WHERE node.id = "
    "o.owner)";
// What could not be read before may be readable now: repaired by hand, or by a newer version of this program.
constexpr const char* kStrays =
    "SELECT n FROM @def WHERE quarantine IS NOT NULL UNION SELECT s.n FROM @lane AS l JOIN @sched AS s USING (lane) "
    "JOIN @def AS d ON d.n = s.n WHERE l.format > $1 AND d.format <= $1 ORDER BY 1";
constexpr const char* kSettings =
    "SELECT name FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit') AND setting = 'off' ORDER BY name";

constexpr const char* kServerTime = "SELECT @now";

constexpr const char* kSetLanesOfNode = "UPDATE @node SET lanes = $2 WHERE id = $1";
constexpr const char* kLeave = "UPDATE @node SET gone = true WHERE id = $1";

void ask_settings(Database& db, Pipeline& pipeline, Opened& opened) {
    pipeline.add(kSettings, {}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            opened.notices.push_back(
                db.session.message("the server's setting " + answer.row(i).text(0) +
                                   " is off: what it said was committed may be lost when the machine loses power; "
                                   "set it to on"));
        }
    });
}

}  // namespace

void join(Database& db, const OpenRequest& request, Opened& opened) {
    FireColumns ours;
    for (const FireRef& fire : request.ours) ours.add(fire);
    std::vector<TaskNumber> strays;
    const Micros asked = StoreClock::tick();
    Pipeline pipeline(db);
    pipeline.add(kLockMeta);
    pipeline.add(kSetLease, {db.options.lease});
    pipeline.add(kAddNode, {db.node, request.label, boot_id(), process_id(), UVSCHED_RELEASE});
    pipeline.add(kKeep, ours.values({db.node}));
    pipeline.add(kDead, {db.node}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) opened.dead.push_back(answer.row(i).integer(0));
    });
    pipeline.add(kStrays, {kDefinitionFormat}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) strays.push_back(answer.row(i).integer(0));
    });
    ask_settings(db, pipeline, opened);
    pipeline.add(kLease, {}, [&](const Answer& answer) {
        opened.lease = answer.row(0).integer(0);
        db.clock->measured(answer.row(0).integer(1), asked);
    });
    pipeline.commit(Pipeline::Guard::none);
    if (opened.lease != db.options.lease) {
        opened.notices.push_back(db.session.message(other_lease(opened.lease, db.options.lease)));
    }
    for (const TaskNumber task : strays) db.read_again(task, opened.quarantined);
    opened.node = db.node;
    opened.store_hash = db.store_hash;
    // On this line all times are wall times, whatever the machine's clock is set to.
    opened.line = {.boot = request.boot, .base = saturating_sub(request.wall, request.elapsed), .shift = 0};
}

void visit(Database& db, Opened& opened) {
    const Micros asked = StoreClock::tick();
    Pipeline pipeline(db);
    ask_settings(db, pipeline, opened);
    pipeline.add(kServerTime, {}, [&](const Answer& answer) { db.clock->measured(answer.row(0).integer(0), asked); });
    pipeline.read();
}

void tell_lanes(Database& db, std::span<const LaneNumber> lanes) {
    Pipeline pipeline(db);
    pipeline.add(kSetLanesOfNode, {db.node, lane_list(lanes)});
    pipeline.commit(Pipeline::Guard::none);
}

// The others need not wait for a lease to pass.
void leave(Database& db) noexcept {
    try {
        if (!db.session.is_open()) return;
        db.session.run({{db.sql(kLeave), {db.node}}}, Sends::reads, std::chrono::seconds(2));
    } catch (const std::exception&) {
        return;
    }
}

}  // namespace uvsched::postgresql
