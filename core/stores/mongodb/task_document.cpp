#include "core/stores/mongodb/task_document.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/ledger/fire_rules.hpp"
#include "core/plan/planner.hpp"

namespace uvsched::mongodb {
namespace {

constexpr const char* kTaskNames[] = {"_id",    "lane",      "def_hash", "uid", "gen",   "rev",  "clk",
                                      "anchor", "next_slot", "next_due", "hwm", "state", "runs", "fires"};
constexpr const char* kFireNames[] = {"_id",     "gen",     "kind",       "slot",       "last_slot", "to_wall",
                                      "folded",  "exact",   "state",      "lane",       "owner",     "token",
                                      "attempt", "crashes", "claimed_at", "started_at", "ready_at"};
constexpr const char* kDefinitionNames[] = {"id", "format", "def", "quarantine", "uid"};

template <class Inner>
Document or_null(const std::optional<Inner>& value) {
    return value ? Document(static_cast<std::int64_t>(*value)) : Document();
}

Document stored_fire(const OpenRow& row) {
    if (!row.readable()) return row.stored;
    const FireRow& fire = row.fire;
    return {{"uid", static_cast<std::int64_t>(row.uid)},
            {"gen", fire.gen},
            {"kind", kind_text(fire.kind)},
            {"slot", fire.slot},
            {"last_slot", fire.last_slot},
            {"folded", fire.folded},
            {"exact", fire.exact},
            {"state", state_text(fire.state)},
            {"ready_at", or_null(fire.ready_at)},
            {"owner", or_null(node_or_null(fire.owner))},
            {"token", static_cast<std::int64_t>(fire.token)},
            {"attempt", fire.attempt},
            {"crashes", fire.crashes},
            {"claim_id", row.claim},
            {"claimed_at", or_null(time_or_null(fire.claimed_at))},
            {"started_at", or_null(time_or_null(fire.started_at))}};
}

// In the order in which they become ready, and are told.
auto order_of(const OpenRow& row) { return std::tuple(row.fire.gen, row.fire.slot, row.fire.kind); }

}  // namespace

std::int64_t DocumentRow::integer(int column) const {
    const Document& value = at(column);
    if (value.is_null()) return 0;
    if (value.is_boolean()) return truth(value) ? 1 : 0;
    constexpr std::int64_t kOdd = INT64_MIN + 1;
    const std::int64_t number = whole(value, kOdd);
    if (number == kOdd) throw Unreadable(std::string(names_[column]) + ": not a whole number");
    return number;
}

std::string_view DocumentRow::view(int column) const {
    const Document& value = at(column);
    if (!value.is_null() && !value.is_string()) throw Unreadable(std::string(names_[column]) + ": not a text");
    return text_of(value);
}

std::shared_ptr<const Definition> definition_in(const Document& task) {
    return read_definition(DocumentRow(task, kDefinitionNames), static_cast<Uid>(whole(member(task, "uid"))));
}

OpenRow read_open_row(const Document& stored, TaskNumber task, LaneNumber lane) {
    OpenRow out;
    try {
        if (!stored.is_object()) throw Unreadable("open: not a document");
        out.fire = read_fire(DocumentRow(stored, kFireNames));
        out.uid = static_cast<Uid>(whole(member(stored, "uid")));
        out.claim = whole(member(stored, "claim_id"));
    } catch (const Unreadable& error) {
        out.why = error;
        out.stored = stored;
    }
    out.fire.task = task;
    out.fire.lane = lane;
    return out;
}

TaskDocument::TaskDocument(Document stored)
    : stored_(std::move(stored)), now_(stored_), number_(whole(member(stored_, "_id"))) {
    read_fires();
    if (is_gone()) return;
    try {
        Document row = now_;
        row["fires"] = fires_.size();
        row_ = read_task(DocumentRow(row, kTaskNames));
    } catch (const Unreadable& error) {
        why_ = error;
    }
}

TaskDocument::TaskDocument(TaskNumber number, const std::string& id) : number_(number), new_(true), row_(TaskRow()) {
    now_ = {{"_id", number}, {"key", id}, {"id", id}, {"gone", false}};
    row_->number = number;
}

void TaskDocument::read_fires() {
    const Document& open = member(now_, "open");
    if (!open.is_array()) return;
    for (const Document& fire : open) fires_.push_back(read_open_row(fire, number_, lane()));
}

const TaskRow& TaskDocument::row() const {
    if (row_) return *row_;
    throw why_ ? *why_ : Unreadable("the task was deleted");
}

TaskRow& TaskDocument::change() {
    static_cast<void>(row());
    row_changed_ = true;
    return *row_;
}

void TaskDocument::set_definition(const std::string& text, std::uint64_t hash, std::int32_t max_instances) {
    now_["format"] = kDefinitionFormat;
    now_["def"] = text;
    now_["def_hash"] = static_cast<std::int64_t>(hash);
    now_["quarantine"] = nullptr;
    now_["max_instances"] = max_instances;
}

OpenRow* TaskDocument::find(const FireRef& fire) {
    const auto found = std::ranges::find_if(fires_, [&](const OpenRow& each) {
        return each.readable() && each.fire.token == fire.token && each.key() == fire.key;
    });
    return found == fires_.end() ? nullptr : &*found;
}

OpenRow* TaskDocument::find_held(const FireRef& fire, NodeNumber owner) {
    OpenRow* const found = find(fire);
    return found != nullptr && found->fire.owner == owner && is_held(found->fire.state) ? found : nullptr;
}

std::optional<Unreadable> TaskDocument::fault() const {
    if (why_) return why_;
    for (const OpenRow& each : fires_) {
        if (each.why) return each.why;
    }
    try {
        static_cast<void>(definition_in(now_));
    } catch (const Unreadable& error) {
        return error;
    }
    return std::nullopt;
}

// ---- what becomes of fires ----

void TaskDocument::open(OpenRow fire) {
    fire.fire.task = number_;
    fires_.push_back(std::move(fire));
}

void TaskDocument::end(OpenRow& row, const Ending& how) {
    const FireRow& fire = row.fire;
    endings_.push_back({{"task_id", id()},
                        {"uid", static_cast<std::int64_t>(row.uid)},
                        {"gen", fire.gen},
                        {"kind", kind_text(fire.kind)},
                        {"slot", fire.slot},
                        {"first", fire.first_at()},
                        {"last", fire.last_at()},
                        {"folded", fire.folded},
                        {"exact", fire.exact},
                        {"state", state_text(how.state)},
                        {"reason", reason_text(how.reason)},
                        {"attempt", fire.attempt},
                        {"crashes", how.crashes.value_or(fire.crashes)},
                        {"owner", how.owner_label},
                        {"token", static_cast<std::int64_t>(fire.token)},
                        {"claimed_at", or_null(time_or_null(fire.claimed_at))},
                        {"started_at", or_null(time_or_null(how.started_at))},
                        {"finished_at", how.finished_at},
                        {"result", how.result},
                        {"error", how.error}});
    fires_.erase(fires_.begin() + (&row - fires_.data()));
}

void TaskDocument::free(OpenRow& row, Instant ready_at) {
    FireRow& fire = row.fire;
    fire.state = FireState::ready;
    fire.ready_at = ready_at;
    fire.owner = 0;
    ++fire.token;
    fire.claimed_at = fire.started_at = 0;
    told = true;
}

void TaskDocument::count_runs(int times) {
    if (!row_ || times == 0) return;
    std::int64_t& runs = change().state.runs;
    if (runs < kMostCount) runs = std::max<std::int64_t>(0, runs + times);
}

void TaskDocument::promote(Instant ready_at) {
    if (!row_) return;
    std::vector<OpenRow*> waiting;
    std::int64_t under_way = 0;
    for (OpenRow& each : fires_) {
        if (each.readable() && each.fire.state == FireState::waiting) {
            waiting.push_back(&each);
        } else {
            ++under_way;
        }
    }
    std::ranges::sort(waiting, {}, [](const OpenRow* each) { return order_of(*each); });
    const auto many =
        promotable(static_cast<std::int64_t>(waiting.size()), under_way, whole(member(now_, "max_instances"), 1));
    for (std::int64_t i = 0; i < many && lane() > 0; ++i) free(*waiting[static_cast<std::size_t>(i)], ready_at);
    const TaskState& state = row_->state;
    if (!waiting.empty() || state.status != TaskStatus::active || !state.next_due || !state.next_slot) return;
    if (*state.next_due <= *state.next_slot || !between_pieces(*state.next_slot, state.hwm)) return;
    change().state.next_due = state.next_slot;
    told = true;
}

std::vector<Dropped> TaskDocument::skip_unstarted(Reason reason, Instant now, const std::string& name,
                                                  const std::function<std::string(NodeNumber)>& label) {
    std::vector<Dropped> out;
    std::ranges::stable_sort(fires_, {}, order_of);
    for (std::size_t i = 0; i < fires_.size();) {
        OpenRow& row = fires_[i];
        if (!row.readable() || !ends_unstarted(row.fire.state, row.fire.kind, reason)) {
            ++i;
            continue;
        }
        out.push_back({.id = id(),
                       .name = name,
                       .miss = {.state = FireState::skipped,
                                .reason = reason,
                                .first = row.fire.first_at(),
                                .last = row.fire.last_at(),
                                .count = row.fire.folded,
                                .exact = row.fire.exact},
                       .fire = row.key()});
        end(row,
            {.state = FireState::skipped, .reason = reason, .finished_at = now, .owner_label = label(row.fire.owner)});
    }
    return out;
}

void TaskDocument::add_miss(Uid uid, std::uint32_t gen, const PlannedMiss& miss, Instant now,
                            const std::string& error) {
    endings_.push_back({{"task_id", id()},
                        {"uid", static_cast<std::int64_t>(uid)},
                        {"gen", gen},
                        {"kind", kind_text(FireKind::scheduled)},
                        {"slot", miss.first},
                        {"first", miss.first},
                        {"last", miss.last},
                        {"folded", miss.count},
                        {"exact", miss.exact},
                        {"state", state_text(miss.state)},
                        {"reason", reason_text(miss.reason)},
                        {"finished_at", now},
                        {"error", error}});
}

void TaskDocument::remove() {
    row_.reset();
    why_.reset();
    now_["key"] = "\n" + std::to_string(number_);  // no id has the end of a line in it
    now_["gone"] = true;
    now_["lane"] = 0;
    for (const char* const name : {"def", "declared", "quarantine", "next_due"}) now_[name] = nullptr;
    now_["at_start"] = false;
    std::erase_if(fires_, [](const OpenRow& each) { return !each.readable(); });
}

void TaskDocument::empty() {
    fires_.clear();
    row_ = TaskRow();
    row_->number = number_;
    row_changed_ = true;
    why_.reset();
}

// ---- writing ----

std::vector<Document> TaskDocument::ended() const {
    std::vector<Document> out;
    const Document& before = member(stored_, "ended");
    if (before.is_array()) out.assign(before.begin(), before.end());
    out.insert(out.end(), endings_.begin(), endings_.end());
    return out;
}

bool TaskDocument::is_over() const { return is_gone() && fires_.empty() && ended().empty(); }

void TaskDocument::put_row() {
    const TaskState& state = row_->state;
    now_["lane"] = row_->lane;
    now_["def_hash"] = static_cast<std::int64_t>(row_->definition_hash);
    now_["uid"] = static_cast<std::int64_t>(state.uid);
    now_["gen"] = state.gen;
    now_["rev"] = static_cast<std::int64_t>(state.rev);
    now_["clk"] = clock_text(state.clock);
    now_["anchor"] = state.anchor;
    now_["next_slot"] = or_null(state.next_slot);
    now_["next_due"] = or_null(state.next_due);
    now_["hwm"] = or_null(mark_or_null(state.hwm));
    now_["state"] = status_text(state.status);
    now_["runs"] = state.runs;
}

Document TaskDocument::changes() {
    if (row_ && (row_changed_ || new_)) put_row();
    Document open = Document::array();
    std::optional<Instant> first;
    for (const OpenRow& each : fires_) {
        open.push_back(stored_fire(each));
        if (!each.readable() || each.fire.state != FireState::ready) continue;
        first = std::min(first.value_or(*each.fire.ready_at), *each.fire.ready_at);
    }
    const std::vector<Document> all = ended();
    now_["open"] = std::move(open);
    now_["ready_at"] = or_null(first);
    now_["ended"] = all;
    now_["half"] = !all.empty();
    if (new_) return now_;
    Document out = Document::object();
    for (const auto& [name, value] : now_.items()) {
        if (member(stored_, name) != value) out[name] = value;
    }
    return out.empty() ? Document() : out;
}

Document TaskDocument::stamps(std::int64_t stamp, std::int64_t most) const {
    Document out = member(stored_, "stamps");
    if (!out.is_array()) out = Document::array();
    while (static_cast<std::int64_t>(out.size()) >= most) out.erase(out.begin());
    out.push_back(stamp);
    return out;
}

void TaskDocument::written(std::int64_t version) {
    now_["version"] = version;
    stored_ = now_;
    endings_.clear();
    new_ = false;
}

}  // namespace uvsched::mongodb
