#include "core/stores/redis/database.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/hex.hpp"

namespace uvsched::redis {
namespace {

constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kDigestAt = 1;

constexpr Script kDefinitions{"definitions", Script::Kind::asks, R"lua(
local out = {}
for i = 1, count() do out[i] = definition_row(arg()) end
return out
)lua"};

constexpr Script kTasks{"tasks", Script::Kind::asks, R"lua(
return task_rows(list())
)lua"};

// Each lane that is not there yet gets the next number; then all of them.
constexpr Script kLanes{"lanes_of", Script::Kind::asks, R"lua(
for i = 1, count() do
  local names = arg()
  if call('HEXISTS', P .. 'lanes', names) == 0 then
    call('HSET', P .. 'lanes', names, call('HINCRBY', KEYS[1], 'last_lane', 1))
  end
end
return call('HGETALL', P .. 'lanes')
)lua"};

constexpr Script kWhole{"whole_task", Script::Kind::asks, R"lua(
local n, forget = arg(), arg() == '1'
local fires, is_apart = {}, true
for i, name in ipairs(names_of(n)) do
  local text = call('HGET', P .. 'fires', name) or ''
  fires[i] = {name, text}
  local lane = string.match(text, '^%S+ %S+ %S+ %S+ %S+ (%S+)')
  if not lane or string.byte(lane) ~= 45 then is_apart = false end
end
if forget then call('HDEL', P .. 'def:' .. n, 'quarantine') end
local task, definition, names = task_row(n), definition_row(n), ''
local lane = lane_in(task[2])
if lane and string.byte(lane) ~= 45 then is_apart = false end
if not definition[4] then is_apart = false end
local lanes = call('HGETALL', P .. 'lanes')
for i = 1, #lanes, 2 do
  if lane and lanes[i + 1] == string.match(lane, '%d+') then names = lanes[i] end
end
return {definition, task, fires, is_apart and 1 or 0, names}
)lua"};

// Fires of a node that has no row go to one that is known to be gone, for whoever recovers them.
constexpr Script kMove{"move_to_lane", Script::Kind::changes, R"lua(
local n, lane = arg(), arg()
for i = 1, count() do
  local index, member = arg(), arg()
  queue('ZREM', P .. index, member)
end
local t = task_parts(n)
if t then
  set(t, 'lane', lane)
  t.was_score = nil
end
for _, f in ipairs(fires_of(n)) do
  f.lane, f.restored = lane, true
  touch(f)
  if is_held(f) and f.owner ~= '-' and not standing(f.owner) then
    queue('SADD', P .. 'nodes', f.owner)
    queue('HSET', P .. 'node:' .. f.owner, 'gone', '1')
  end
end
queue('HDEL', P .. 'def:' .. n, 'quarantine')
queue('SREM', P .. 'apart', n)
told = true
return flush()
)lua"};

constexpr Script kSetApart{"set_apart", Script::Kind::changes, R"lua(
local n, why = arg(), arg()
for i = 1, count() do
  local index, member = arg(), arg()
  queue('ZREM', P .. index, member)
end
local t = task_parts(n)
if t and not apart(t.lane) then set(t, 'lane', '-' .. t.lane) end
for _, f in ipairs(fires_of(n)) do
  if not apart(f.lane) then
    f.lane = '-' .. f.lane
    touch(f)
  end
end
-- A fire that cannot be read does not say who holds it.
for _, name in ipairs(names_of(n)) do
  if not fire(name) then
    for _, holder in ipairs(call('SMEMBERS', P .. 'nodes')) do queue('SREM', P .. 'held:' .. holder, name) end
  end
end
local id = call('HGET', P .. 'def:' .. n, 'id')
if id then
  queue('HSET', P .. 'def:' .. n, 'quarantine', why)
  queue('SADD', P .. 'apart', n)
end
return flush() or id
)lua"};

void add_stray(Words& words, const std::vector<IndexEntry>& stray) {
    words.add(stray.size());
    for (const IndexEntry& each : stray) words.add(each.index).add(each.member);
}

// What the server says of itself, and may not say again: nothing was done, and no request is at fault.
constexpr std::string_view kOfTheServer[] = {"OOM",      "MISCONF",  "NOREPLICAS",  "LOADING",    "BUSY",
                                             "NOPERM",   "NOAUTH",   "CLUSTERDOWN", "MOVED",      "ASK",
                                             "READONLY", "TRYAGAIN", "UNKILLABLE",  "MASTERDOWN", "NOSCRIPT"};

// The word that says what it is. Redis 6.2 has that of a command in a script behind that of the script.
std::string_view word_of(const Refusal& refusal) {
    if (refusal.word() != "ERR") return refusal.word();
    for (const std::string_view word : kOfTheServer) {
        if (refusal.message().find(" -" + std::string(word) + " ") != std::string::npos) return word;
    }
    return refusal.word();
}

const char* advice_on(std::string_view word) {
    if (word == "READONLY" || word == "MASTERDOWN") return "; the server takes no writes: connect to the primary";
    if (word == "OOM") return "; raise maxmemory, or keep less history (retention_age, retention_per_task)";
    if (word == "MOVED" || word == "ASK" || word == "CLUSTERDOWN") {
        return "; the server is one of a cluster: connect to the one that has this prefix";
    }
    if (word == "NOPERM") return "; docs/stores.md says what the user must be allowed";
    return "";
}

}  // namespace

// ---- scripts ----

Words ScriptRunner::begin(const Script& script) const {
    Words out{"EVALSHA", "", "1", key_, script.name};
    return out;
}

Answer ScriptRunner::run(const Script& script, Words& words, Sends sends, Patience at_most) {
    for (bool again = false;; again = true) {
        std::string& digest = digests_[&script];
        if (digest.empty()) {
            digest = session_.run({"SCRIPT", "LOAD", script.text()}, Sends::reads, at_most).reply().text();
        }
        words.set(kDigestAt, digest);
        try {
            return session_.run(words, sends, at_most);
        } catch (const Refusal& refusal) {
            if (refusal.word() != "NOSCRIPT" || again) throw;
            digest.clear();  // the server was started again, or forgot all
        }
    }
}

void Database::forget() {
    remembered.clear();
    lanes_.clear();
    pruned_all = false;
    prune_after.clear();
}

std::string Database::channel() const { return "{" + options.prefix + "}:told:" + hex_text(store_hash); }

Words Database::asking(const Script& script) const {
    Words out = scripts.begin(script);
    out.add(uuid);
    return out;
}

Words Database::changing(const Script& script, Instant now) const {
    Words out = asking(script);
    out.add(by_hand(now)).add(visits ? std::nullopt : std::optional(node)).add(channel()).add(retention.per_task);
    return out;
}

Answer Database::run(const Script& script, Words& words, Sends sends) {
    if (!joined) fail(Code::store, session.message("the store is closed"));
    if (!session.is_open()) session.open(kConnectPatience);
    try {
        return scripts.run(script, words, sends, kPatience);
    } catch (const Refusal& refusal) {
        refused(refusal, sends);
    }
}

void Database::refused(const Refusal& refusal, Sends sends) const {
    const std::string_view word = word_of(refusal);
    if (word == kAgainWord) throw Again();
    if (word == kNodeWord) {
        throw NodeLost(session.message(
            "other nodes took this one for dead, because it was silent for a lease; it joins them again"));
    }
    if (word == kLostWord) {
        throw StoreLost(session.message(
            "the keys of the store were removed (FLUSHALL, eviction), or are those of another store by now"));
    }
    if (std::ranges::find(kOfTheServer, word) != std::end(kOfTheServer)) {
        fail(Code::store, refusal.message() + advice_on(word));
    }
    // A key is not what this store made of it.
    const bool is_of_keys =
        word == kPartWord || word == "WRONGTYPE" || refusal.message().find("user_script") != std::string::npos;
    if (sends == Sends::changes && is_of_keys) throw Refused(refusal.message());
    throw Error(Code::store, refusal.message());
}

// ---- rows ----

TaskRow Database::see(const Reply& reply) {
    const TaskRow row = read_task(TaskText(reply));
    remembered.put(row);
    return row;
}

void Database::remember(const std::vector<TaskNumber>& tasks) {
    std::vector<TaskNumber> unknown;
    for (const TaskNumber task : tasks) {
        if (remembered.task(task) == nullptr || cache.find(task) == nullptr) unknown.push_back(task);
    }
    if (unknown.empty()) return;
    Words words = asking(kTasks);
    words.add(unknown.size());
    for (const TaskNumber task : unknown) words.add(task);
    const Answer answer = run(kTasks, words);
    std::vector<TaskRow> rows;
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        try {
            if (!answer[i][1].is_nil()) rows.push_back(see(answer[i]));
        } catch (const Unreadable&) {
            continue;  // no claim of it is good
        }
    }
    static_cast<void>(definitions_of(rows));
}

