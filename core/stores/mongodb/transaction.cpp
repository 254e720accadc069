// A wave of a batch. All tasks that it is about are read, all requests are decided on what is there, and each task is
// written for itself. Where another node was faster, the requests about that task are decided anew.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include "core/ledger/fire_rules.hpp"
#include "core/stores/again.hpp"
#include "core/stores/mongodb/store_steps.hpp"
#include "core/stores/rows/change_decisions.hpp"

namespace uvsched::mongodb {
namespace {

constexpr int kRounds = 30;
constexpr std::size_t kRemovedAtOnce = 500;

template <class Request>
std::vector<Request*> pointers(std::vector<Request>& requests) {
    std::vector<Request*> out;
    out.reserve(requests.size());
    for (Request& request : requests) out.push_back(&request);
    return out;
}

// What is not written yet.
struct Pending {
    std::vector<Start*> starts;
    std::vector<Finish*> finishes;
    std::vector<Release*> releases;
    std::vector<Add*> adds;
    std::vector<Change*> changes;
    std::vector<Remove*> removes;  // of one task
    std::vector<RunNow*> runs;
    std::vector<Take*> takes;
    std::vector<Claim*> claims;
};

class Round {
public:
    Round(Database& db, Pending& pending, Instant now) : db_(db), pending_(pending), now_(now) {}

    void read();
    void decide();
    // Leaves in `pending` what has to be decided anew; false: nothing has.
    bool write();
    // The claims that were made, as their tasks are now.
    [[nodiscard]] std::vector<Claimed> made() const;
    [[nodiscard]] bool failed(TaskNumber task) const { return failed_.contains(task); }
    [[nodiscard]] const std::vector<std::pair<TaskNumber, Instant>>& readable_again() const { return readable_again_; }

private:
    void read_by(const char* name, Document values, Document shown);
    [[nodiscard]] TaskDocument* task(TaskNumber number);
    [[nodiscard]] TaskDocument* task(const std::string& id);
    // When what becomes ready is ready: as told, where the clock is moved by hand; else the server knows.
    [[nodiscard]] Instant ready_at(Instant asked) const { return db_.clock->manual() ? asked : now_; }
    [[nodiscard]] std::function<std::string(NodeNumber)> label() {
        return [this](NodeNumber node) { return db_.label_of(node); };
    }

    void start(Start& request);
    void finish(Finish& request);
    void release(Release& request);
    void change_tasks();
    void fill_in(ChangeDecisions::Asked& asked);
    void write_miss(const ChangeDecisions::Miss& miss);
    void write_rewrite(ChangeDecisions::Rewrite& rewrite);
    void write_creation(const ChangeDecisions::Creation& creation, TaskNumber number);
    void remove(Remove& request);
    void run(RunNow& request);
    void take(Take& request);
    void claim(Claim& request);

