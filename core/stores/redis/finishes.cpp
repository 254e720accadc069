// Finishes that were refused: they may have been made before, or came too late.
#include "core/stores/redis/store_steps.hpp"

namespace uvsched::redis {
namespace {

// The ids of tasks that were deleted lately are kept.
constexpr Script kSettle{"settle_finishes", Script::Kind::asks, R"lua(
local outcomes = {}
for i = 1, count() do
  local name, uid, token, ending, report = args(5)
  local n, gen, kind, slot = string.match(name, '^(%d+):(%d+):(%a+):(-?%d+)$')
  local id = call('HGET', P .. 'def:' .. n, 'id')
  if not id then id = call('HGET', P .. 'gone_ids', n) end
  local begin = table.concat({uid, gen, kind, slot, ''}, ' ')
  outcomes[i] = '0'
  local rest = id and '+'
  while rest do
    local rows = call('XREVRANGE', P .. 'history:' .. id, rest, '-', 'COUNT', 200)
    rest = #rows == 200 and '(' .. rows[200][1]
    for _, entry in ipairs(rows) do
      local row = entry[2][2]
      if string.sub(row, 1, #begin) == begin then
        local state, its_token = string.match(row, '^' .. string.rep('%S+ ', 8) .. '(%S+) %S+ %S+ %S+ %S+ (%S+)')
        if its_token and its_token ~= '0' then
          rest = nil
          if its_token == token and state == ending then
            outcomes[i] = '1'
          else
            call('HSET', P .. 'late', string.match(entry[1], '^%d+'), report)
          end
          break
        end
      end
    end
  end
end
return table.concat(outcomes)
)lua"};

std::string report_of(const Finish& finish) {
    if (!finish.result.empty()) return finish.result;
    return finish.error.empty() ? state_text(finish.state) : finish.error;
}

}  // namespace

// One node only held the fire under this token; it may have joined anew since.
void settle_refused(Database& db, std::vector<Finish>& finishes) {
    std::vector<Finish*> refused;
    for (Finish& finish : finishes) {
        if (finish.outcome == Outcome::refused) refused.push_back(&finish);
    }
    if (refused.empty()) return;
    Words words = db.asking(kSettle);
    words.add(refused.size());
    for (const Finish* const finish : refused) {
        add_fire(words, finish->fire);
        words.add(state_text(finish->state)).add(report_of(*finish));
    }
    const Answer answer = db.run(kSettle, words, Sends::changes);
    const std::string_view outcomes = answer.reply().view();
    for (std::size_t i = 0; i < refused.size() && i < outcomes.size(); ++i) {
        if (outcomes[i] == '1') refused[i]->outcome = Outcome::done;
    }
}

}  // namespace uvsched::redis
