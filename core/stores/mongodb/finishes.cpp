// Finishes that were refused: they may have been made before, or came too late.
#include <unordered_map>

#include "core/stores/mongodb/store_steps.hpp"

namespace uvsched::mongodb {
namespace {

std::string report_of(const Finish& finish) {
    if (!finish.result.empty()) return finish.result;
    return finish.error.empty() ? state_text(finish.state) : finish.error;
}

}  // namespace

// One node only held the fire under this token; it may have joined anew since.
void settle_refused(Database& db, std::vector<Finish>& finishes) {
    std::unordered_map<std::string, Finish*> refused;
    Document ids = Document::array();
    for (Finish& finish : finishes) {
        if (finish.outcome != Outcome::refused) continue;
        const std::string id = fire_id(db.store_hash, finish.fire.key).data();
        if (refused.emplace(id, &finish).second) ids.push_back(id);
    }
    if (refused.empty()) return;
    Document filter;
    filter["_id"]["$in"] = std::move(ids);
    Document late = Document::array();
    for (const Document& row : db.find(db.names.history, filter, {{"projection", {{"state", 1}, {"token", 1}}}})) {
        Finish& finish = *refused.at(std::string(text_of(member(row, "_id"))));
        const bool same = static_cast<std::uint64_t>(whole(member(row, "token"))) == finish.fire.token &&
                          text_of(member(row, "state")) == state_text(finish.state);
        if (same) {
            finish.outcome = Outcome::done;
            continue;
        }
        Document change;
        change["$set"]["late_result"] = report_of(finish);
        Document query;
        query["_id"] = member(row, "_id");
        late.push_back({{"q", std::move(query)}, {"u", std::move(change)}});
    }
    if (late.empty()) return;
    static_cast<void>(
        db.run({{"update", db.names.history}, {"updates", std::move(late)}, {"writeConcern", kept_by_majority()}},
               Sends::changes));
}

}  // namespace uvsched::mongodb
