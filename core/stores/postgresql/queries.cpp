// What the store is asked: what is due, when something will be, and what is there.
#include <algorithm>
#include <utility>

#include "core/stores/postgresql/store_steps.hpp"
#include "core/stores/rows/candidate.hpp"
#include "core/stores/take_turns.hpp"

namespace uvsched::postgresql {
namespace {

// The server's time is a scalar subselect: as a function that is called for each row it could not bound an index.
#define UVSCHED_PG_PRESENT(number) "(SELECT coalesce($" #number "::bigint, @now))"

// Lane by lane, each in its piece of the index.
constexpr const char* kDue =
    "SELECT " UVSCHED_PG_TASK
    " FROM unnest($1::bigint[]) AS l(lane) CROSS JOIN LATERAL (SELECT * FROM @sched AS due "
    "WHERE due.lane = l.lane AND due.next_due IS NOT NULL AND due.next_due <= " UVSCHED_PG_PRESENT(
        2) " ORDER BY due.next_due LIMIT $3 OFFSET $4) AS s ORDER BY s.next_due LIMIT $3";
constexpr const char* kReady =
    "SELECT " UVSCHED_PG_FIRE ", o.uid, " UVSCHED_PG_TASK " FROM unnest($1::bigint[]) AS l(lane) CROSS JOIN LATERAL "
    "(SELECT * FROM @open AS ready WHERE ready.lane = l.lane AND ready.ready_at IS NOT NULL AND ready.ready_at <= "
    UVSCHED_PG_PRESENT(2) " ORDER BY ready.ready_at LIMIT $3 OFFSET $4) AS o LEFT JOIN @sched AS s ON s.n = o.n "
    "ORDER BY o.ready_at LIMIT $3";
constexpr const char* kNow = "SELECT @now";

constexpr const char* kFirst =
    "SELECT min(first.at) FROM unnest($1::bigint[]) AS l(lane) CROSS JOIN LATERAL ((SELECT next_due AS at FROM @sched "
    "AS s WHERE s.lane = l.lane AND next_due IS NOT NULL ORDER BY next_due LIMIT 1) UNION ALL (SELECT ready_at AS at "
    "FROM @open AS o WHERE o.lane = l.lane AND ready_at IS NOT NULL ORDER BY ready_at LIMIT 1)) AS first";

// The example is looked for in the indexes first, once (OFFSET 0), and then its id.
constexpr const char* kLanesInUse =
    "SELECT l.lane, l.executor, l.fn, l.trigger, l.format, coalesce(e.n, 0), coalesce((SELECT id FROM @def AS d WHERE "
    "d.n = e.n), (SELECT task_id FROM @open AS o WHERE o.n = e.n LIMIT 1)) FROM @lane AS l CROSS JOIN LATERAL "
    "(SELECT coalesce("
    "(SELECT n FROM @sched AS s WHERE s.lane = l.lane AND next_due IS NOT NULL ORDER BY next_due DESC LIMIT 1), "
    "(SELECT n FROM @open AS o WHERE o.lane = l.lane AND ready_at IS NOT NULL ORDER BY ready_at DESC LIMIT 1), "
    "(SELECT n FROM @sched AS s WHERE s.lane = l.lane AND next_due IS NULL AND state IN ('active', 'paused') LIMIT 1), "
    "(SELECT n FROM @open AS o WHERE o.lane = l.lane LIMIT 1)) AS n OFFSET 0) AS e "
    "WHERE e.n IS NOT NULL OR EXISTS (SELECT 1 FROM @sched AS s WHERE s.lane = l.lane AND next_due IS NULL "
    "AND state = 'finished') ORDER BY l.lane";
constexpr const char* kChanges = "SELECT changes FROM @meta";
constexpr const char* kAsking =
    "SELECT " UVSCHED_PG_TASK " FROM @sched AS s WHERE state = 'active' AND next_due IS NULL AND lane > 0 ORDER BY n";
constexpr const char* kGet =
    "SELECT d.n, " UVSCHED_PG_TASK " FROM @def AS d LEFT JOIN @sched AS s ON s.n = d.n WHERE d.id = $1";
constexpr const char* kList = "SELECT d.id, " UVSCHED_PG_TASK
                              " FROM @def AS d JOIN @sched AS s ON s.n = d.n WHERE d.id > $1 AND d.quarantine IS "
                              "NULL AND ($3 OR s.state <> 'finished') ORDER BY d.id LIMIT $2";
constexpr const char* kCounts = "SELECT state, count(*), count(next_due) FROM @sched WHERE lane > 0 GROUP BY state";
constexpr const char* kDeclaredAtStart =
    "SELECT d.id FROM @def AS d JOIN @sched AS s ON s.n = d.n WHERE d.at_start AND d.quarantine IS NULL AND "
    "s.state <> 'finished' ORDER BY d.id";
#define UVSCHED_PG_HISTORY                                                                                           \
    "SELECT seq, task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, attempt, crashes, " \
    "coalesce(label, owner::text), claimed_at, started_at, finished_at, result, error, late_result FROM @history "   \
    "WHERE seq < $1 AND ($2::text IS NULL OR state = $2) "
constexpr const char* kHistory = UVSCHED_PG_HISTORY "ORDER BY seq DESC LIMIT $3";
constexpr const char* kHistoryOfTask = UVSCHED_PG_HISTORY "AND task_id = $4 ORDER BY seq DESC LIMIT $3";

Value column_of(std::span<const LaneNumber> lanes) {
    Column column;
    for (const LaneNumber lane : lanes) column.add(lane);
    return column.value();
}

Candidate read_due(const Answer& answer, int i) {
    Candidate out{.at = answer.row(i).integer(9), .task = answer.row(i).integer(0)};
    try {
        out.row = read_task(answer.row(i));
    } catch (const Unreadable&) {
        out.good = false;
    }
    return out;
}

Candidate read_ready(const Answer& answer, int i) {
    Candidate out{.at = kEarliest, .task = answer.row(i).integer(0)};
    try {
        out.fire = read_fire(answer.row(i));
        out.at = out.fire->ready_at.value_or(kEarliest);
        out.uid = static_cast<Uid>(answer.row(i).integer(kFireColumns));
        if (answer.row(i).is_null(kFireColumns + 1)) throw Unreadable("its row of sched is missing");
        out.row = read_task(answer.row(i, kFireColumns + 1));
    } catch (const Unreadable&) {
        out.good = false;
    }
    return out;
}

std::vector<TaskRow> read_tasks(const Answer& answer, int shift) {
    std::vector<TaskRow> out;
    for (int i = 0; i < answer.size(); ++i) {
        try {
            out.push_back(read_task(answer.row(i, shift)));
        } catch (const Unreadable&) {
            continue;  // looks and openings report it
        }
    }
    return out;
}

}  // namespace

const char* due_statement() { return kDue; }

Look look(Database& db, const LookRequest& request) {
    std::vector<Candidate> due;
    std::vector<Candidate> ready;
    Look out;
    out.now = {.wall = request.wall, .elapsed = request.wall};
    const std::size_t one_more = request.limit + 1;
    const Value lanes = column_of(request.lanes);
    const Value present = db.by_hand(request.wall);
    const Micros asked = StoreClock::tick();
    Pipeline pipeline(db);
    pipeline.by_keys();
    pipeline.add(kDue, {lanes, present, one_more, request.skip}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) due.push_back(read_due(answer, i));
    });
    pipeline.add(kReady, {lanes, present, one_more, request.skip}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) ready.push_back(read_ready(answer, i));
    });
    // Behind the others, so that nothing is due later than that.
    pipeline.add(kNow, {}, [&](const Answer& answer) {
        if (db.clock->manual()) return;
        out.now.wall = out.now.elapsed = answer.row(0).integer(0);
        db.clock->measured(out.now.wall, asked);
    });
    pipeline.read();
    out.more = due.size() + ready.size() > request.limit;
    db.ready_first = !db.ready_first;
    const std::vector<Candidate> found =
        db.ready_first ? take_turns(ready, due, request.limit) : take_turns(due, ready, request.limit);
    std::vector<TaskRow> rows;
    for (const Candidate& candidate : found) {
        if (candidate.good) rows.push_back(*candidate.row);
    }
    const Definitions definitions = db.definitions_of(rows);
    std::vector<TaskNumber> stumbled;
    for (const Candidate& candidate : found) {
        if (tell_candidate(db, definitions, candidate, out)) continue;
        if (std::ranges::find(stumbled, candidate.task) == stumbled.end()) stumbled.push_back(candidate.task);
    }
    for (const TaskNumber task : stumbled) db.sort_out(task, out.quarantined);
    return out;
}

