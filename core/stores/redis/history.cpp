// What has ended, from new to old: of one task, or of all by the rows' numbers.
#include <array>

#include "core/stores/redis/store_steps.hpp"

namespace uvsched::redis {
namespace {

constexpr std::size_t kScannedAtOnce = 1'000;  // rows that may be of another state

constexpr Script kHistory{"history", Script::Kind::asks, R"lua(
local id, state, from, most, scanned = arg(), arg(), arg(), count(), count()
local key, out, last = P .. 'history' .. (id == '' and '' or ':' .. id), {}, ''
local entries = call('XREVRANGE', key, from, '-', 'COUNT', scanned)
for _, entry in ipairs(entries) do
  last = entry[1]
  local fields, of = entry[2], id
  if id == '' then
    of = fields[2]
    local row = call('XRANGE', P .. 'history:' .. of, last, last)[1]
    fields = row and row[2]
  end
  if fields and (state == '' or string.match(fields[2], '^' .. string.rep('%S+ ', 8) .. '(%S+)') == state) then
    local row = string.match(last, '^%d+')
    out[#out + 1] = {row, of, fields[2], fields[4], fields[6], fields[8], call('HGET', P .. 'late', row)}
    if #out == most then break end
  end
end
return {#out < most and #entries == scanned and last or '', out}
)lua"};

// seq, task id, the parts of a row (ledger_script.cpp), label, result, error and late result, in the columns of
// read_history().
class StoredRow final : public RowView {
public:
    explicit StoredRow(const Reply& reply) {
        constexpr std::array kPlaces{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, -1, 15, 16, 17};
        columns_[0] = reply[0].view();
        columns_[1] = reply[1].view();
        std::string_view rest = reply[2].view();
        for (const int place : kPlaces) {
            const std::string_view part = rest.substr(0, rest.find(' '));
            rest.remove_prefix(std::min(part.size() + 1, rest.size()));
            if (place > 0 && part != "-") columns_[static_cast<std::size_t>(place)] = part;
        }
        if (!reply[3].view().empty()) columns_[14] = reply[3].view();  // the label, in the place of the number
        columns_[18] = reply[4].view();
        columns_[19] = reply[5].view();
        columns_[20] = reply[6].view();
    }
    [[nodiscard]] bool is_null(int column) const override { return view(column).empty(); }
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] std::string_view view(int column) const override {
        return columns_[static_cast<std::size_t>(column)];
    }

private:
    std::array<std::string_view, 21> columns_;
};

// History is for people: what is no number is 0.
std::int64_t StoredRow::integer(int column) const { return number_of(view(column)).value_or(0); }

}  // namespace

std::vector<HistoryRow> history(Database& db, const HistoryQuery& query) {
    std::vector<HistoryRow> out;
    if (query.before <= 0) return out;
    std::string from = "(" + std::to_string(query.before) + "-0";
    while (out.size() < query.limit && !from.empty()) {
        const std::size_t wanted = query.limit - out.size();
        Words words = db.asking(kHistory);
        words.add(query.task_id).add(query.state ? state_text(*query.state) : "").add(from).add(wanted);
        words.add(query.state ? kScannedAtOnce : std::min(wanted, kScannedAtOnce));
        const Answer answer = db.run(kHistory, words);
        for (std::size_t i = 0; i < answer[1].size(); ++i) {
            out.push_back(read_history(StoredRow(answer[1][i]), db.store_hash));
        }
        from = answer[0].view().empty() ? std::string() : "(" + answer[0].text();
    }
    return out;
}

}  // namespace uvsched::redis