// ---- definitions ----

Definitions Database::definitions_of(const std::vector<TaskRow>& rows) {
    Definitions out;
    std::vector<const TaskRow*> unknown;
    std::unordered_map<TaskNumber, bool> asked;
    for (const TaskRow& row : rows) {
        const DefinitionCache::Entry* const known = cache.find(row.number);
        if (row.lane > 0 && known != nullptr && known->hash == row.definition_hash && known->uid == row.state.uid) {
            out.put(row.number, known->definition);
        } else if (asked.emplace(row.number, true).second) {
            unknown.push_back(&row);
        }
    }
    if (unknown.empty()) return out;
    Words words = asking(kDefinitions);
    words.add(unknown.size());
    for (const TaskRow* const row : unknown) words.add(row->number);
    const Answer answer = run(kDefinitions, words);
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        const TaskRow& task = *unknown[i];
        try {
            const ListRow row(answer[i]);
            if (answer[i][0].is_nil()) continue;
            auto definition = read_definition(row, task.state.uid);
            cache.put(task.number, {task.definition_hash, task.state.uid, definition});
            out.put(task.number, std::move(definition));
        } catch (const Unreadable& error) {
            out.put(task.number, error);
        }
    }
    return out;
}

// ---- lanes ----

std::optional<LaneNumber> Database::known_lane(const std::string& names) const {
    for (const auto& [number, known] : lanes_) {
        if (known == names) return number;
    }
    return std::nullopt;
}

