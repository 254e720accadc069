// What operators are told of the store.
#include <utility>

#include "core/stores/redis/store_steps.hpp"
#include "core/stores/rows/lane_list.hpp"

namespace uvsched::redis {
namespace {

constexpr Script kReport{"report", Script::Kind::asks, R"lua(
local lanes, tasks, fires, apart, all = {}, {0, 0, 0}, {}, {}, call('HGETALL', P .. 'lanes')
for i = 1, #all, 2 do
  local lane, counts, oldest, text = all[i + 1], {call('ZCARD', P .. 'due:' .. all[i + 1])}, nil, false
  for state = 0, 2 do counts[state + 2] = call('ZCOUNT', P .. 'idle:' .. lane, state, state) end
  tasks[1], tasks[2], tasks[3] = tasks[1] + counts[1] + counts[2], tasks[2] + counts[3], tasks[3] + counts[4]
  for _, index in ipairs({'due:', 'ready:'}) do
    local at = call('ZRANGE', P .. index .. lane, 0, 0, 'WITHSCORES')[2]
    if at and (not oldest or number(at) < oldest) then oldest, text = number(at), whole(number(at)) end
  end
  local under_way = counts[1] + counts[2] + counts[3]
  if under_way > 0 or text then lanes[#lanes + 1] = {lane, all[i], under_way, text} end
end
for _, fire in ipairs(call('HVALS', P .. 'fires')) do
  local state = string.match(fire, '^%S+ %S+ %S+ %S+ (%S+)') or 'unreadable'
  fires[state] = (fires[state] or 0) + 1
end
local states = {}
for state, times in pairs(fires) do states[#states + 1] = {state, times} end
for i, n in ipairs(call('SMEMBERS', P .. 'apart')) do
  if i > 1000 then break end
  apart[i] = call('HMGET', P .. 'def:' .. n, 'id', 'quarantine')
end
local meta = call('HMGET', KEYS[1], 'schema', 'min_reader', 'lease')
return {meta, tasks, call('SCARD', P .. 'apart'), states, call('XLEN', P .. 'history'), apart, lanes}
)lua"};

constexpr Script kAllNodes{"nodes", Script::Kind::asks, R"lua(
local out = {}
for i, n in ipairs(call('SMEMBERS', P .. 'nodes')) do
  out[i] = {n, unpack(call('HMGET', P .. 'node:' .. n, 'label', 'pid', 'version', 'beat', 'gone', 'lanes'))}
end
return out
)lua"};

void read_lane_reports(const Reply& lanes, StoreReport& out) {
    for (std::size_t i = 0; i < lanes.size(); ++i) {
        const Reply found = lanes[i];
        LaneReport& lane = out.lanes.emplace_back();
        lane.lane = lane_of_names(found[1].text());
        lane.lane.number = found[0].integer();
        lane.tasks = found[2].integer();
        if (!found[3].is_nil()) lane.oldest = found[3].integer();
    }
}

}  // namespace

StoreReport report(Database& db) {
    Words words = db.asking(kReport);
    const Answer answer = db.run(kReport, words);
    StoreReport out;
    out.server = db.server;
    out.schema = answer[0][0].integer();
    out.min_reader = answer[0][1].integer();
    out.lease = answer[0][2].integer();
    constexpr const char* kStates[] = {"active", "paused", "finished"};
    for (std::size_t i = 0; i < std::size(kStates); ++i) {
        if (const std::int64_t tasks = answer[1][i].integer(); tasks > 0) out.tasks[kStates[i]] = tasks;
    }
    if (const std::int64_t apart = answer[2].integer(); apart > 0) out.tasks["apart"] = apart;
    for (std::size_t i = 0; i < answer[3].size(); ++i) out.fires[answer[3][i][0].text()] = answer[3][i][1].integer();
    out.history = answer[4].integer();
    for (std::size_t i = 0; i < answer[5].size(); ++i) {
        out.apart.push_back({shown_id(answer[5][i][0].text()), answer[5][i][1].text()});
    }
    read_lane_reports(answer[6], out);
    out.nodes = nodes(db);
    return out;
}

std::vector<NodeReport> nodes(Database& db) {
    using State = NodeReport::State;
    Words words = db.asking(kAllNodes);
    const Answer answer = db.run(kAllNodes, words);
    std::vector<NodeReport> out;
    for (std::size_t i = 0; i < answer.size(); ++i) {
        const Reply node = answer[i];
        out.push_back({.number = node[0].integer(),
                       .label = node[1].text(),
                       .process = node[2].integer(),
                       .version = node[3].text(),
                       .beats = static_cast<std::uint64_t>(node[4].integer()),
                       .state = node[5].text() == "1" ? State::left : State::unsure,
                       .lanes = node[6].is_nil() ? std::nullopt : read_lane_list(node[6].view())});
    }
    return out;
}

}  // namespace uvsched::redis