    Database& db_;
    Pending& pending_;
    const Instant now_;
    std::map<TaskNumber, TaskDocument> tasks_;
    std::unordered_map<std::string, TaskNumber> numbers_;  // by id, of those that are not gone
    std::set<std::string> ran_;                            // fire ids of runs by hand that are over
    std::unique_ptr<ChangeDecisions> decided_;
    std::vector<std::pair<TaskNumber, Instant>> readable_again_;
    std::set<TaskNumber> failed_;
};

// ---- reading ----

void Round::read_by(const char* name, Document values, Document shown) {
    if (values.empty()) return;
    Document filter;
    filter[name]["$in"] = std::move(values);
    Document rest = Document::object();
    if (!shown.is_null()) rest["projection"] = std::move(shown);
    for (TaskDocument& found : db_.read_tasks(std::move(filter), std::move(rest))) {
        if (!found.is_gone()) numbers_[found.id()] = found.number();
        tasks_.insert_or_assign(found.number(), std::move(found));
    }
}

// Definitions are read only where they are asked for.
void Round::read() {
    std::set<TaskNumber> numbers;
    const auto add_all = [&](const auto& requests) {
        for (const auto* const request : requests) numbers.insert(request->fire.task);
    };
    add_all(pending_.starts);
    add_all(pending_.finishes);
    add_all(pending_.releases);
    add_all(pending_.takes);
    for (const Claim* const claim : pending_.claims) numbers.insert(claim->task);
    decided_ = std::make_unique<ChangeDecisions>(pending_.adds, pending_.changes);
    std::set<std::string> ids;
    for (const ChangeDecisions::Asked& asked : decided_->asked()) ids.insert(*asked.id);
    for (const Remove* const remove : pending_.removes) ids.insert(remove->id);
    for (const RunNow* const run : pending_.runs) ids.insert(run->id);
    read_by("_id", one_of(numbers)["$in"], {{"def", 0}});
    read_by("key", one_of(ids)["$in"], nullptr);
    Document asked = Document::array();
    for (const RunNow* const run : pending_.runs) {
        const TaskDocument* const there = task(run->id);
        if (there == nullptr || !there->has_row()) continue;
        const TaskState& state = there->row().state;
        asked.push_back(fire_id(db_.store_hash, {state.uid, state.gen, FireKind::manual, run->request}).data());
    }
    if (asked.empty()) return;
    Document filter;
    filter["_id"]["$in"] = std::move(asked);
    for (const Document& row : db_.find(db_.names.history, filter, {{"projection", {{"_id", 1}}}})) {
        ran_.emplace(text_of(member(row, "_id")));
    }
}

TaskDocument* Round::task(TaskNumber number) {
    const auto found = tasks_.find(number);
    return found == tasks_.end() ? nullptr : &found->second;
}

TaskDocument* Round::task(const std::string& id) {
    const auto found = numbers_.find(id);
    return found == numbers_.end() ? nullptr : task(found->second);
}

// ---- runs ----

void Round::start(Start& request) {
    TaskDocument* const there = task(request.fire.task);
    OpenRow* const fire = there == nullptr ? nullptr : there->find_held(request.fire, db_.node);
    request.outcome = fire == nullptr ? Outcome::refused : Outcome::done;
    if (fire == nullptr || fire->fire.state == FireState::running) return;
    fire->fire.state = FireState::running;
    fire->fire.started_at = request.now_wall;
    there->count_runs(1);
}

// A run counts that was called, as the fire says, or whoever ended it.
void Round::finish(Finish& request) {
    TaskDocument* const there = task(request.fire.task);
    OpenRow* const fire = there == nullptr ? nullptr : there->find_held(request.fire, db_.node);
    const bool good = fire != nullptr && may_finish(fire->fire.state, request.state);
    request.outcome = good ? Outcome::done : Outcome::refused;
    if (!good) return;
    const bool running = fire->fire.state == FireState::running;
    const bool called = request.state != FireState::missed;
    there->count_runs((called && (running || request.started_at != 0) ? 1 : 0) - (running ? 1 : 0));
    const Instant started = request.started_at != 0 ? request.started_at : fire->fire.started_at;
    there->end(*fire, {.state = request.state,
                       .reason = request.reason,
                       .finished_at = request.now_wall,
                       .owner_label = db_.label,
                       .result = request.result,
                       .error = request.error,
                       .started_at = called ? started : 0});
}

// Of a task that was deleted meanwhile, a fire that comes back ends.
void Round::release(Release& request) {
    request.dropped.reset();
    TaskDocument* const there = task(request.fire.task);
    OpenRow* const fire = there == nullptr ? nullptr : there->find_held(request.fire, db_.node);
    request.outcome = fire == nullptr ? Outcome::refused : Outcome::done;
    if (fire == nullptr) return;
    if (!there->is_gone()) {
        if (fire->fire.state == FireState::running) there->count_runs(-1);
        there->free(*fire, ready_at(request.now_wall));
        return;
    }
    request.dropped = Dropped{.id = there->id(),
                              .name = request.task ? request.task->name : std::string(),
                              .miss = {.state = FireState::skipped,
                                       .reason = Reason::deleted,
                                       .first = fire->fire.first_at(),
                                       .last = fire->fire.last_at(),
                                       .count = fire->fire.folded,
                                       .exact = fire->fire.exact}};
    there->end(*fire, {.state = FireState::skipped,
                       .reason = Reason::deleted,
                       .finished_at = request.now_wall,
                       .owner_label = db_.label});
}

void Round::run(RunNow& request) {
    TaskDocument* const there = task(request.id);
    request.outcome = Outcome::missing;
    if (there == nullptr || there->lane() <= 0 || !there->has_row()) return;
    const TaskState& state = there->row().state;
    request.key = {state.uid, state.gen, FireKind::manual, request.request};
    request.outcome = Outcome::done;
    const bool open =
        std::ranges::any_of(there->fires(), [&](const OpenRow& each) { return each.key() == request.key; });
    if (open || ran_.contains(fire_id(db_.store_hash, request.key).data())) return;
    OpenRow fire;
    fire.uid = state.uid;
    fire.fire.gen = state.gen;
    fire.fire.kind = FireKind::manual;
    fire.fire.slot = request.request;
    fire.fire.last_slot = request.now_wall;
    fire.fire.state = FireState::ready;
    fire.fire.ready_at = ready_at(request.now_wall);
    fire.fire.token = kFirstToken;
    there->open(std::move(fire));
    ++there->change().state.rev;
    there->told = true;
}

void Round::take(Take& request) {
    TaskDocument* const there = task(request.fire.task);
    OpenRow* const fire = there == nullptr ? nullptr : there->find(request.fire);
    const bool good = fire != nullptr && fire->fire.state == FireState::ready;
    request.outcome = good ? Outcome::done : Outcome::refused;
    if (!good) return;
    request.token = request.fire.token + 1;
    fire->fire.state = FireState::claimed;
    fire->fire.ready_at.reset();
    fire->fire.owner = db_.node;
    fire->fire.token = request.token;
    fire->fire.claimed_at = request.now_wall;
}

void Round::claim(Claim& request) {
    TaskDocument* const there = task(request.task);
    request.outcome = there == nullptr || there->is_gone() ? Outcome::missing : Outcome::refused;
    if (there == nullptr || !there->has_row() || there->lane() <= 0) return;
    const Plan& plan = request.plan;
    if (there->row().state.rev != request.rev || !is_new(plan, there->row().state.hwm)) return;
    request.outcome = Outcome::done;
    TaskState& state = there->change().state;
    for (const PlannedRun& run : plan.runs) {
        const OpenFire planned = planned_fire(run, state);
        OpenRow fire;
        fire.uid = state.uid;
        fire.claim = request.id;
        fire.fire.gen = planned.key.gen;
        fire.fire.kind = planned.key.kind;
        fire.fire.slot = planned.key.slot;
        fire.fire.last_slot = planned.last_slot;
        fire.fire.folded = planned.folded;
        fire.fire.exact = planned.exact;
        fire.fire.state = planned.state;
        fire.fire.token = planned.token;
        fire.fire.attempt = planned.attempt;
        if (is_held(planned.state)) {
            fire.fire.owner = db_.node;
            fire.fire.claimed_at = request.now_wall;
        }
        there->open(std::move(fire));
    }
    for (const PlannedMiss& miss : plan.misses) there->add_miss(state.uid, state.gen, miss, request.now_wall, "");
    ++state.rev;
    state.next_slot = plan.next_slot;
    state.next_due = plan.next_due;
    state.hwm = hwm_after(plan, state.hwm);
    if (ends_task(plan)) state.status = TaskStatus::finished;
}

// ---- tasks ----

void Round::fill_in(ChangeDecisions::Asked& asked) {
    const TaskDocument* const found = task(*asked.id);
    if (found == nullptr) return;
    ChangeDecisions::Existing& there = asked.there.emplace();
    there.number = found->number();
    const Document& declared = member(found->now(), "declared");
    if (!declared.is_null()) there.declared = static_cast<std::uint64_t>(whole(declared));
    there.at_start = truth(member(found->now(), "at_start"));
    try {
        there.row = found->row();
        // One that is stored as it is declared need not be read: usual where an application starts again.
        const bool same = asked.definition && member(found->now(), "quarantine").is_null() &&
                          found->format() == kDefinitionFormat && text_of(member(found->now(), "def")) == asked.text;
        there.definition = same ? asked.definition : definition_in(found->now());
        if (there.row->lane > 0) {
            db_.cache.put(there.number, {there.row->definition_hash, there.row->state.uid, there.definition});
        }
    } catch (const Unreadable& error) {
        there.why = error.what();
    }
}

void Round::write_miss(const ChangeDecisions::Miss& miss) {
    if (TaskDocument* const there = task(miss.id)) there->add_miss(miss.uid, miss.gen, miss.miss, miss.now, miss.error);
}

void Round::write_rewrite(ChangeDecisions::Rewrite& rewrite) {
    TaskDocument& there = *task(rewrite.task.number);
    if (rewrite.skips) {
        for (Dropped& each : there.skip_unstarted(Reason::replaced, rewrite.now(), *rewrite.skips, label())) {
            rewrite.dropped().push_back(std::move(each));
        }
    }
    there.change() = rewrite.task;
    there.set("max_instances", rewrite.definition->policies.max_instances);
    if (rewrite.other) {
        there.set_definition(rewrite.asked->text, rewrite.task.definition_hash,
                             rewrite.definition->policies.max_instances);
    }
    there.told = true;
    rewrite.task.open = there.open_fires();
    rewrite.answer();
}

// One may stand in the place of a task whose schedule cannot be read.
void Round::write_creation(const ChangeDecisions::Creation& creation, TaskNumber number) {
    const auto& [add, asked] = creation;
    const std::string& id = add->definition->id;
    TaskDocument* there = task(id);
    if (there != nullptr) {
        there->empty();
    } else {
        there = &tasks_.insert_or_assign(number, TaskDocument(number, id)).first->second;
        numbers_[id] = number;
    }
    TaskRow& row = there->change();
    row.lane = add->task.lane;
    row.state = add->task.state;
    row.definition_hash = asked->hash;
    there->set_definition(asked->text, asked->hash, add->definition->policies.max_instances);
    there->set("declared", static_cast<std::int64_t>(asked->hash));
    there->set("at_start", add->at_start);
    there->told = true;
    add->task.number = there->number();
}

void Round::change_tasks() {
    for (Add* const add : pending_.adds) {
        add->dropped.clear();
        add->task = {};
    }
    for (Change* const change : pending_.changes) {
        change->dropped.clear();
        change->task = {};
    }
    if (decided_->asked().empty()) return;
    db_.prepare_lanes(decided_->definitions());
    for (ChangeDecisions::Asked& asked : decided_->asked()) fill_in(asked);
    decided_->decide([this](const Definition& definition) { return db_.lane_of(definition); });
    for (const ChangeDecisions::Miss& miss : decided_->overdue) write_miss(miss);
    for (const auto& rewrite : decided_->rewrites) write_rewrite(*rewrite);
    if (!decided_->created.empty()) {
        TaskNumber number = db_.draw_numbers(decided_->created.size());
        for (const ChangeDecisions::Creation& creation : decided_->created) write_creation(creation, number++);
    }
    for (const ChangeDecisions::Declare& each : decided_->declares) {
        TaskDocument& there = *task(each.task);
        there.set("declared", each.hash ? Document(static_cast<std::int64_t>(*each.hash)) : Document());
        there.set("at_start", each.at_start);
    }
    for (const ChangeDecisions::Miss& miss : decided_->misses) write_miss(miss);
    readable_again_ = decided_->readable_again;
}

std::string name_of(const TaskDocument& task) {
    try {
        return definition_in(task.now())->name;
    } catch (const Unreadable&) {
        return {};
    }
}

void Round::remove(Remove& request) {
    TaskDocument* const there = task(request.id);
    request.outcome = there == nullptr ? Outcome::missing : Outcome::done;
    request.removed = there == nullptr ? 0 : 1;
    request.dropped.clear();
    if (there == nullptr) return;
    request.dropped = there->skip_unstarted(Reason::deleted, request.now_wall, name_of(*there), label());
    there->remove();
    numbers_.erase(request.id);
}

// In the order in which a batch is applied.
void Round::decide() {
    Instant latest = kEarliest;
    std::set<TaskNumber> ended;
    for (Start* const request : pending_.starts) start(*request);
    for (Finish* const request : pending_.finishes) {
        finish(*request);
        latest = std::max(latest, request->now_wall);
        if (request->outcome == Outcome::done) ended.insert(request->fire.task);
    }
    for (const TaskNumber number : ended) task(number)->promote(ready_at(latest));
    for (Release* const request : pending_.releases) release(*request);
    change_tasks();
    for (Remove* const request : pending_.removes) remove(*request);
    for (RunNow* const request : pending_.runs) run(*request);
    for (Take* const request : pending_.takes) take(*request);
    for (Claim* const request : pending_.claims) claim(*request);
}

// ---- writing ----

bool Round::write() {
    std::vector<TaskDocument*> all;
    for (auto& [number, task] : tasks_) all.push_back(&task);
    failed_ = db_.write(all);
    std::set<std::string> ids;
    for (const TaskNumber number : failed_) ids.insert(task(number)->id());
    for (const Add* const add : pending_.adds) {
        if (ids.contains(add->definition->id) || add->result != Add::Result::created) continue;
        db_.cache.put(add->task.number,
                      {task(add->task.number)->row().definition_hash, add->task.state.uid, add->definition});
    }
    std::erase_if(readable_again_, [&](const auto& each) { return failed(each.first); });
    const auto by_fire = [&](const auto* request) { return !failed(request->fire.task); };
    std::erase_if(pending_.starts, by_fire);
    std::erase_if(pending_.finishes, by_fire);
    std::erase_if(pending_.releases, by_fire);
    std::erase_if(pending_.takes, by_fire);
    std::erase_if(pending_.adds, [&](const Add* add) { return !ids.contains(add->definition->id); });
    std::erase_if(pending_.changes, [&](const Change* change) { return !ids.contains(change->id); });
    std::erase_if(pending_.removes, [&](const Remove* remove) { return !ids.contains(remove->id); });
    std::erase_if(pending_.runs, [&](const RunNow* run) { return !ids.contains(run->id); });
    return !failed_.empty();
}

std::vector<Claimed> Round::made() const {
    std::vector<Claimed> out;
    for (Claim* const claim : pending_.claims) {
        if (claim->outcome != Outcome::done || failed_.contains(claim->task)) continue;
        TaskRow row = tasks_.at(claim->task).row();
        row.open = tasks_.at(claim->task).open_fires();
        out.push_back({claim, row});
    }
    return out;
}

// All tasks go in pieces, until none is left.
void remove_all(Database& db, Remove& request) {
    request.outcome = Outcome::done;
    request.removed = 0;
    request.dropped.clear();
    while (true) {
        std::vector<TaskDocument> tasks = db.read_tasks({{"gone", false}}, {{"limit", kRemovedAtOnce}});
        if (tasks.empty()) return;
        std::vector<TaskDocument*> all;
        std::map<TaskNumber, std::vector<Dropped>> dropped;
        for (TaskDocument& task : tasks) {
            dropped[task.number()] = task.skip_unstarted(Reason::deleted, request.now_wall, name_of(task),
                                                         [&db](NodeNumber node) { return db.label_of(node); });
            task.remove();
            all.push_back(&task);
        }
        const std::set<TaskNumber> failed = db.write(all);
        for (auto& [number, fires] : dropped) {
            if (failed.contains(number)) continue;
            ++request.removed;
            for (Dropped& each : fires) request.dropped.push_back(std::move(each));
        }
    }
}

}  // namespace

void apply_wave(Database& db, Batch& batch, Wave& wave, bool first, bool last) {
    Pending pending;
    pending.adds = wave.adds;
    pending.changes = wave.changes;
    pending.runs = wave.runs;
    if (first) {
        pending.starts = pointers(batch.starts);
        pending.finishes = pointers(batch.finishes);
        pending.releases = pointers(batch.releases);
    }
    if (last) {
        pending.takes = pointers(batch.takes);
        pending.claims = pointers(batch.claims);
    }
    const bool all = wave.remove != nullptr && wave.remove->id.empty();
    if (wave.remove != nullptr && !all) pending.removes.push_back(wave.remove);
    const bool holds = !pending.takes.empty() || !pending.claims.empty();
    std::vector<Claimed> made;
    std::vector<std::pair<TaskNumber, Instant>> readable_again;
    for (int tries = 0;; ++tries) {
        Round round(db, pending, db.enter(Who::nodes, kEarliest));
        round.read();
        round.decide();
        const bool more = round.write();
        for (const auto& each : round.made()) made.push_back(each);
        for (const auto& each : round.readable_again()) readable_again.push_back(each);
        std::erase_if(pending.claims, [&](const Claim* claim) { return !round.failed(claim->task); });
        if (!more) break;
        if (tries >= kRounds) fail(Code::store, db.session.message("other nodes were in the way each time"));
        step_aside(tries);
    }
    if (all) remove_all(db, *wave.remove);
    // Whoever took this node for dead before it wrote its claims has not seen them.
    if (holds) static_cast<void>(db.enter(Who::nodes, kEarliest));
    tell_claims(db, made);
    for (const auto& [task, now] : readable_again) recover_task(db, task, now);
}

}  // namespace uvsched::mongodb
