// The functions of scripts that change the ledger. They read what they ask for into tables, in which all is changed,
// and flush() writes it: nothing is written before all is decided, and each key once.
//
// A task's row is one text: rev, lane, hash of the definition, uid, gen, clock, anchor, next slot, next due time, hwm
// and state; "-" for none. What a node has read it sends back with what it is to become: where the text is still the
// same, nothing has to be taken apart.
//
// A fire is one text too: uid, last slot, folded, exact, state, lane, ready_at, owner, token, attempt, crashes, claim
// id, claimed_at, started_at and the task's id; "-" for none. A row of history too: uid, gen, kind, slot, first, last,
// folded, exact, state, reason, attempt, crashes, owner, token, claimed_at, started_at, finished_at.
#include "core/stores/redis/script.hpp"

namespace uvsched::redis {

const char* const kLedgerScript = R"lua(
local now, node, channel, keep = arg(), arg(), arg(), count()
if now == '' then now = server_time() end
local told, later, rows, tasks, changed = false, {}, {}, {}, {}
local fires, added, counts, counted, dirty, quick, latest, labels, recorded = {}, {}, {}, {}, {}, {}, {}, {}, {}

-- The next number, however long it is.
local function after(n)
  local head, digit, nines = string.match(n, '^(.*)([0-8])(9*)$')
  if not head then return '1' .. string.rep('0', #n) end
  return head .. (digit + 1) .. string.rep('0', #nines)
end
local function apart(lane) return string.byte(lane) == 45 end
local function or_none(text) return text == '' and '-' or text end
local function standing(who) return call('SISMEMBER', P .. 'nodes', who) == 1 end
local function queue(...) later[#later + 1] = {...} end

-- ---- tasks ----

local SLOT_AND_DUE = '^' .. string.rep('%S+ ', 7) .. '(%S+) (%S+)'
local ROW = '^' .. string.rep('(%S+) ', 10) .. '(%S+)$'
local IDLE = {active = 0, paused = 1}
local function place(t)
  if apart(t.lane) then return nil end
  if t.due ~= '-' then return P .. 'due:' .. t.lane, tonumber(t.due) and t.due or 0 end
  return P .. 'idle:' .. t.lane, IDLE[t.state] or 2
end
local function take_apart(t)
  t.rev, t.lane, t.hash, t.uid, t.gen, t.clk, t.anchor, t.slot, t.due, t.hwm, t.state = string.match(t.text, ROW)
end
-- As it is stored, as a text.
local function know_tasks(ns)
  local texts, runs, opens = values('rows', ns), values('runs', ns), values('opens', ns)
  for i, n in ipairs(ns) do
    tasks[n] = texts[i] and {n = n, text = texts[i], runs = runs[i]}
    counts[n] = counts[n] or number(opens[i])
  end
end
local function task(n)
  if tasks[n] == nil then know_tasks({n}) end
  return tasks[n]
end
-- With its parts; false also if it has others.
local function task_parts(n)
  local t = task(n)
  if t and not t.rev then
    take_apart(t)
    if not t.rev then return false end
    t.was, t.was_score = place(t)
  end
  return t
end
local function mark(t)
  if not t.changed then
    t.changed = true
    changed[#changed + 1] = t
  end
end
local function set_row(t, text)
  mark(t)
  t.text, t.rewritten = text, true
end
-- One of its parts.
local function set(t, name, value)
  t[name] = value
  set_row(t, table.concat({t.rev, t.lane, t.hash, t.uid, t.gen, t.clk, t.anchor, t.slot, t.due, t.hwm, t.state}, ' '))
end
local function count_runs(t, times)
  mark(t)
  t.times = (t.times or 0) + times
end

-- ---- fires ----

local FIRE = '^' .. string.rep('(%S+) ', 14) .. '(.*)$'
local function ready_key(f)
  if f.state == 'ready' and not apart(f.lane) then return P .. 'ready:' .. f.lane end
end
local function is_held(f) return f.state == 'claimed' or f.state == 'running' end
local function held_key(f)
  if is_held(f) and f.owner ~= '-' and not apart(f.lane) then return P .. 'held:' .. f.owner end
end
local function read_fire(name, text)
  local uid, last, folded, exact, state, lane, ready, owner, token, attempt, crashes, claim, claimed, started, id =
    string.match(text, FIRE)
  local n, gen, kind, slot = string.match(name, '^(%d+):(%d+):(%a+):(-?%d+)$')
  if not id or not gen then return false end
  local f = {name = name, n = n, gen = gen, kind = kind, slot = slot, uid = uid, last = last, folded = folded,
    exact = exact, state = state, lane = lane, ready = ready, owner = owner, token = token, attempt = attempt,
    crashes = crashes, claim = claim, claimed = claimed, started = started, id = id}
  f.was_ready, f.was_held = ready_key(f), held_key(f)
  return f
end
local function text_of(f)
  return table.concat({f.uid, f.last, f.folded, f.exact, f.state, f.lane, f.ready, f.owner, f.token, f.attempt,
    f.crashes, f.claim, f.claimed, f.started, f.id}, ' ')
end
-- As it is stored, as a text, or in its parts; false: there is none, or it cannot be read.
local function know_fires(names)
  local texts = values('fires', names)
  for i, name in ipairs(names) do fires[name] = texts[i] end
end
local function stored_fire(name)
  if fires[name] == nil then know_fires({name}) end
  return fires[name]
end
local function fire(name)
  local f = stored_fire(name)
  if type(f) == 'string' then
    f = read_fire(name, f)
    fires[name] = f
  end
  return f
end
local function open_count(n)
  if not counts[n] then counts[n] = number(call('HGET', P .. 'opens', n)) end
  return counts[n]
end
local function count_open(n, more)
  counts[n], counted[n] = open_count(n) + more, true
end
-- In order of gen and slot.
local function fires_of(n)
  local names, out = names_of(n), {}
  for name in pairs(added[n] or {}) do names[#names + 1] = name end
  for _, name in ipairs(names) do
    local f = fire(name)
    if f then out[#out + 1] = f end
  end
  table.sort(out, function(a, b)
    if a.gen ~= b.gen then return number(a.gen) < number(b.gen) end
    if a.slot ~= b.slot then return number(a.slot) < number(b.slot) end
    return a.kind < b.kind
  end)
  return out
end
-- A fire that is not taken apart: its text, or false if it has ended; and what becomes of it among those that are held.
local function put_quickly(name, text, held)
  fires[name] = text
  if latest[name] then latest[name].kept = true end -- what it was in between need not be written
  local f = {name = name, text = text, held = held}
  latest[name] = f
  quick[#quick + 1] = f
  return f
end
local function touch(f)
  if not f.dirty then
    f.dirty = true
    dirty[#dirty + 1] = f
  end
end
local function add_name(n, name)
  if not added[n] then added[n] = {} end
  added[n][name] = true
  count_open(n, 1)
end
local function add_fire(f)
  f.name = f.n .. ':' .. f.gen .. ':' .. f.kind .. ':' .. f.slot
  add_name(f.n, f.name)
  fires[f.name] = f
  touch(f)
end
-- The fire that a request names, if its token still stands.
local function named(name, uid, token)
  local f = fire(name)
  return f and f.uid == uid and f.token == token and f
end
local function label_of(owner)
  if owner == '-' then return '' end
  if labels[owner] == nil then labels[owner] = call('HGET', P .. 'node:' .. owner, 'label') or '' end
  return labels[owner]
end

-- ---- what becomes of them ----

local function record(id, label, result, fault, text)
  local row = {id, label, result, fault, text}
  rows[#rows + 1] = row
  return row
end
local function end_fire(f, state, reason, finished, how)
  local row = record(f.id, label_of(f.owner), how.result or '', how.fault or '', table.concat({f.uid, f.gen, f.kind,
    f.slot, f.kind == 'manual' and f.last or f.slot, f.last, f.folded, f.exact, state, or_none(reason), f.attempt,
    how.crashes or f.crashes, f.owner, f.token, f.claimed, how.started or '-', finished}, ' '))
  count_open(f.n, -1)
  fires[f.name] = false
  row.fire = f
  f.ended = true
  touch(f)
end
local function free(f, ready)
  f.state, f.ready, f.owner, f.token, f.claimed, f.started = 'ready', ready, '-', after(f.token), '-', '-'
  told = true
  touch(f)
end
-- Makes the oldest waiting fires of a task ready, as many as max_instances allows; where none waits, the next piece of
-- a long pile is due. Ready counts as under way, and so does what was asked for by hand.
local function promote(n)
  local t, alone = task(n), open_count(n) == 0
  if not t then return end
  local slot, due = string.match(t.text, SLOT_AND_DUE)
  if alone and due == slot then return end -- nothing waits, and no piece is put off
  t = task_parts(n)
  if not t then return end
  local waiting, under_way = {}, 0
  for _, f in ipairs(alone and {} or fires_of(n)) do
    if f.state == 'waiting' then waiting[#waiting + 1] = f else under_way = under_way + 1 end
  end
  if not apart(t.lane) then
    local most = #waiting > 0 and number(call('HGET', P .. 'def:' .. n, 'max')) or 0
    for i = 1, math.min(#waiting, most - under_way) do free(waiting[i], now) end
  end
  if #waiting == 0 and t.state == 'active' and t.due ~= '-' and number(t.due) > number(t.slot) and t.hwm ~= '-' and
    number(t.hwm) == number(t.slot) - 1 then
    set(t, 'due', t.slot)
    told = true
  end
end
-- Ends what has not begun, and tells of each.
local function skip_unstarted(n, reason, at)
  local out = {}
  for _, f in ipairs(fires_of(n)) do
    if f.state ~= 'running' and (reason == 'deleted' or f.kind ~= 'manual') then
      end_fire(f, 'skipped', reason, at, {})
      out[#out + 1] = {f.name, f.uid, f.last, f.folded, f.exact, f.id}
    end
  end
  return out
end

-- ---- writing ----

local fault, groups, order = nil, {}, {}
local function write(...)
  local done = redis.pcall(...)
  local failed = type(done) == 'table' and done.err
  if failed and not fault then fault = failed end
  return not failed
end
-- Commands that are alike are one.
local function gather(command, key, a, b)
  local of = groups[command]
  if not of then
    of = {}
    groups[command] = of
  end
  local group = of[key]
  if not group or #group > 4000 then
    group = {command, key}
    of[key] = group
    order[#order + 1] = group
  end
  group[#group + 1] = a
  if b ~= nil then group[#group + 1] = b end
end
local function flush_task(t)
  if t.rewritten then gather('HSET', P .. 'rows', t.n, t.text) end
  if t.times and t.times ~= 0 then gather('HSET', P .. 'runs', t.n, whole(math.max(0, number(t.runs) + t.times))) end
  if not t.rev or not t.rewritten then return end
  local key, score = place(t)
  if t.was and t.was ~= key then gather('ZREM', t.was, t.n) end
  if key and (t.was ~= key or t.was_score ~= score) then gather('ZADD', key, score, t.n) end
end
local function flush_text(name, text)
  if text then
    gather('HSET', P .. 'fires', name, text)
  else
    gather('HDEL', P .. 'fires', name)
    gather('ZREM', P .. 'fires_of', name)
  end
end
local function flush_quick(f)
  if f.kept then return end
  flush_text(f.name, f.text)
  if f.held then gather(f.held, P .. 'held:' .. node, f.name) end
end
local function flush_fire(f)
  if f.kept then return end
  local ready, held = nil, nil
  flush_text(f.name, not f.ended and text_of(f))
  if not f.ended then ready, held = ready_key(f), held_key(f) end
  if f.was_ready and f.was_ready ~= ready then gather('ZREM', f.was_ready, f.name) end
  if ready then gather('ZADD', ready, tonumber(f.ready) and f.ready or 0, f.name) end
  if f.was_held and f.was_held ~= held then gather('SREM', f.was_held, f.name) end
  if held and (f.was_held ~= held or f.restored) then gather('SADD', held, f.name) end
end
-- A fault of the server (no memory, no disk, a replica) is one of the first command, and then nothing has happened.
local function flush()
  if not told and #later + #rows + #changed + #dirty + #quick == 0 then return end
  local seq = number(call('HGET', KEYS[1], 'last_row'))
  if told then
    local changes = call('HGET', KEYS[1], 'changes') or '0'
    call('HSET', KEYS[1], 'last_row', whole(seq + #rows), 'changes', #changes < 19 and after(changes) or '0')
  else
    call('HSET', KEYS[1], 'last_row', whole(seq + #rows))
  end
  for _, words in ipairs(later) do write(unpack(words)) end
  for _, t in ipairs(changed) do flush_task(t) end
  for i, row in ipairs(rows) do
    local id, entry = row[1], whole(seq + i) .. '-0'
    local label, result, error = row[2], row[3], row[4]
    if write('XADD', P .. 'history:' .. id, entry, 'row', row[5], 'label', label, 'result', result, 'error', error) then
      write('XADD', P .. 'history', entry, 'id', id)
      gather('ZADD', P .. 'recorded', 0, id)
      recorded[id] = true
    elseif row.fire then
      row.fire.kept = true -- a key of somebody else's is in the way of its end
      count_open(row.fire.n or task_of(row.fire.name), 1)
    end
  end
  for id in pairs(keep > 0 and recorded or {}) do
    if call('XLEN', P .. 'history:' .. id) > keep + math.floor(keep / 10) then gather('SADD', P .. 'crowded', id) end
  end
  for _, names in pairs(added) do
    for name in pairs(names) do
      if fires[name] then gather('ZADD', P .. 'fires_of', 0, name) end
    end
  end
  for n in pairs(counted) do
    if counts[n] > 0 then gather('HSET', P .. 'opens', n, counts[n]) else gather('HDEL', P .. 'opens', n) end
  end
  for _, f in ipairs(quick) do flush_quick(f) end
  for _, f in ipairs(dirty) do flush_fire(f) end
  for _, group in ipairs(order) do write(unpack(group)) end
  if told then write('PUBLISH', channel, node) end
  if fault then return redis.error_reply('UVPART ' .. fault) end
end
)lua";

}  // namespace uvsched::redis