Store::Wake next_wake(Database& db, std::span<const LaneNumber> lanes) {
    Store::Wake out;
    Pipeline pipeline(db);
    pipeline.by_keys();
    pipeline.add(kFirst, {column_of(lanes)}, [&](const Answer& answer) { out.wall = answer.row(0).maybe(0); });
    pipeline.read();
    return out;
}

std::vector<Lane> lanes(Database& db) {
    std::vector<Lane> out;
    Pipeline pipeline(db);
    pipeline.add(kLanesInUse, {}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            const Answer::Row row = answer.row(i);
            out.push_back({.number = row.integer(0),
                           .executor = row.text(1),
                           .function = row.text(2),
                           .trigger = row.text(3),
                           .format = row.integer(4),
                           .example = row.integer(5),
                           .example_id = row.text(6)});
        }
    });
    pipeline.read();
    return out;
}

std::uint64_t changes_of_others(Database& db) {
    std::uint64_t changes = 0;
    Pipeline pipeline(db);
    pipeline.add(kChanges, {}, [&](const Answer& answer) {
        if (!answer.empty()) changes = static_cast<std::uint64_t>(answer.row(0).integer(0));
    });
    pipeline.read();
    return changes - db.shared->own_changes;
}

std::vector<StoredTask> asking(Database& db) {
    std::vector<TaskRow> rows;
    Pipeline pipeline(db);
    pipeline.add(kAsking, {}, [&](const Answer& answer) { rows = read_tasks(answer, 0); });
    pipeline.read();
    return readable(db, rows);
}

