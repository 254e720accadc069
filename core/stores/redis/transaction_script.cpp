// A wave of a batch, in the order in which a batch is applied. Each kind of request begins with its number, and is told
// of in a list, or in a text with a letter for each: "1" done, "0" refused, "m" missing, "d" ended, see
// transaction.cpp. A visitor is no node, and has no number.
#include "core/stores/redis/store_steps.hpp"

namespace uvsched::redis {

const Script kTransaction{"apply", Script::Kind::changes, R"lua(
if node ~= '' and not standing(node) then return redis.error_reply('UVNODE is not a node') end
told = arg() == '1'
know_tasks(list())
know_fires(list())
local reply, outcomes, ID_OF_FIRE = {}, {}, '^' .. string.rep('%S+ ', 14) .. '(.*)$'
local function tell(i, outcome) outcomes[i] = outcome end
local function end_of_kind()
  reply[#reply + 1] = table.concat(outcomes)
  outcomes = {}
end
local function held_fire(name, uid, token)
  local f = named(name, uid, token)
  return f and f.owner == node and is_held(f) and f
end

-- ---- starts ----
for i = 1, count() do
  local name, uid, token, at, expected, text = args(6)
  local t = task(task_of(name))
  if expected ~= '' and stored_fire(name) == expected then
    put_quickly(name, text)
    if t then count_runs(t, 1) end
    tell(i, '1')
  else
    local f = held_fire(name, uid, token)
    tell(i, f and '1' or '0')
    if f and f.state == 'claimed' then
      f.state, f.started = 'running', at
      touch(f)
      if t then count_runs(t, 1) end
    end
  end
end
end_of_kind()

-- ---- finishes: a run counts that was called, as the fire says, or whoever ended it ----
local ended = {}
for i = 1, count() do
  local name, uid, token, ending, reason, result, error, began, at, called, expected, row, times = args(13)
  local n = task_of(name)
  local t = task(n)
  if expected ~= '' and stored_fire(name) == expected then
    if t and times ~= '0' then count_runs(t, number(times)) end
    local written = record(string.match(expected, ID_OF_FIRE), label_of(node), result, error, row)
    written.fire = put_quickly(name, false, 'SREM')
    count_open(n, -1)
    ended[#ended + 1] = n
    tell(i, '1')
  else
    local f = held_fire(name, uid, token)
    tell(i, f and '1' or '0')
    if f then
      called = called == '1'
      local running = f.state == 'running'
      local more = (called and (running or began ~= '') and 1 or 0) - (running and 1 or 0)
      if t and more ~= 0 then count_runs(t, more) end
      local started = called and (began ~= '' and began or f.started) or '-'
      end_fire(f, ending, reason, at, {result = result, fault = error, started = started})
      ended[#ended + 1] = n
    end
  end
end
end_of_kind()
for _, n in ipairs(ended) do promote(n) end

-- ---- releases: of a task that was deleted meanwhile, a fire that comes back ends ----
local dropped = {}
for i = 1, count() do
  local name, uid, token, at, ready = args(5)
  local n = task_of(name)
  local f = held_fire(name, uid, token)
  tell(i, f and '1' or '0')
  if f and call('EXISTS', P .. 'def:' .. n) == 1 then
    local t = task(n)
    if t and f.state == 'running' then count_runs(t, -1) end
    free(f, ready == '' and now or ready)
  elseif f then
    end_fire(f, 'skipped', 'deleted', at, {})
    tell(i, 'd')
    dropped[#dropped + 1] = {f.name, f.uid, f.last, f.folded, f.exact, f.id}
  end
end
end_of_kind()
reply[#reply + 1] = dropped

-- ---- misses of changes: those that were overdue come before what is skipped, and the others behind ----
local function misses()
  for i = 1, count() do
    local id, error, row = args(3)
    record(id, '', '', error, row)
  end
end
misses()

-- ---- rewrites: of tasks that still have the revision that they were decided by ----
local skipped, rewritten = {}, {}
for i = 1, count() do
  local n, expected, skips = args(3)
  local t = task_parts(n)
  if not t or t.rev ~= expected then return redis.error_reply('UVAGAIN it has changed') end
  skipped[i] = skips == '1' and skip_unstarted(n, 'replaced', arg()) or {}
  local row, max, redefined = args(3)
  set_row(t, row)
  take_apart(t)
  queue('HSET', P .. 'def:' .. n, 'max', max)
  if redefined == '1' then
    queue('HSET', P .. 'def:' .. n, 'format', arg(), 'def', arg(), 'hash', t.hash, 'uid', t.uid)
    queue('HDEL', P .. 'def:' .. n, 'quarantine')
    queue('SREM', P .. 'apart', n)
  end
  if arg() == '1' then
    for _, f in ipairs(fires_of(n)) do
      f.lane = t.lane
      touch(f)
    end
  end
  rewritten[i] = n
end

-- ---- creations; one may stand in the place of a definition without a schedule ----
local created, last_task = {}, nil
for i = 1, count() do
  local instead, id, format, def, hash, at_start, uid, row, max, index, score = args(11)
  if (call('HGET', P .. 'ids', id) or '') ~= instead or (instead ~= '' and task_parts(instead)) then
    return redis.error_reply('UVAGAIN it has changed')
  end
  last_task = after(last_task or call('HGET', KEYS[1], 'last_task') or '0')
  local n = last_task
  if instead ~= '' then
    queue('DEL', P .. 'def:' .. instead)
    queue('HDEL', P .. 'rows', instead)
    queue('SREM', P .. 'apart', instead)
  end
  queue('HSET', P .. 'ids', id, n)
  queue('ZADD', P .. 'names', 0, id)
  queue('HSET', P .. 'def:' .. n, 'id', id, 'uid', uid, 'format', format, 'def', def, 'hash', hash, 'declared', hash,
    'at_start', at_start, 'max', max)
  if at_start == '1' then queue('SADD', P .. 'at_start', id) end
  gather('HSET', P .. 'rows', n, row)
  gather('ZADD', P .. index, score, n)
  created[i] = n
end
if last_task then queue('HSET', KEYS[1], 'last_task', last_task) end
reply[#reply + 1] = created

-- ---- declarations ----
for i = 1, count() do
  local n, hash, at_start = arg(), arg(), arg()
  local id = call('HGET', P .. 'def:' .. n, 'id')
  if id then
    if hash == '' then
      queue('HDEL', P .. 'def:' .. n, 'declared')
    else
      queue('HSET', P .. 'def:' .. n, 'declared', hash)
    end
    queue('HSET', P .. 'def:' .. n, 'at_start', at_start)
    if at_start == '1' then queue('SADD', P .. 'at_start', id) end
  end
end
misses()
for i, n in ipairs(rewritten) do rewritten[i] = {open_count(n), skipped[i]} end
reply[#reply + 1] = rewritten

-- ---- removals: of a task, or of a piece of all of them ----
local removed, gone, more = {}, 0, 0
for i = 1, count() do
  local id, at, most = arg(), arg(), count()
  local ids = {id}
  if id == '' then ids = call('ZRANGEBYLEX', P .. 'names', '-', '+', 'LIMIT', 0, most) end
  if id == '' and #ids == most then more = 1 end
  for _, each in ipairs(ids) do
    local n = call('HGET', P .. 'ids', each)
    if n then
      local definition = definition_row(n)
      local t, dropped = task_parts(n), skip_unstarted(n, 'deleted', at)
      if #dropped > 0 then removed[#removed + 1] = {definition, dropped} end
      queue('ZADD', P .. 'gone', number(at), n)
      queue('HSET', P .. 'gone_ids', n, each)
      if t and t.was then queue('ZREM', t.was, n) end
      queue('DEL', P .. 'def:' .. n)
      queue('HDEL', P .. 'rows', n)
      queue('HDEL', P .. 'runs', n)
      queue('HDEL', P .. 'ids', each)
      queue('SREM', P .. 'at_start', each)
      queue('SREM', P .. 'apart', n)
      tasks[n] = false
      gone = gone + 1
    end
    queue('ZREM', P .. 'names', each)
  end
end
for _, n in ipairs(gone > 0 and call('ZRANGE', P .. 'gone', 0, -10000 - 1) or {}) do
  queue('ZREM', P .. 'gone', n)
  queue('HDEL', P .. 'gone_ids', n)
end
reply[#reply + 1] = {gone, more, removed}

-- ---- runs by hand: one that was asked for before is known also if it is over by now ----
local function ran_before(id, uid, slot)
  for _, entry in ipairs(call('XREVRANGE', P .. 'history:' .. id, '+', '-', 'COUNT', 100)) do
    local of, kind, number_of = string.match(entry[2][2], '^(%S+) %S+ (%S+) (%S+) ')
    if of == uid and kind == 'manual' and number_of == slot then return true end
  end
end
local asked = {}
for i = 1, count() do
  local id, slot, at, ready = arg(), arg(), arg(), arg()
  local n = call('HGET', P .. 'ids', id)
  local t = n and task_parts(n)
  asked[i] = {}
  if t and not apart(t.lane) then
    asked[i] = {t.uid, t.gen}
    if not stored_fire(n .. ':' .. t.gen .. ':manual:' .. slot) and not ran_before(id, t.uid, slot) then
      add_fire({n = n, gen = t.gen, kind = 'manual', slot = slot, uid = t.uid, last = at, folded = '1', exact = '1',
        state = 'ready', lane = t.lane, ready = ready == '' and now or ready, owner = '-', token = '1', attempt = '1',
        crashes = '0', claim = '-', claimed = '-', started = '-', id = id})
      set(t, 'rev', after(t.rev))
      told = true
    end
  end
end
reply[#reply + 1] = asked

-- ---- takes ----
for i = 1, count() do
  local name, uid, token, at = args(4)
  local f = named(name, uid, token)
  local good = f and f.state == 'ready'
  tell(i, good and '1' or '0')
  if good then
    f.state, f.ready, f.owner, f.token, f.claimed = 'claimed', '-', node, after(f.token), at
    touch(f)
  end
end
end_of_kind()

-- ---- claims: of tasks whose rows are still what the node has seen ----
local claimed = {}
for i = 1, count() do
  local n, id, expected, row, from, to, score = args(7)
  local t = task(n)
  local good = t and t.text == expected
  tell(i, good and '1' or t and '0' or 'm')
  local runs = count()
  if good then
    set_row(t, row)
    if t.rev then
      take_apart(t)
    else
      if from ~= to then gather('ZREM', P .. from, n) end
      gather('ZADD', P .. to, score, n)
    end
    for _ = 1, runs do
      local name, text, held = args(3)
      put_quickly(name, text, held == '1' and 'SADD' or nil)
      add_name(n, name)
    end
    claimed[#claimed + 1] = open_count(n)
    claimed[#claimed + 1] = whole(number(t.runs) + (t.times or 0))
  else
    cursor = cursor + 3 * runs
  end
  for _ = 1, count() do
    local text = arg()
    if good then record(id, '', '', '', text) end
  end
end
end_of_kind()
reply[#reply + 1] = claimed
reply[#reply + 1] = told and 1 or 0
return flush() or reply
)lua"};

}  // namespace uvsched::redis
