// What has ended, from new to old: of one task, or of all by the rows' numbers.
#include "core/stores/mongodb/store_steps.hpp"

namespace uvsched::mongodb {
namespace {

// In the order of read_history().
constexpr const char* kNames[] = {"seq",     "task_id", "uid",        "gen",        "kind",       "slot",
                                  "first",   "last",    "folded",     "exact",      "state",      "reason",
                                  "attempt", "crashes", "owner",      "claimed_at", "started_at", "finished_at",
                                  "result",  "error",   "late_result"};

// History is for people: what is no number is 0, and what is no text is none.
class StoredRow final : public RowView {
public:
    explicit StoredRow(const Document& row) : row_(row) {}
    [[nodiscard]] bool is_null(int column) const override { return at(column).is_null(); }
    [[nodiscard]] std::int64_t integer(int column) const override {
        return at(column).is_boolean() ? static_cast<std::int64_t>(truth(at(column))) : whole(at(column));
    }
    [[nodiscard]] std::string_view view(int column) const override { return text_of(at(column)); }

private:
    [[nodiscard]] const Document& at(int column) const { return member(row_, kNames[column]); }
    const Document& row_;
};

}  // namespace

std::vector<HistoryRow> history(Database& db, const HistoryQuery& query) {
    std::vector<HistoryRow> out;
    if (query.limit == 0) return out;
    Document filter = Document::object();
    filter["seq"]["$lt"] = query.before;
    if (!query.task_id.empty()) filter["task_id"] = query.task_id;
    if (query.state) filter["state"] = state_text(*query.state);
    const Document rest{{"sort", {{"seq", -1}}}, {"limit", query.limit}};
    for (const Document& row : db.find(db.names.history, filter, rest)) {
        out.push_back(read_history(StoredRow(row), db.store_hash));
    }
    return out;
}

}  // namespace uvsched::mongodb