std::optional<StoredTask> get(Database& db, const std::string& id) {
    std::optional<TaskRow> row;
    try {
        std::optional<Unreadable> why;
        Pipeline pipeline(db);
        pipeline.add(kGet, {id}, [&](const Answer& answer) {
            if (answer.empty() || answer.row(0, 1).is_null(0)) return;
            try {
                row = read_task(answer.row(0, 1));
            } catch (const Unreadable& error) {
                why = error;
            }
        });
        pipeline.read();
        if (why) throw *why;
        if (!row) return std::nullopt;
        return db.definitions_of({*row}).stored(*row);
    } catch (const Unreadable& error) {
        fail(Code::corrupt, db.session.message("task \"" + id + "\" cannot be read: " + error.what()));
    }
}

std::vector<StoredTask> list(Database& db, const std::string& after, std::size_t limit, bool finished) {
    std::vector<StoredTask> out;
    std::string last = after;
    for (bool more = true; more && out.size() < limit;) {
        const std::size_t wanted = limit - out.size();
        std::vector<TaskRow> rows;
        more = false;
        Pipeline pipeline(db);
        pipeline.add(kList, {last, wanted, finished}, [&](const Answer& answer) {
            rows = read_tasks(answer, 1);
            more = static_cast<std::size_t>(answer.size()) == wanted;
            if (!answer.empty()) last = answer.row(answer.size() - 1).text(0);
        });
        pipeline.read();
        for (StoredTask& task : readable(db, rows)) out.push_back(std::move(task));
    }
    return out;
}

TaskCounts counts(Database& db) {
    TaskCounts out;
    Pipeline pipeline(db);
    pipeline.add(kCounts, {}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            const Answer::Row row = answer.row(i);
            const std::string_view state = row.view(0);
            if (state == status_text(TaskStatus::active)) {
                out.active = row.integer(1);
                out.idle = out.active - row.integer(2);
            }
            if (state == status_text(TaskStatus::paused)) out.paused = row.integer(1);
            if (state == status_text(TaskStatus::finished)) out.finished = row.integer(1);
        }
    });
    pipeline.read();
    return out;
}

std::vector<std::string> declared_at_start(Database& db) {
    std::vector<std::string> out;
    Pipeline pipeline(db);
    pipeline.add(kDeclaredAtStart, {}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) out.push_back(answer.row(i).text(0));
    });
    pipeline.read();
    return out;
}

std::vector<HistoryRow> history(Database& db, const HistoryQuery& query) {
    std::vector<HistoryRow> out;
    const auto state = query.state ? std::optional(std::string_view(state_text(*query.state))) : std::nullopt;
    std::vector<Value> values{query.before, state, query.limit};
    if (!query.task_id.empty()) values.emplace_back(query.task_id);
    Pipeline pipeline(db);
    pipeline.add(query.task_id.empty() ? kHistory : kHistoryOfTask, std::move(values), [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) out.push_back(read_history(answer.row(i), db.store_hash));
    });
    pipeline.read();
    return out;
}

}  // namespace uvsched::postgresql
