// What the store is asked: what is due, when something will be, and what is there.
#include <algorithm>

#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

struct Candidate {
    Instant at = 0;  // wall time
    bool is_ready = false;
    TaskNumber task = 0;
    FireKey key{};
};

void find_due(Database& db, ClockLine clock, LaneNumber lane, Instant now, Micros to_wall, std::size_t limit,
              std::vector<Candidate>& out) {
    Cursor rows(db.sql().due, clock_text(clock), lane, now, limit);
    while (rows.next()) out.push_back({.at = saturating_add(rows.integer(0), to_wall), .task = rows.integer(1)});
}

void find_ready(Database& db, LaneNumber lane, Instant now, std::size_t limit, std::vector<Candidate>& out) {
    Cursor rows(db.sql().ready, lane, now, limit);
    while (rows.next()) {
        Candidate found{.at = rows.integer(0), .is_ready = true, .task = rows.integer(1)};
        found.key.gen = static_cast<std::uint32_t>(rows.integer(2));
        if (!kind_from_text(rows.view(3), found.key.kind)) found.key.kind = FireKind::scheduled;
        found.key.slot = rows.integer(4);
        out.push_back(found);
    }
}

// The earliest, of all lanes, no more than asked for; `more` where there would be others.
std::vector<Candidate> find_candidates(Database& db, const LookRequest& request, bool& more) {
    std::vector<Candidate> out;
    const std::size_t one_more = request.limit + 1;
    const Micros to_wall = saturating_sub(request.wall, request.elapsed);
    for (const LaneNumber lane : request.lanes) {
        find_due(db, ClockLine::wall, lane, request.wall, 0, one_more, out);
        find_due(db, ClockLine::elapsed, lane, request.elapsed, to_wall, one_more, out);
        find_ready(db, lane, request.wall, one_more, out);
    }
    std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    more = out.size() > request.limit;
    if (more) out.resize(request.limit);
    return out;
}

void read_candidate(Database& db, const Candidate& candidate, Look& out) {
    const std::optional<TaskRow> row = db.find_task(candidate.task);
    if (!row) return;
    StoredTask task = db.stored(*row);
    if (!candidate.is_ready) {
        out.due.push_back(std::move(task));
        return;
    }
    const auto fire = db.find_fire(candidate.task, candidate.key.gen, candidate.key.kind, candidate.key.slot);
    if (!fire) throw Unreadable("open: a ready fire of this task");
    OpenFire& ready = out.ready.emplace_back();
    ready.key = candidate.key;
    ready.key.uid = task.state.uid;
    ready.task = std::move(task);
    ready.last_slot = fire->last_slot;
    ready.folded = fire->folded;
    ready.exact = fire->exact;
    ready.state = fire->state;
    ready.token = fire->token;
    ready.attempt = fire->attempt;
    ready.crashes = fire->crashes;
}

void set_apart(Database& db, const std::vector<std::pair<TaskNumber, std::string>>& unreadable, Look& out) {
    if (unreadable.empty()) return;
    Transaction transaction(db.connection);
    db.step("quarantine.begin");
    for (const auto& [task, why] : unreadable) {
        db.set_apart(task, why);
        const std::optional<Identity> identity = db.identity_of(task);
        out.quarantined.push_back({identity ? identity->id : std::to_string(task), why});
    }
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
    std::vector<std::pair<TaskNumber, std::string>> unreadable;
    {
        const Snapshot snapshot(db.sql().db);
        for (const Candidate& candidate : find_candidates(db, request, out.more)) {
            try {
                read_candidate(db, candidate, out);
            } catch (const Unreadable& error) {
                const auto known = [&](const auto& found) { return found.first == candidate.task; };
                if (std::any_of(unreadable.begin(), unreadable.end(), known)) continue;
                unreadable.emplace_back(candidate.task, error.what());
            }
        }
    }
    set_apart(db, unreadable, out);
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
        lane.example = rows.integer(3);
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
