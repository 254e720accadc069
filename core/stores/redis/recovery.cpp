// What nodes hold: this one; and a dead one, of whose fires a piece becomes ready again, or lost. The fires are read
// and judged first, and then changed where their tokens still stand.
#include <algorithm>
#include <tuple>

#include "core/stores/redis/store_steps.hpp"
#include "core/stores/rows/held_fire.hpp"

namespace uvsched::redis {
namespace {

constexpr Script kMine{"mine", Script::Kind::asks, R"lua(
local node = arg()
if call('SISMEMBER', P .. 'nodes', node) == 0 then return redis.error_reply('UVNODE is not a node') end
local out = {}
for _, name in ipairs(call('SMEMBERS', P .. 'held:' .. node)) do
  local text = call('HGET', P .. 'fires', name)
  if text then out[#out + 1] = {name, text} end
end
return out
)lua"};

constexpr Script kHeld{"held_by", Script::Kind::asks, R"lua(
local node, format, most = arg(), count(), count()
local out = {}
for _, name in ipairs(held_by(node, format, most)) do
  local n = task_of(name) or '0'
  out[#out + 1] = {n, name, call('HGET', P .. 'fires', name), definition_row(n), task_row(n)}
end
return out
)lua"};

// Of a task that could not be read until now: what nodes held that have no row any more.
constexpr Script kHeldOfTask{"held_of_task", Script::Kind::asks, R"lua(
local n, out = arg(), {}
for _, name in ipairs(names_of(n)) do
  local text = call('HGET', P .. 'fires', name) or ''
  local state, owner = string.match(text, '^%S+ %S+ %S+ %S+ (%S+) %S+ %S+ (%S+)')
  if state ~= 'ready' and state ~= 'waiting' and call('SISMEMBER', P .. 'nodes', owner or '') == 0 then
    out[#out + 1] = {n, name, text, definition_row(n), task_row(n)}
  end
end
return out
)lua"};

// The dead one may only be slow: whatever it has begun is done, and it begins nothing more once its row is gone.
constexpr Script kRecover{"recover", Script::Kind::changes, R"lua(
local dead, at, format, last_piece = arg(), arg(), count(), arg() == '1'
if dead ~= '' and dead ~= node and not standing(node) then return redis.error_reply('UVNODE is not a node') end
local outcomes, touched = {}, {}
for i = 1, count() do
  local name, uid, token, state, again, crashes = args(6)
  local f = named(name, uid, token)
  local good = f and f.state == state
  outcomes[i] = good and '1' or '0'
  touched[i] = task_of(name)
  if good and again == '1' then
    f.crashes = crashes
    free(f, now)
  elseif good then
    end_fire(f, 'lost', 'crashed', at, {crashes = crashes, started = f.started})
  end
end
for _, n in ipairs(touched) do promote(n) end
-- Entries that lead to no fire of this node.
for i = 1, count() do
  local name = arg()
  local f = fire(name)
  if not f or f.owner ~= dead or not is_held(f) then queue('SREM', P .. 'held:' .. dead, name) end
end
local failed = flush()
if failed then return failed end
local more = 0
if last_piece and dead ~= '' then
  if call('EXISTS', P .. 'held:' .. dead) == 0 then
    call('SREM', P .. 'nodes', dead)
    call('DEL', P .. 'node:' .. dead)
  elseif #held_by(dead, format, 1) > 0 then
    more = 1
  end
end
return {table.concat(outcomes), more}
)lua"};

class Recovery {
public:
    explicit Recovery(Database& db) : db_(db) {}

    void read(const Script& script, Words& words) {
        const Answer answer = db_.run(script, words);
        found_ = answer.size();
        for (std::size_t i = 0; i < found_; ++i) read_fire_of(answer[i]);
    }
    [[nodiscard]] std::size_t found() const noexcept { return found_; }

    void put_away(std::vector<Quarantined>& told) { held_.put_away(db_, told); }

    // `dead`: nobody, if no node is to be dropped.
    void write(std::optional<NodeNumber> dead, Instant now, Recovered& out) {
        const std::vector<const HeldFire*> fires = held_.all();
        Words words = db_.changing(kRecover, now);
        words.add(dead).add(now).add(kDefinitionFormat).add(!out.more).add(fires.size());
        for (const HeldFire* const fire : fires) {
            add_fire(words, fire->ref());
            words.add(state_text(fire->row.state)).add(fire->after.again).add(fire->after.crashes);
        }
        words.add(stray_.size());
        for (const std::string& name : stray_) words.add(name);
        const Answer answer = db_.run(kRecover, words, Sends::changes);
        const std::string_view outcomes = answer[0].view();
        for (std::size_t i = 0; i < fires.size(); ++i) {
            if (outcomes[i] == '1') tell_recovered(*fires[i], out);
        }
        if (answer[1].integer() != 0) out.more = true;
    }

private:
    void read_fire_of(const Reply& found) {
        if (found[2].is_nil()) {
            stray_.push_back(found[1].text());
            return;
        }
        try {
            const FireText text(found[1].view(), found[2].view());
            HeldFire fire;
            fire.row = read_fire(text);
            if (!is_held(fire.row.state)) {
                stray_.push_back(found[1].text());
                return;
            }
            fire.uid = static_cast<Uid>(text.integer(FireText::kUid));
            fire.task_id = text.text(FireText::kTaskId);
            fire.task.number = fire.row.task;
            read_task_of(found, fire);
            fire.judge();
            held_.add(std::move(fire));
        } catch (const Unreadable& error) {
            held_.add(found[0].integer(), error);
        }
    }

    // Of a deleted task there is nothing.
    static void read_task_of(const Reply& found, HeldFire& fire) {
        const bool has_definition = !found[3][0].is_nil();
        const bool has_schedule = !found[4][1].is_nil();
        if (!has_definition && !has_schedule) return;
        if (!has_definition) throw Unreadable("its row of def is missing");
        if (!has_schedule) throw Unreadable("its row of sched is missing");
        const TaskRow task = read_task(TaskText(found[4]));
        fire.task = {.number = task.number,
                     .lane = task.lane,
                     .definition = read_definition(ListRow(found[3]), task.state.uid),
                     .state = task.state,
                     .open = task.open};
    }

    Database& db_;
    HeldFires held_;
    std::vector<std::string> stray_;  // names among those of a node that lead to no fire that it holds
    std::size_t found_ = 0;
};

}  // namespace

Recovered recover(Database& db, NodeNumber dead, Instant now, std::size_t limit) {
    Recovered out;
    Recovery recovery(db);
    Words words = db.asking(kHeld);
    words.add(dead).add(kDefinitionFormat).add(limit);
    recovery.read(kHeld, words);
    out.more = recovery.found() == limit;
    recovery.put_away(out.quarantined);
    recovery.write(dead, now, out);
    return out;
}

std::vector<FireRef> mine(Database& db) {
    std::vector<FireRef> out;
    Words words = db.asking(kMine);
    words.add(db.node);
    const Answer answer = db.run(kMine, words);
    for (std::size_t i = 0; i < answer.size(); ++i) {
        try {
            const FireText text(answer[i][0].view(), answer[i][1].view());
            const FireRow row = read_fire(text);
            if (!is_held(row.state) || row.owner != db.node) continue;
            const auto uid = static_cast<Uid>(text.integer(FireText::kUid));
            out.push_back({row.task, {uid, row.gen, row.kind, row.slot}, row.token});
        } catch (const Unreadable&) {
            continue;  // nobody can have taken such a fire
        }
    }
    std::ranges::sort(out, [](const FireRef& a, const FireRef& b) {
        return std::tuple(a.task, a.key.gen, a.key.kind, a.key.slot) <
               std::tuple(b.task, b.key.gen, b.key.kind, b.key.slot);
    });
    return out;
}

void recover_task(Database& db, TaskNumber task, Instant now) {
    Recovered untold;
    Recovery recovery(db);
    Words words = db.asking(kHeldOfTask);
    words.add(task);
    recovery.read(kHeldOfTask, words);
    recovery.put_away(untold.quarantined);
    recovery.write(std::nullopt, now, untold);
}

}  // namespace uvsched::redis
