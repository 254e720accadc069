// What the store is asked: what is due, when something will be, and what is there.
#include <algorithm>
#include <map>
#include <utility>

#include "core/stores/redis/store_steps.hpp"
#include "core/stores/rows/candidate.hpp"
#include "core/stores/take_turns.hpp"

namespace uvsched::redis {
namespace {

constexpr std::size_t kListedAtOnce = 1'000;

// Lane by lane, each in its index; then the rows of those that are due first.
constexpr Script kLook{"look", Script::Kind::asks, R"lua(
local now, most, skip = arg(), count(), count()
if now == '' then now = server_time() end
local found = {due = {}, ready = {}}
for i = 1, count() do
  local lane = arg()
  for index, entries in pairs(found) do
    local got = call('ZRANGEBYSCORE', P .. index .. ':' .. lane, '-inf', now, 'WITHSCORES', 'LIMIT', skip, most)
    for j = 1, #got, 2 do entries[#entries + 1] = {got[j], lane, got[j + 1], number(got[j + 1])} end
  end
end
for _, entries in pairs(found) do
  table.sort(entries, function(a, b) return a[4] < b[4] end)
  for i = #entries, most + 1, -1 do entries[i] = nil end
end
-- Each with the lane, the entry and its score.
local function tell(entries, task_in)
  local ns, out = {}, {}
  for i, entry in ipairs(entries) do ns[i] = task_in(entry[1]) or '0' end
  local rows = task_rows(ns)
  for i, entry in ipairs(entries) do out[i] = {entry[1], entry[2], entry[3], rows[i]} end
  return out
end
local due, ready, names = tell(found.due, tostring), tell(found.ready, task_of), {}
for i, entry in ipairs(ready) do names[i] = entry[1] end
for i, text in ipairs(values('fires', names)) do ready[i][5] = text end
return {now, due, ready}
)lua"};

constexpr Script kFirst{"next_wake", Script::Kind::asks, R"lua(
local first, text = nil, false
for i = 1, count() do
  local lane = arg()
  for _, index in ipairs({'due:', 'ready:'}) do
    local at = call('ZRANGE', P .. index .. lane, 0, 0, 'WITHSCORES')[2]
    if at and (not first or number(at) < first) then first, text = number(at), whole(number(at)) end
  end
end
return text
)lua"};

// With a task for messages, if there is one that has not finished.
constexpr Script kLanesInUse{"lanes_in_use", Script::Kind::asks, R"lua(
local out, all = {}, call('HGETALL', P .. 'lanes')
for i = 1, #all, 2 do
  local lane = all[i + 1]
  local n = call('ZRANGE', P .. 'due:' .. lane, 0, 0)[1]
  if not n then n = task_of(call('ZRANGE', P .. 'ready:' .. lane, 0, 0)[1] or '') end
  if not n then n = call('ZRANGEBYSCORE', P .. 'idle:' .. lane, 0, 1, 'LIMIT', 0, 1)[1] end
  if n or call('EXISTS', P .. 'idle:' .. lane) == 1 then
    out[#out + 1] = {lane, all[i], n or '0', n and call('HGET', P .. 'def:' .. n, 'id') or ''}
  end
end
return out
)lua"};

constexpr Script kChanges{"changes", Script::Kind::asks, "return call('HGET', KEYS[1], 'changes')"};

constexpr Script kAsking{"asking", Script::Kind::asks, R"lua(
local out = {}
for _, lane in ipairs(call('HVALS', P .. 'lanes')) do
  for _, row in ipairs(task_rows(call('ZRANGEBYSCORE', P .. 'idle:' .. lane, 0, 0))) do out[#out + 1] = row end
end
return out
)lua"};

constexpr Script kGet{"get", Script::Kind::asks, R"lua(
local n = call('HGET', P .. 'ids', arg())
return n and task_row(n)
)lua"};

constexpr Script kList{"list", Script::Kind::asks, R"lua(
local last, most, finished, scanned = arg(), count(), arg() == '1', count()
local out = {}
local ids = call('ZRANGEBYLEX', P .. 'names', last == '' and '-' or '(' .. last, '+', 'LIMIT', 0, scanned)
for _, id in ipairs(ids) do
  last = id
  local n = call('HGET', P .. 'ids', id)
  if n and call('HEXISTS', P .. 'def:' .. n, 'quarantine') == 0 then
    local row = task_row(n)
    if row[2] and (finished or state_in(row[2]) ~= 'finished') then out[#out + 1] = row end
    if #out == most then break end
  end
end
return {(#out == most or #ids == scanned) and 1 or 0, last, out}
)lua"};

constexpr Script kCounts{"counts", Script::Kind::asks, R"lua(
local due, active, paused, finished = 0, 0, 0, 0
for _, lane in ipairs(call('HVALS', P .. 'lanes')) do
  due = due + call('ZCARD', P .. 'due:' .. lane)
  active = active + call('ZCOUNT', P .. 'idle:' .. lane, 0, 0)
  paused = paused + call('ZCOUNT', P .. 'idle:' .. lane, 1, 1)
  finished = finished + call('ZCOUNT', P .. 'idle:' .. lane, 2, 2)
end
return {due, active, paused, finished}
)lua"};

constexpr Script kDeclaredAtStart{"declared_at_start", Script::Kind::asks, R"lua(
local out = {}
for _, id in ipairs(call('SMEMBERS', P .. 'at_start')) do
  local n = call('HGET', P .. 'ids', id)
  local state = n and state_in(call('HGET', P .. 'rows', n))
  if state and state ~= 'finished' and call('HEXISTS', P .. 'def:' .. n, 'quarantine') == 0 then out[#out + 1] = id end
end
return out
)lua"};

struct Found : Candidate {
    IndexEntry entry{};      // that led to it
    bool misplaced = false;  // it is not what the row says
};

// Scores are doubles.
bool is_score_of(const Reply& score, Instant at) {
    return std::strtod(std::string(score.view()).c_str(), nullptr) == static_cast<double>(at);
}

Found read_due(Database& db, const Reply& found) {
    Found out{{.at = kEarliest, .task = number_of(found[0].view()).value_or(0)}};
    out.entry = {"due:" + found[1].text(), found[0].text()};
    try {
        if (found[3][1].is_nil()) throw Unreadable("its row of sched is missing");
        out.row = db.see(found[3]);
        out.at = out.row->state.next_due.value_or(kEarliest);
        out.misplaced = !out.row->state.next_due || !is_score_of(found[2], out.at) ||
                        std::to_string(out.row->lane) != found[1].view();
    } catch (const Unreadable&) {
        out.good = false;
        out.misplaced = true;
    }
    return out;
}

Found read_ready(Database& db, const Reply& found) {
    Found out{{.at = kEarliest, .task = found[3][0].integer()}};
    out.entry = {"ready:" + found[1].text(), found[0].text()};
    out.misplaced = true;
    try {
        if (found[4].is_nil()) throw Unreadable("its row of open is missing");
        const FireText text(found[0].view(), found[4].view());
        out.fire = read_fire(text);
        out.at = out.fire->ready_at.value_or(kEarliest);
        out.uid = static_cast<Uid>(text.integer(FireText::kUid));
        if (found[3][1].is_nil()) throw Unreadable("its row of sched is missing");
        out.row = db.see(found[3]);
        out.misplaced =
            !out.fire->ready_at || !is_score_of(found[2], out.at) || std::to_string(out.fire->lane) != found[1].view();
    } catch (const Unreadable&) {
        out.good = false;
    }
    return out;
}

std::vector<TaskRow> read_tasks(const Reply& rows) {
    std::vector<TaskRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        try {
            out.push_back(read_task(TaskText(rows[i])));
        } catch (const Unreadable&) {
            continue;  // looks and openings report it
        }
    }
    return out;
}

}  // namespace

Look look(Database& db, const LookRequest& request) {
    Look out;
    out.now = {.wall = request.wall, .elapsed = request.wall};
    const Micros asked = StoreClock::tick();
    Words words = db.asking(kLook);
    words.add(db.by_hand(request.wall)).add(request.limit + 1).add(request.skip);
    words.add(request.lanes.size());
    for (const LaneNumber lane : request.lanes) words.add(lane);
    const Answer answer = db.run(kLook, words);
    if (!db.clock->manual()) {
        out.now.wall = out.now.elapsed = answer[0].integer();
        db.clock->measured(out.now.wall, asked);
    }
    std::vector<Found> due;
    std::vector<Found> ready;
    for (std::size_t i = 0; i < answer[1].size(); ++i) due.push_back(read_due(db, answer[1][i]));
    for (std::size_t i = 0; i < answer[2].size(); ++i) ready.push_back(read_ready(db, answer[2][i]));
    out.more = due.size() + ready.size() > request.limit;
    db.ready_first = !db.ready_first;
    const std::vector<Found> found =
        db.ready_first ? take_turns(ready, due, request.limit) : take_turns(due, ready, request.limit);
    std::vector<TaskRow> rows;
    for (const Found& candidate : found) {
        if (candidate.good) rows.push_back(*candidate.row);
    }
    const Definitions definitions = db.definitions_of(rows);
    std::map<TaskNumber, std::vector<IndexEntry>> stumbled;
    for (const Found& candidate : found) {
        if (!candidate.misplaced && tell_candidate(db, definitions, candidate, out)) continue;
        std::vector<IndexEntry>& stray = stumbled[candidate.task];
        if (candidate.misplaced) stray.push_back(candidate.entry);
    }
    for (const auto& [task, stray] : stumbled) db.sort_out(task, stray, out.quarantined);
    return out;
}

Store::Wake next_wake(Database& db, std::span<const LaneNumber> lanes) {
    Words words = db.asking(kFirst);
    words.add(lanes.size());
    for (const LaneNumber lane : lanes) words.add(lane);
    const Answer answer = db.run(kFirst, words);
    Store::Wake out;
    if (!answer.reply().is_nil()) out.wall = answer.reply().integer();
    return out;
}

std::vector<Lane> lanes(Database& db) {
    Words words = db.asking(kLanesInUse);
    const Answer answer = db.run(kLanesInUse, words);
    std::vector<Lane> out;
    for (std::size_t i = 0; i < answer.size(); ++i) {
        Lane& lane = out.emplace_back(lane_of_names(answer[i][1].text()));
        lane.number = answer[i][0].integer();
        lane.example = answer[i][2].integer();
        lane.example_id = answer[i][3].text();
    }
    std::ranges::sort(out, {}, &Lane::number);
    return out;
}

std::uint64_t changes_of_others(Database& db) {
    Words words = db.asking(kChanges);
    const Answer answer = db.run(kChanges, words);
    return static_cast<std::uint64_t>(answer.reply().integer()) - db.shared->own_changes;
}

std::vector<StoredTask> asking(Database& db) {
    Words words = db.asking(kAsking);
    const Answer answer = db.run(kAsking, words);
    std::vector<StoredTask> out = readable(db, read_tasks(answer.reply()));
    std::ranges::sort(out, {}, &StoredTask::number);
    return out;
}

std::optional<StoredTask> get(Database& db, const std::string& id) {
    Words words = db.asking(kGet);
    words.add(id);
    const Answer answer = db.run(kGet, words);
    if (answer.size() == 0 || answer[1].is_nil()) return std::nullopt;
    try {
        const TaskRow row = db.see(answer.reply());
        return db.definitions_of({row}).stored(row);
    } catch (const Unreadable& error) {
        fail(Code::corrupt, db.session.message("task \"" + id + "\" cannot be read: " + error.what()));
    }
}

std::vector<StoredTask> list(Database& db, const std::string& after, std::size_t limit, bool finished) {
    std::vector<StoredTask> out;
    std::string last = after;
    for (bool more = true; more && out.size() < limit;) {
        Words words = db.asking(kList);
        words.add(last).add(limit - out.size()).add(finished).add(kListedAtOnce);
        const Answer answer = db.run(kList, words);
        more = answer[0].integer() != 0;
        last = answer[1].text();
        for (StoredTask& task : readable(db, read_tasks(answer[2]))) out.push_back(std::move(task));
    }
    return out;
}

TaskCounts counts(Database& db) {
    Words words = db.asking(kCounts);
    const Answer answer = db.run(kCounts, words);
    TaskCounts out;
    out.idle = answer[1].integer();
    out.active = answer[0].integer() + out.idle;
    out.paused = answer[2].integer();
    out.finished = answer[3].integer();
    return out;
}

std::vector<std::string> declared_at_start(Database& db) {
    Words words = db.asking(kDeclaredAtStart);
    const Answer answer = db.run(kDeclaredAtStart, words);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < answer.size(); ++i) out.push_back(answer[i].text());
    std::ranges::sort(out);
    return out;
}

}  // namespace uvsched::redis
