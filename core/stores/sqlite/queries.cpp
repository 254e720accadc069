// What the store is asked: what is due, when something will be, and what is there.
#include <algorithm>

#include "core/stores/sqlite/store_steps.hpp"
#include "core/stores/take_turns.hpp"

namespace uvsched::sqlite {
namespace {

struct Candidate {
    Instant at = 0;  // wall time
    TaskNumber task = 0;
    std::optional<FireRow> fire{};  // a ready one, if it can be read
    std::string why{};              // it cannot
};

void find_due(Database& db, ClockLine clock, LaneNumber lane, Instant now, Micros to_wall, const LookRequest& request,
              std::vector<Candidate>& out) {
    Cursor rows(db.sql().due, clock_text(clock), lane, now, request.limit + 1, request.skip);
    while (rows.next()) out.push_back({.at = saturating_add(rows.integer(0), to_wall), .task = rows.integer(1)});
}

void find_ready(Database& db, LaneNumber lane, Instant now, const LookRequest& request, std::vector<Candidate>& out) {
    Cursor rows(db.sql().ready, lane, now, request.limit + 1, request.skip);
    while (rows.next()) {
        Candidate& found = out.emplace_back(Candidate{.task = rows.integer(0)});
        try {
            found.fire = read_fire(rows);
            found.at = found.fire->ready_at.value_or(now);
        } catch (const Unreadable& error) {
            found.at = kEarliest;
            found.why = error.what();
        }
    }
}

// Of all lanes, no more than asked for; `more` where there would be others.
std::vector<Candidate> find_candidates(Database& db, const LookRequest& request, bool& more) {
    std::vector<Candidate> due;
    std::vector<Candidate> ready;
    const Micros to_wall = saturating_sub(request.wall, request.elapsed);
    for (const LaneNumber lane : request.lanes) {
        find_due(db, ClockLine::wall, lane, request.wall, 0, request, due);
        find_due(db, ClockLine::elapsed, lane, request.elapsed, to_wall, request, due);
        find_ready(db, lane, request.wall, request, ready);
    }
    more = due.size() + ready.size() > request.limit;
    db.ready_first = !db.ready_first;
    return db.ready_first ? take_turns(ready, due, request.limit) : take_turns(due, ready, request.limit);
}

// False if it is on a lane where its definition does not belong. Throws Unreadable.
bool read_candidate(Database& db, const Candidate& candidate, Look& out) {
    if (!candidate.why.empty()) throw Unreadable(candidate.why);
    const std::optional<TaskRow> row = db.find_task(candidate.task);
    if (!row) throw Unreadable("its row of sched is missing");
    StoredTask task = db.stored(*row);
    if (!db.belongs_on(candidate.fire ? candidate.fire->lane : row->lane, *task.definition)) return false;
    if (!candidate.fire) {
        out.due.push_back(std::move(task));
        return true;
    }
    out.ready.push_back(open_fire(*candidate.fire, task.state.uid));
    out.ready.back().task = std::move(task);
    return true;
}

void sort_out(Database& db, const std::vector<TaskNumber>& tasks, Look& out) {
    if (tasks.empty()) return;
    Writing transaction(db);
    db.step("quarantine.begin");
    for (const TaskNumber task : tasks) db.sort_out(task, out.quarantined);
    db.step("quarantine.before_commit");
    transaction.commit();
    db.step("quarantine.committed");
}

void keep_earlier(std::optional<Instant>& earliest, Cursor&& row) {
    if (!row.next() || row.is_null(0)) return;
    earliest = std::min(earliest.value_or(kLatest), row.integer(0));
}

}  // namespace

Look look(Database& db, const LookRequest& request) {
    Look out;
    out.now = {.wall = request.wall, .elapsed = request.elapsed};
    std::vector<TaskNumber> stumbled;
    {
        const Snapshot snapshot(db.sql().db);
        for (const Candidate& candidate : find_candidates(db, request, out.more)) {
            bool good = false;
            try {
                good = read_candidate(db, candidate, out);
            } catch (const Unreadable&) {
                good = false;
            }
            const bool known = std::find(stumbled.begin(), stumbled.end(), candidate.task) != stumbled.end();
            if (!good && !known) stumbled.push_back(candidate.task);
        }
    }
    sort_out(db, stumbled, out);
    return out;
}

Store::Wake next_wake(Database& db, std::span<const LaneNumber> lanes) {
    Store::Wake out;
    for (const LaneNumber lane : lanes) {
        keep_earlier(out.wall, Cursor(db.sql().first_due, clock_text(ClockLine::wall), lane));
        keep_earlier(out.elapsed, Cursor(db.sql().first_due, clock_text(ClockLine::elapsed), lane));
        keep_earlier(out.wall, Cursor(db.sql().first_ready, lane));
    }
    return out;
}

std::vector<Lane> lanes(Database& db) {
    std::vector<Lane> out;
    Cursor rows(db.sql().lanes);
    while (rows.next()) {
        Lane lane;
        lane.number = rows.integer(0);
        lane.executor = rows.text(1);
        lane.function = rows.text(2);
        lane.trigger = rows.text(3);
        lane.format = rows.integer(4);
        lane.example = rows.integer(5);
        if (auto identity = db.identity_of(lane.example)) lane.example_id = std::move(identity->id);
        out.push_back(std::move(lane));
    }
    return out;
}

std::vector<StoredTask> asking(Database& db) {
    std::vector<StoredTask> out;
    Cursor rows(db.sql().asking);
    while (rows.next()) {
        try {
            if (const std::optional<TaskRow> row = db.find_task(rows.integer(0))) out.push_back(db.stored(*row));
        } catch (const Unreadable&) {
            continue;  // without a due time no look returns it; whoever asks for it is told
        }
    }
    return out;
}

std::optional<StoredTask> get(Database& db, const std::string& id) {
    const std::optional<TaskNumber> number = db.find_number(id);
    if (!number) return std::nullopt;
    try {
        const std::optional<TaskRow> row = db.find_task(*number);
        if (!row) return std::nullopt;
        return db.stored(*row);
    } catch (const Unreadable& error) {
        fail(Code::corrupt, "task \"" + id + "\" in " + db.path + " cannot be read: " + error.what());
    }
}

std::vector<StoredTask> list(Database& db, const std::string& after, std::size_t limit, bool finished) {
    std::vector<StoredTask> out;
    Cursor rows(db.sql().ids_after, after);
    while (out.size() < limit && rows.next()) {
        try {
            const std::optional<TaskRow> row = db.find_task(rows.integer(0));
            if (!row || (row->state.status == TaskStatus::finished && !finished)) continue;
            out.push_back(db.stored(*row));
        } catch (const Unreadable&) {
            continue;  // looks and opening report it
        }
    }
    return out;
}

TaskCounts counts(Database& db) {
    TaskCounts out;
    Cursor rows(db.sql().counts);
    while (rows.next()) {
        const std::string state = rows.text(0);
        if (state == status_text(TaskStatus::active)) {
            out.active = rows.integer(1);
            out.idle = out.active - rows.integer(2);
        }
        if (state == status_text(TaskStatus::paused)) out.paused = rows.integer(1);
        if (state == status_text(TaskStatus::finished)) out.finished = rows.integer(1);
    }
    return out;
}

std::vector<std::string> declared_at_start(Database& db) {
    std::vector<std::string> out;
    Cursor rows(db.sql().declared_at_start);
    while (rows.next()) out.push_back(rows.text(0));
    return out;
}

std::vector<HistoryRow> history(Database& db, const HistoryQuery& query) {
    std::vector<HistoryRow> out;
    const auto state = query.state ? std::optional(std::string_view(state_text(*query.state))) : std::nullopt;
    Cursor rows = query.task_id.empty()
                      ? Cursor(db.sql().history, query.before, state, query.limit)
                      : Cursor(db.sql().history_of_task, query.before, state, query.limit, query.task_id);
    while (rows.next()) out.push_back(read_history(rows, db.store_hash));
    return out;
}

}  // namespace uvsched::sqlite