void Database::read_lanes(const Reply& lanes) {
    for (std::size_t i = 0; i + 1 < lanes.size(); i += 2) lanes_.try_emplace(lanes[i + 1].integer(), lanes[i].text());
}

void Database::make_lanes(const std::vector<std::string>& names) {
    Words words = asking(kLanes);
    words.add(names.size());
    for (const std::string& each : names) words.add(each);
    read_lanes(run(kLanes, words).reply());  // done twice it is done once
}

void Database::prepare_lanes(const std::vector<const Definition*>& definitions) {
    std::vector<std::string> unknown;
    for (const Definition* const definition : definitions) {
        std::string names = names_of_lane(*definition);
        if (known_lane(names) || std::ranges::find(unknown, names) != unknown.end()) continue;
        unknown.push_back(std::move(names));
    }
    if (!unknown.empty()) make_lanes(unknown);
}

LaneNumber Database::lane_of(const Definition& definition) { return lane_named(names_of_lane(definition)); }

LaneNumber Database::lane_named(const std::string& names) {
    if (!known_lane(names)) make_lanes({names});
    const auto lane = known_lane(names);
    if (!lane) fail(Code::store, session.message("a lane cannot be written"));
    return *lane;
}

bool Database::belongs_on(LaneNumber lane, const Definition& definition) {
    if (!lanes_.contains(lane)) make_lanes({});
    const auto found = lanes_.find(lane);
    return found != lanes_.end() && found->second == names_of_lane(definition);
}

// ---- rows that cannot be read ----

Database::Whole Database::read_whole(TaskNumber task, bool forget_quarantine) {
    Words words = asking(kWhole);
    words.add(task).add(forget_quarantine);
    const Answer answer = run(kWhole, words);
    Whole out;
    out.apart = answer[3].integer() != 0;
    out.names = answer[4].text();
    try {
        if (answer[1][1].is_nil()) throw Unreadable("its row of sched is missing");
        if (answer[0][0].is_nil()) throw Unreadable("its row of def is missing");
        const TaskRow row = read_task(TaskText(answer[1]));
        out.definition = read_definition(ListRow(answer[0]), row.state.uid);
        out.lanes.push_back(row.lane);
        for (std::size_t i = 0; i < answer[2].size(); ++i) {
            const Reply fire = answer[2][i];
            const FireRow read = read_fire(FireText(fire[0].view(), fire[1].view()));
            if (read.state == FireState::ready) out.lanes.push_back(read.lane);
        }
    } catch (const Unreadable& error) {
        out.why = error;
    }
    return out;
}

void Database::sort_out(TaskNumber task, const std::vector<IndexEntry>& stray, std::vector<Quarantined>& told) {
    const Whole whole = read_whole(task, false);
    if (whole.why) {
        if (!whole.apart || !stray.empty()) put_away(task, *whole.why, told, stray);
        return;
    }
    const LaneNumber lane = lane_of(*whole.definition);
    const bool astray = std::ranges::any_of(whole.lanes, [&](LaneNumber each) { return each != lane; });
    if (astray || !stray.empty()) move_to_lane(task, lane, stray);
}

void Database::read_again(TaskNumber task, std::vector<Quarantined>& told) {
    const Whole whole = read_whole(task, true);
    if (whole.why) return put_away(task, *whole.why, told);
    move_to_lane(task, lane_of(*whole.definition), {});
}

void Database::move_to_lane(TaskNumber task, LaneNumber lane, const std::vector<IndexEntry>& stray) {
    Words words = changing(kMove, kEarliest);
    words.add(task).add(lane);
    add_stray(words, stray);
    static_cast<void>(run(kMove, words, Sends::changes));
}

void Database::put_away(TaskNumber task, const Unreadable& error, std::vector<Quarantined>& told,
                        const std::vector<IndexEntry>& stray) {
    if (error.newer() == 0) {
        told.push_back(set_apart(task, error.what(), stray));
        return;
    }
    const std::string names = read_whole(task, false).names;
    move_to_lane(task, lane_named(names_of_newer_lane(names, error.newer())), stray);
}

Quarantined Database::set_apart(TaskNumber task, const std::string& why, const std::vector<IndexEntry>& stray) {
    Quarantined out{"number " + std::to_string(task), why};
    Words words = changing(kSetApart, kEarliest);
    words.add(task).add(why);
    add_stray(words, stray);
    const Answer answer = run(kSetApart, words, Sends::changes);
    if (answer.reply().is_nil()) return out;
    out.id = shown_id(answer.reply().text());
    return out;
}

}  // namespace uvsched::redis
