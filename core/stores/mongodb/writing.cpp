// How tasks are written. A task is one document, which is written whole and only if its version is still the one that
// was read: what one node decided by is what is there.
//
// What ends goes to the history in three steps, each of which may be the last one of a process: it leaves the task's
// open fires for its rows that are half way there (the fence), it is inserted into the history under an id of its own,
// and it leaves the task. Whoever meets a task that is half way makes the rest, and finds what is done already.
#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/stores/again.hpp"
#include "core/stores/mongodb/database.hpp"
#include "core/stores/mongodb/pieces.hpp"

namespace uvsched::mongodb {
namespace {

constexpr int kTries = 30;
constexpr std::int64_t kStamps = 16;  // of the last ones that wrote a task

}  // namespace

std::vector<TaskDocument> Database::read_tasks(Document filter, Document rest) {
    std::vector<TaskDocument> out;
    for (Document& found : find(names.tasks, std::move(filter), std::move(rest))) out.emplace_back(std::move(found));
    return out;
}

std::size_t Database::rewrite(Document filter, const std::function<void(TaskDocument&)>& change, const Document& rest) {
    std::size_t found = 0;
    for (int tries = 0;; ++tries) {
        std::vector<TaskDocument> tasks = read_tasks(filter, rest);
        if (tries == 0) found = tasks.size();
        std::vector<TaskDocument*> all;
        for (TaskDocument& task : tasks) {
            change(task);
            all.push_back(&task);
        }
        const std::set<TaskNumber> failed = write(all);
        if (failed.empty()) return found;
        if (tries >= kTries) fail(Code::store, session.message("other nodes were in the way each time"));
        filter["_id"] = one_of(failed);
        step_aside(tries);
    }
}

// Rows of one call have numbers in their order.
void Database::number_endings(const std::vector<TaskDocument*>& tasks) {
    std::size_t many = 0;
    for (TaskDocument* const task : tasks) many += task->endings().size();
    if (many == 0) return;
    std::int64_t seq = whole(draw("seq", many)) - static_cast<std::int64_t>(many);
    for (TaskDocument* const task : tasks) {
        for (Document& row : task->endings()) {
            FireKey key{.uid = static_cast<Uid>(whole(member(row, "uid"))),
                        .gen = static_cast<std::uint32_t>(whole(member(row, "gen"))),
                        .slot = whole(member(row, "slot"))};
            static_cast<void>(kind_from_text(text_of(member(row, "kind")), key.kind));
            const bool is_fire = row.contains("token");
            row["seq"] = ++seq;
            row["_id"] = std::string(fire_id(store_hash, key).data()) + (is_fire ? "" : "-" + std::to_string(seq));
        }
        if (!task->endings().empty()) grown.insert(task->id());
    }
}

std::set<TaskNumber> Database::write(const std::vector<TaskDocument*>& tasks) {
    number_endings(tasks);
    std::vector<TaskDocument*> inserted;
    std::vector<TaskDocument*> over;
    std::vector<std::pair<TaskDocument*, Document>> updated;
    std::vector<const TaskDocument*> half;
    for (TaskDocument* const task : tasks) {
        if (task->is_new()) {
            inserted.push_back(task);
        } else if (task->is_over()) {
            over.push_back(task);
        } else if (Document changes = task->changes(); !changes.is_null()) {
            updated.emplace_back(task, std::move(changes));
        }
    }
    std::set<TaskNumber> failed;
    insert(inserted, failed);
    update(updated, failed);
    erase(over, failed);
    bool told = false;
    for (TaskDocument* const task : tasks) {
        if (failed.contains(task->number())) continue;
        told = told || task->told;
        if (!task->ended().empty()) half.push_back(task);
    }
    bring_to_history(half);
    if (told) {
        tell();
        ++shared->own_changes;
    }
    return failed;
}

void Database::insert(const std::vector<TaskDocument*>& tasks, std::set<TaskNumber>& failed) {
    std::vector<Document> documents;
    for (TaskDocument* const task : tasks) {
        documents.push_back(task->changes());
        documents.back()["version"] = 1;
    }
    in_pieces(std::move(documents), [&](Document piece, std::size_t first) {
        const std::size_t size = piece.size();
        const Document answer = run({{"insert", names.tasks},
                                     {"documents", std::move(piece)},
                                     {"ordered", false},
                                     {"writeConcern", kept_by_majority()}},
                                    Sends::changes);
        std::set<std::size_t> duplicates;
        for (const Document& error : member(answer, "writeErrors")) {
            if (whole(member(error, "code")) != kDuplicateKey) {
                throw Refused(session.message(std::string(text_of(member(error, "errmsg")))));
            }
            duplicates.insert(static_cast<std::size_t>(whole(member(error, "index"))));
        }
        for (std::size_t i = 0; i < size; ++i) {
            TaskDocument& task = *tasks[first + i];
            if (duplicates.contains(i)) {
                failed.insert(task.number());
            } else {
                task.written(1);
                ++written;
            }
        }
    });
}

void Database::update(const std::vector<std::pair<TaskDocument*, Document>>& tasks, std::set<TaskNumber>& failed) {
    std::vector<Document> statements;
    const auto stamp = static_cast<std::int64_t>(++stamp_ & INT64_MAX);
    for (const auto& [task, changes] : tasks) {
        Document set = changes;
        set["version"] = task->version() + 1;
        set["stamps"] = task->stamps(stamp, kStamps);
        Document change;
        change["$set"] = std::move(set);
        statements.push_back(
            {{"q", {{"_id", task->number()}, {"version", task->version()}}}, {"u", std::move(change)}});
    }
    std::set<TaskNumber> done;
    in_pieces(std::move(statements), [&](Document piece, std::size_t first) {
        const std::size_t size = piece.size();
        const Document answer = run({{"update", names.tasks},
                                     {"updates", std::move(piece)},
                                     {"ordered", false},
                                     {"writeConcern", kept_by_majority()}},
                                    Sends::changes);
        const auto matched = static_cast<std::size_t>(whole(member(answer, "n")));
        if (matched > 0) ++written;
        for (const Document& error : member(answer, "writeErrors")) {
            throw Refused(session.message(std::string(text_of(member(error, "errmsg")))));
        }
        Document numbers = Document::array();
        for (std::size_t i = first; i < first + size; ++i) numbers.push_back(tasks[i].first->number());
        if (matched == size) {
            for (const Document& number : numbers) done.insert(whole(number));
            return;
        }
        // Which of them, the answer does not say. Others may have written them again by now.
        Document filter;
        filter["_id"]["$in"] = std::move(numbers);
        const Document shown{{"version", 1}, {"stamps", 1}};
        std::unordered_map<TaskNumber, Document> found;
        for (Document& each : find(names.tasks, filter, {{"projection", shown}})) {
            found.emplace(whole(member(each, "_id")), std::move(each));
        }
        for (std::size_t i = first; i < first + size; ++i) {
            const TaskDocument& task = *tasks[i].first;
            const auto there = found.find(task.number());
            if (there == found.end()) continue;  // somebody deleted it, and what was under way of it ended
            const Document& stamps = member(there->second, "stamps");
            if (std::ranges::find(stamps, Document(stamp)) != stamps.end()) {
                done.insert(task.number());
            } else if (whole(member(there->second, "version")) - task.version() > kStamps) {
                throw MaybeDone(session.message("other nodes wrote the same task many times meanwhile"));
            }
        }
    });
    for (const auto& [task, changes] : tasks) {
        if (done.contains(task->number())) {
            task->written(task->version() + 1);
        } else {
            failed.insert(task->number());
        }
    }
}

// One that is not there any more has been deleted, by whomever.
void Database::erase(const std::vector<TaskDocument*>& tasks, std::set<TaskNumber>& failed) {
    std::vector<Document> statements;
    for (const TaskDocument* const task : tasks) {
        statements.push_back({{"q", {{"_id", task->number()}, {"version", task->version()}}}, {"limit", 1}});
    }
    in_pieces(std::move(statements), [&](Document piece, std::size_t first) {
        const std::size_t size = piece.size();
        const Document answer = run({{"delete", names.tasks},
                                     {"deletes", std::move(piece)},
                                     {"ordered", false},
                                     {"writeConcern", kept_by_majority()}},
                                    Sends::changes);
        const auto matched = static_cast<std::size_t>(whole(member(answer, "n")));
        if (matched > 0) ++written;
        if (matched == size) return;
        Document numbers = Document::array();
        for (std::size_t i = first; i < first + size; ++i) numbers.push_back(tasks[i]->number());
        Document filter;
        filter["_id"]["$in"] = std::move(numbers);
        for (const Document& found : find(names.tasks, filter, {{"projection", {{"_id", 1}}}})) {
            failed.insert(whole(member(found, "_id")));
        }
    });
}

void Database::bring_to_history(const std::vector<const TaskDocument*>& tasks) {
    if (tasks.empty()) return;
    std::vector<Document> rows;
    for (const TaskDocument* const task : tasks) {
        for (Document& row : task->ended()) rows.push_back(std::move(row));
    }
    std::string refused_row;
    in_pieces(std::move(rows), [&](Document piece, std::size_t) {
        const Document answer = run({{"insert", names.history},
                                     {"documents", std::move(piece)},
                                     {"ordered", false},
                                     {"writeConcern", kept_by_majority()}},
                                    Sends::changes);
        for (const Document& error : member(answer, "writeErrors")) {
            if (whole(member(error, "code")) == kDuplicateKey) continue;  // it was there already
            refused_row = text_of(member(error, "errmsg"));
        }
    });
    if (!refused_row.empty()) throw Refused(session.message(refused_row));
    std::vector<Document> cleared;
    std::vector<Document> deleted;
    for (const TaskDocument* const task : tasks) {
        const Document query{{"_id", task->number()}, {"version", task->version()}};
        const Document& open = member(task->now(), "open");
        if (task->is_gone() && (!open.is_array() || open.empty())) {
            deleted.push_back({{"q", query}, {"limit", 1}});
            continue;
        }
        Document change;
        change["$set"] = {{"ended", Document::array()}, {"half", false}, {"version", task->version() + 1}};
        cleared.push_back({{"q", query}, {"u", std::move(change)}});
    }
    // Where somebody was faster, whoever writes the task next does it.
    for (const auto& [name, list, statements] :
         {std::tuple("update", "updates", &cleared), std::tuple("delete", "deletes", &deleted)}) {
        in_pieces(std::move(*statements), [&, name = name, list = list](Document piece, std::size_t) {
            run({{name, names.tasks},
                 {list, std::move(piece)},
                 {"ordered", false},
                 {"writeConcern", kept_by_majority()}},
                Sends::changes);
        });
    }
}

void Database::bring_to_history() {
    for (int tries = 0; tries < kTries; ++tries) {
        const std::vector<TaskDocument> tasks = read_tasks({{"half", true}}, {{"limit", kAtOnce}});
        if (tasks.empty()) return;
        std::vector<const TaskDocument*> all;
        for (const TaskDocument& task : tasks) all.push_back(&task);
        try {
            bring_to_history(all);
        } catch (const Refused&) {
            return;  // whoever writes that task next has to do with it
        }
    }
}

}  // namespace uvsched::mongodb
