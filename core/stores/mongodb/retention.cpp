// Old history goes, a bounded piece at a time: first by age, then by number for each task.
#include "core/stores/mongodb/store_steps.hpp"

namespace uvsched::mongodb {
namespace {

constexpr int kRowsAtOnce = 500;
constexpr int kGrownAtOnce = 20;

// Rows that a query finds, in such an order; the number of them.
std::size_t delete_rows(Database& db, Document filter, Document rest) {
    rest["projection"] = {{"_id", 1}};
    rest["limit"] = kRowsAtOnce;
    Document ids = Document::array();
    for (const Document& row : db.find(db.names.history, std::move(filter), std::move(rest))) {
        ids.push_back(member(row, "_id"));
    }
    if (ids.empty()) return 0;
    const std::size_t many = ids.size();
    Document query;
    query["_id"]["$in"] = std::move(ids);
    const Document one{{"q", std::move(query)}, {"limit", 0}};
    static_cast<void>(db.run(
        {{"delete", db.names.history}, {"deletes", Document::array({one})}, {"writeConcern", kept_by_majority()}},
        Sends::changes));
    return many;
}

bool delete_by_age(Database& db, Instant now) {
    if (db.retention.age <= 0) return false;
    Document filter;
    filter["finished_at"]["$lt"] = saturating_sub(now, db.retention.age);
    return delete_rows(db, std::move(filter), {{"sort", {{"finished_at", 1}}}}) > 0;
}

// Once after an opening, which may keep fewer than the last one did, of all tasks.
void count_all(Database& db) {
    Document group;
    group["$group"] = {{"_id", "$task_id"}, {"rows", {{"$sum", 1}}}};
    Document match;
    match["$match"]["rows"]["$gt"] = db.retention.per_task;
    const Document pipeline = Document::array({group, match});
    for (const Document& found : db.ask({{"aggregate", db.names.history}, {"pipeline", pipeline}})) {
        db.grown.emplace(text_of(member(found, "_id")));
    }
    db.counted = true;
}

// False when there is no more to do.
bool delete_by_number(Database& db) {
    if (db.retention.per_task <= 0) {
        db.grown.clear();
        return false;
    }
    if (!db.counted) count_all(db);
    for (int tasks = 0; tasks < kGrownAtOnce && !db.grown.empty(); ++tasks) {
        const Document rest{{"sort", {{"seq", -1}}}, {"skip", db.retention.per_task}};
        if (delete_rows(db, {{"task_id", *db.grown.begin()}}, rest) == kRowsAtOnce) return true;
        db.grown.erase(db.grown.begin());
    }
    return !db.grown.empty();
}

}  // namespace

bool prune_piece(Database& db, Instant now) { return delete_by_age(db, now) || delete_by_number(db); }

}  // namespace uvsched::mongodb
