// What a claim has made whose answer was lost.
#include <algorithm>

#include "core/ledger/fire_rules.hpp"
#include "core/stores/redis/store_steps.hpp"

namespace uvsched::redis {
namespace {

constexpr Script kRecall{"recall", Script::Kind::asks, R"lua(
local node, n, claim = arg(), arg(), arg()
if call('SISMEMBER', P .. 'nodes', node) == 0 then return redis.error_reply('UVNODE is not a node') end
local fires = {}
for _, name in ipairs(names_of(n)) do
  local text = call('HGET', P .. 'fires', name) or ''
  local of = string.match(text, '^' .. string.rep('%S+ ', 11) .. '(%S+) ')
  if of == claim then fires[#fires + 1] = {name, text} end
end
return {task_row(n), fires}
)lua"};

}  // namespace

void recall(Database& db, Claim& claim) {
    claim.outcome = Outcome::refused;
    claim.fires.clear();
    claim.asking = {};
    Words words = db.asking(kRecall);
    words.add(db.node).add(claim.task).add(claim.id);
    const Answer answer = db.run(kRecall, words);
    if (answer[0][1].is_nil()) return;
    try {
        const TaskRow task = read_task(TaskText(answer[0]));
        const StoredTask stored = db.definitions_of({task}).stored(task);
        bool made = claim.plan.runs.empty() && is_as_planned(claim.plan, claim.rev, task.state);
        for (std::size_t i = 0; i < answer[1].size(); ++i) {
            const Reply fire = answer[1][i];
            const FireRow row = read_fire(FireText(fire[0].view(), fire[1].view()));
            made = true;
            if (!is_held(row.state) || row.owner != db.node) continue;
            claim.fires.push_back(open_fire(row, task.state.uid));
            claim.fires.back().task = stored;
        }
        std::ranges::sort(claim.fires, {}, [](const OpenFire& fire) { return fire.key.slot; });
        if (made) claim.outcome = Outcome::done;
    } catch (const Unreadable&) {
        claim.fires.clear();  // the next look sets the task apart
    }
}

}  // namespace uvsched::redis
