#include "core/stores/redis/script.hpp"

namespace uvsched::redis {
namespace {

// Arguments are taken one after the other. Numbers of the server are doubles: what may be beyond 2^53 stays a text.
constexpr const char* kHead = R"lua(
local P, call, words, cursor = string.sub(KEYS[1], 1, -5), redis.call, ARGV, 1
local function arg()
  cursor = cursor + 1
  return words[cursor]
end
local function args(n)
  cursor = cursor + n
  return unpack(words, cursor - n + 1, cursor)
end
local function number(text) return tonumber(text) or 0 end
local function count() return number(arg()) end
local function list()
  local out = {}
  for i = 1, count() do out[i] = arg() end
  return out
end
local function whole(n) return string.format('%.0f', n) end
local function server_time()
  local t = call('TIME')
  return t[1] .. string.format('%06d', number(t[2]))
end
-- TASK and "gen:kind:slot" of a fire's name.
local function task_of(name) return string.match(name, '^(%d+):(.*)$') end
local function names_of(n) return call('ZRANGEBYLEX', P .. 'fires_of', '[' .. n .. ':', '(' .. n .. ';') end
local function values(key, fields)
  if #fields == 0 then return {} end
  if #fields <= 4000 then return call('HMGET', P .. key, unpack(fields)) end
  local out = {}
  for from = 1, #fields, 4000 do
    for _, value in ipairs(call('HMGET', P .. key, unpack(fields, from, math.min(from + 3999, #fields)))) do
      out[#out + 1] = value
    end
  end
  return out
end
-- The rows that C++ reads: of tasks, whose second part is nothing if it is not there, and of a task's definition.
local function task_rows(ns)
  local out, rows, runs, opens = {}, values('rows', ns), values('runs', ns), values('opens', ns)
  for i, n in ipairs(ns) do out[i] = {n, rows[i], runs[i], opens[i] or '0'} end
  return out
end
local function task_row(n) return task_rows({n})[1] end
local function lane_in(row) return row and string.match(row, '^%S+ (%S+)') end
local function state_in(row) return row and string.match(row, '^.* (%S+)$') end
local function definition_row(n)
  return call('HMGET', P .. 'def:' .. n, 'id', 'format', 'def', 'quarantine', 'uid')
end
-- number of a lane -> format of its definitions
local function lane_formats()
  local formats, all = {}, call('HGETALL', P .. 'lanes')
  for i = 1, #all, 2 do formats[all[i + 1]] = number(string.match(all[i], '^%d+')) end
  return formats
end
-- The names of at most `most` fires that a node holds, on lanes that this version knows.
local function held_by(node, format, most)
  local out, names = {}, call('SMEMBERS', P .. 'held:' .. node)
  local formats = #names > 0 and lane_formats() or {}
  for _, name in ipairs(names) do
    if #out >= most then break end
    local text = call('HGET', P .. 'fires', name)
    local lane = text and string.match(text, '^%S+ %S+ %S+ %S+ %S+ (%S+)')
    if not lane or (formats[lane] or 0) <= format then out[#out + 1] = name end
  end
  return out
end
)lua";

constexpr const char* kSameStore = R"lua(
if call('HGET', KEYS[1], 'uuid') ~= arg() then return redis.error_reply('UVLOST another store is here') end
)lua";

}  // namespace

std::string Script::text() const {
    std::string out = kHead;
    if (kind != Kind::bare) out += kSameStore;
    if (kind == Kind::changes) out += kLedgerScript;
    return out + body;
}

}  // namespace uvsched::redis
