// Ways into claimed and running: claim, take and the start gate.
#include "core/ledger/fire_rules.hpp"
#include "core/stores/postgresql/store_steps.hpp"

namespace uvsched::postgresql {
namespace {

constexpr const char* kStart =
    "WITH f AS (SELECT * FROM " UVSCHED_PG_FIRES(", $7::bigint[]", ", at") "), "
    "moved AS (UPDATE @open AS o SET state = 'running', started_at = f.at FROM f WHERE " UVSCHED_PG_SAME_HOLD
    " AND o.owner = $8 AND o.state = 'claimed' RETURNING o.n), "
    "counted AS (SELECT n, count(*) AS times FROM moved GROUP BY n) "
    "UPDATE @sched AS s SET runs = least(s.runs, " UVSCHED_MOST ") + counted.times FROM counted WHERE s.n = counted.n";
// Those of a request, too, that was made before and whose answer was lost.
constexpr const char* kStarted = "SELECT f.i FROM " UVSCHED_PG_FIRES(
    "", "") " JOIN @open AS o ON " UVSCHED_PG_SAME_HOLD " WHERE o.owner = $7 AND o.state = 'running'";

constexpr const char* kTake =
    "UPDATE @open AS o SET state = 'claimed', ready_at = NULL, owner = $8, token = o.token + 1, claimed_at = f.at "
    "FROM " UVSCHED_PG_FIRES(", $7::bigint[]", ", at") " WHERE " UVSCHED_PG_SAME_HOLD
                                                       " AND o.state = 'ready' RETURNING f.i";

// The claims c, their runs r and their misses m, which name their claim by its number. What a task had before is read
// from the snapshot that all parts of a statement share.
constexpr const char* kClaim =
    "WITH c AS (SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], "
    "$6::bigint[], $7::bool[], $8::bigint[], $9::bigint[]) WITH ORDINALITY "
    "AS c(n, rev, next_slot, next_due, hwm, first, ends, claim_id, at, i)), "
    "r AS (SELECT * FROM unnest($10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bool[], $15::bool[]) "
    "AS r(i, slot, last_slot, folded, exact, waiting)), "
    "m AS (SELECT * FROM unnest($16::bigint[], $17::text[], $18::text[], $19::bigint[], $20::bigint[], $21::bigint[], "
    "$22::bool[]) WITH ORDINALITY AS m(i, state, reason, first, last, folded, exact, place)), "
    "s AS (UPDATE @sched AS s SET rev = s.rev + 1, next_slot = c.next_slot, next_due = c.next_due, "
    "hwm = greatest(s.hwm, c.hwm), state = CASE WHEN c.ends THEN 'finished' ELSE s.state END FROM c "
    "WHERE s.n = c.n AND s.rev = c.rev AND s.lane > 0 AND (c.first IS NULL OR s.hwm IS NULL OR c.first > s.hwm) "
    "RETURNING s.*, c.i, c.claim_id, c.at), "
    "t AS (SELECT s.*, d.id FROM s JOIN @def AS d USING (n)), "
    "fires AS (INSERT INTO @open (n, gen, kind, slot, uid, task_id, last_slot, folded, exact, state, lane, owner, "
    "token, "
    "attempt, crashes, claim_id, claimed_at) SELECT t.n, t.gen, 'scheduled', r.slot, t.uid, t.id, r.last_slot, "
    "r.folded, r.exact, CASE WHEN r.waiting THEN 'waiting' ELSE 'claimed' END, t.lane, "
    "CASE WHEN r.waiting THEN NULL ELSE $23::bigint END, 1, 1, 0, nullif(t.claim_id, 0), "
    "CASE WHEN r.waiting THEN NULL ELSE t.at END FROM t JOIN r USING (i)), "
    "misses AS (INSERT INTO @history (task_id, uid, gen, kind, slot, first_at, last_at, folded, exact, state, reason, "
    "attempt, crashes, token, finished_at) SELECT t.id, t.uid, t.gen, 'scheduled', m.first, m.first, m.last, m.folded, "
    "m.exact, m.state, m.reason, 0, 0, 0, t.at FROM t JOIN m USING (i) ORDER BY m.place) "
    "SELECT i, i, n, lane, def_hash, uid, gen, rev, clk, anchor, next_slot, next_due, hwm, state, runs, "
    "(SELECT count(*) FROM @open AS o WHERE o.n = t.n) FROM t UNION ALL "
    "SELECT c.i, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM c "
    "WHERE c.i NOT IN (SELECT i FROM t) AND EXISTS (SELECT 1 FROM @sched AS s WHERE s.n = c.n)";

constexpr const char* kTask = "SELECT " UVSCHED_PG_TASK " FROM @sched AS s WHERE n = $1";
constexpr const char* kFiresOfClaim =
    "SELECT " UVSCHED_PG_FIRE " FROM @open AS o WHERE n = $1 AND claim_id = $2 ORDER BY gen, slot";
constexpr const char* kStandsHere = "SELECT 1 FROM @node WHERE id = $1";

std::optional<Instant> first_slot(const Plan& plan) {
    std::optional<Instant> first;
    for (const PlannedRun& run : plan.runs) first = std::min(first.value_or(run.slot), run.slot);
    return first;
}

}  // namespace

void FireColumns::add(const FireRef& fire) {
    tasks_.add(fire.task);
    uids_.add(fire.key.uid);
    gens_.add(fire.key.gen);
    kinds_.add(kind_text(fire.key.kind));
    slots_.add(fire.key.slot);
    tokens_.add(fire.token);
}

std::vector<Value> FireColumns::values(std::vector<Value> others) const {
    std::vector<Value> out{tasks_.value(), uids_.value(),  gens_.value(),
                           kinds_.value(), slots_.value(), tokens_.value()};
    for (Value& value : others) out.push_back(std::move(value));
    return out;
}

void ask_starts(Database& db, Pipeline& pipeline, std::vector<Start>& starts) {
    if (starts.empty()) return;
    FireColumns fires;
    Column times;
    for (Start& start : starts) {
        start.outcome = Outcome::refused;
        fires.add(start.fire);
        times.add(start.now_wall);
    }
    pipeline.add(kStart, fires.values({times.value(), db.node}));
    pipeline.add(kStarted, fires.values({db.node}), [&](const Answer& answer) { read_done(answer, starts); });
}

void ask_takes(Database& db, Pipeline& pipeline, std::vector<Take>& takes) {
    if (takes.empty()) return;
    FireColumns fires;
    Column times;
    for (Take& take : takes) {
        take.outcome = Outcome::refused;
        fires.add(take.fire);
        times.add(take.now_wall);
    }
    pipeline.add(kTake, fires.values({times.value(), db.node}), [&](const Answer& answer) {
        read_done(answer, takes);
        for (Take& take : takes) {
            if (take.outcome == Outcome::done) take.token = take.fire.token + 1;
        }
    });
}

void ask_claims(Database& db, Pipeline& pipeline, std::vector<Claim>& claims, std::vector<Claimed>& made) {
    if (claims.empty()) return;
    Column c[9];
    Column r[6];
    Column m[7];
    std::int64_t number = 0;
    for (Claim& claim : claims) {
        claim.outcome = Outcome::missing;
        const Plan& plan = claim.plan;
        ++number;
        const Instant hwm = hwm_after(plan, kEarliest);
        const Value of_claim[] = {claim.task,       claim.rev,       plan.next_slot, plan.next_due, mark_or_null(hwm),
                                  first_slot(plan), ends_task(plan), claim.id,       claim.now_wall};
        for (std::size_t i = 0; i < std::size(c); ++i) c[i].add(of_claim[i]);
        for (const PlannedRun& run : plan.runs) {
            const Value of_run[] = {number, run.slot, run.last, run.folded, run.exact, run.waiting};
            for (std::size_t i = 0; i < std::size(r); ++i) r[i].add(of_run[i]);
        }
        for (const PlannedMiss& miss : plan.misses) {
            const Value of_miss[] = {number,
                                     state_text(miss.state),
                                     text_or_null(reason_text(miss.reason)),
                                     miss.first,
                                     miss.last,
                                     miss.count,
                                     miss.exact};
            for (std::size_t i = 0; i < std::size(m); ++i) m[i].add(of_miss[i]);
        }
    }
    std::vector<Value> values;
    for (const Column& column : c) values.push_back(column.value());
    for (const Column& column : r) values.push_back(column.value());
    for (const Column& column : m) values.push_back(column.value());
    values.emplace_back(db.node);
    pipeline.add(kClaim, std::move(values), [&](const Answer& answer) {
        made.reserve(static_cast<std::size_t>(answer.size()));
        for (int i = 0; i < answer.size(); ++i) {
            Claim& claim = claims[static_cast<std::size_t>(answer.row(i).integer(0)) - 1];
            claim.outcome = Outcome::refused;
            if (answer.row(i).is_null(1)) continue;
            try {
                made.push_back({&claim, read_task(answer.row(i, 2))});
                made.back().task.open += static_cast<std::int32_t>(claim.plan.runs.size());
                claim.outcome = Outcome::done;
            } catch (const Unreadable&) {
                continue;  // somebody's edit: the node gives back what it holds and does not know
            }
        }
    });
}

void recall(Database& db, Claim& claim) {
    claim.outcome = Outcome::refused;
    claim.fires.clear();
    claim.asking = {};
    std::optional<TaskRow> task;
    std::vector<FireRow> fires;
    bool stands = false;
    bool readable = true;
    Pipeline pipeline(db);
    pipeline.add(kStandsHere, {db.node}, [&](const Answer& answer) { stands = !answer.empty(); });
    pipeline.add(kTask, {claim.task}, [&](const Answer& answer) {
        try {
            if (!answer.empty()) task = read_task(answer.row(0));
        } catch (const Unreadable&) {
            readable = false;
        }
    });
    pipeline.add(kFiresOfClaim, {claim.task, claim.id}, [&](const Answer& answer) {
        try {
            for (int i = 0; i < answer.size(); ++i) fires.push_back(read_fire(answer.row(i)));
        } catch (const Unreadable&) {
            readable = false;
        }
    });
    pipeline.read();
    if (!stands) throw NodeLost(db.session.message("other nodes took this one for dead; it joins them again"));
    if (!task || !readable) return;  // the next look sets the task apart
    try {
        const StoredTask stored = db.definitions_of({*task}).stored(*task);
        bool made = claim.plan.runs.empty() && is_as_planned(claim.plan, claim.rev, task->state);
        for (const FireRow& row : fires) {
            made = true;
            if (!is_held(row.state) || row.owner != db.node) continue;
            claim.fires.push_back(open_fire(row, task->state.uid));
            claim.fires.back().task = stored;
        }
        if (made) claim.outcome = Outcome::done;
    } catch (const Unreadable&) {
        claim.fires.clear();
    }
}

}  // namespace uvsched::postgresql
