// Old history goes, a bounded piece at a time: first by age, then by number for each task.
#include "core/stores/redis/store_steps.hpp"

namespace uvsched::redis {
namespace {

constexpr int kRowsAtOnce = 500;
constexpr int kTasksAtOnce = 500;
constexpr int kCrowdedAtOnce = 50;

// Rows lie nearly in the order in which they ended, so the oldest are enough to look at; and if some of those are
// young, so are the others.
constexpr Script kByAge{"prune_by_age", Script::Kind::asks, R"lua(
local before, most, deleted, from, young = count(), count(), 0, '-', false
while deleted < most and not young do
  local entries = call('XRANGE', P .. 'history', from, '+', 'COUNT', 25)
  young = true
  for _, entry in ipairs(entries) do
    local key = P .. 'history:' .. entry[2][2]
    local row = call('XRANGE', key, entry[1], entry[1])[1]
    if not row or number(string.match(row[2][2], '^.* (%S+)$')) < before then
      call('XDEL', P .. 'history', entry[1])
      call('XDEL', key, entry[1])
      call('HDEL', P .. 'late', string.match(entry[1], '^%d+'))
      if call('XLEN', key) == 0 then
        call('DEL', key)
        call('ZREM', P .. 'recorded', entry[2][2])
      end
      deleted = deleted + 1
      young = false
    end
    from = '(' .. entry[1]
  end
end
return deleted
)lua"};

// Of the tasks whose rows have become too many since; or, once after an opening, which may keep fewer than the last one
// did, of all of them.
constexpr Script kByNumber{"prune_by_number", Script::Kind::asks, R"lua(
local all, last, keep, tasks, most, deleted = arg() == '1', arg(), count(), count(), count(), 0
local ids = nil
if all then
  ids = call('ZRANGEBYLEX', P .. 'recorded', last == '' and '-' or '(' .. last, '+', 'LIMIT', 0, tasks)
else
  ids = call('SRANDMEMBER', P .. 'crowded', tasks)
end
for _, id in ipairs(ids) do
  local key = P .. 'history:' .. id
  local many = call('XLEN', key) - keep
  if many > 0 and deleted < most then
    local entries, rows = {}, {}
    for i, entry in ipairs(call('XRANGE', key, '-', '+', 'COUNT', math.min(many, most - deleted))) do
      entries[i], rows[i] = entry[1], string.match(entry[1], '^%d+')
    end
    call('XDEL', key, unpack(entries))
    call('XDEL', P .. 'history', unpack(entries))
    call('HDEL', P .. 'late', unpack(rows))
    deleted, many = deleted + #entries, many - #entries
  end
  if many <= 0 then call('SREM', P .. 'crowded', id) end
end
return {ids[#ids] or '', deleted}
)lua"};

std::int64_t deleted_by_age(Database& db, Instant now) {
    if (db.retention.age <= 0) return 0;
    Words words = db.asking(kByAge);
    words.add(saturating_sub(now, db.retention.age)).add(kRowsAtOnce);
    return db.run(kByAge, words, Sends::changes).reply().integer();
}

// False when there is no more to do.
bool delete_by_number(Database& db) {
    if (db.retention.per_task <= 0) return false;
    Words words = db.asking(kByNumber);
    words.add(!db.pruned_all).add(db.prune_after).add(db.retention.per_task);
    words.add(db.pruned_all ? kCrowdedAtOnce : kTasksAtOnce).add(kRowsAtOnce);
    const Answer answer = db.run(kByNumber, words, Sends::changes);
    const std::string last = answer[0].text();
    if (db.pruned_all) return !last.empty();
    if (last.empty()) db.pruned_all = true;
    if (answer[1].integer() < kRowsAtOnce) db.prune_after = last;  // else these may have more
    return true;
}

}  // namespace

bool prune_piece(Database& db, Instant now) {
    const std::int64_t old = deleted_by_age(db, now);
    return old > 0 || delete_by_number(db);
}

}  // namespace uvsched::redis
