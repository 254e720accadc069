#include "core/stores/rows/change_decisions.hpp"

#include "core/ledger/task_rules.hpp"
#include "core/plan/on_line.hpp"

namespace uvsched {
namespace {

// What a conflict shows in the place of a definition that cannot be read.
std::shared_ptr<const Definition> stand_in(const Definition& given, const std::string& why) {
    auto out = std::make_shared<Definition>(given);
    out->name = "(cannot be read: " + why + ")";
    return out;
}

Now at(Instant wall) { return {.wall = wall, .elapsed = wall}; }

StoredTask as_it_is(const ChangeDecisions::Existing& old) {
    return {.number = old.number,
            .lane = old.row->lane,
            .definition = old.definition,
            .state = old.row->state,
            .open = old.row->open};
}

}  // namespace

void ChangeDecisions::Rewrite::answer() const {
    (add != nullptr ? add->task : change->task) = {
        .number = task.number, .lane = task.lane, .definition = definition, .state = task.state, .open = task.open};
}

ChangeDecisions::ChangeDecisions(std::vector<Add*> adds, std::vector<Change*> changes)
    : adds_(std::move(adds)), changes_(std::move(changes)) {
    const auto ask = [&](const std::string& id, const std::shared_ptr<const Definition>& definition) {
        Asked& asked = asked_.emplace_back();
        asked.id = &id;
        asked.definition = definition;
        if (!definition) return;
        asked.text = canonical_json(*definition);
        asked.hash = definition_hash(asked.text);
    };
    asked_.reserve(adds_.size() + changes_.size());
    for (const Add* const add : adds_) ask(add->definition->id, add->definition);
    for (const Change* const change : changes_) ask(change->id, change->definition);
}

std::vector<const Definition*> ChangeDecisions::definitions() const {
    std::vector<const Definition*> out;
    for (const Asked& asked : asked_) {
        if (asked.definition) out.push_back(asked.definition.get());
    }
    return out;
}

void ChangeDecisions::decide(const LaneOf& lane_of) {
    lane_of_ = lane_of;
    for (std::size_t i = 0; i < adds_.size(); ++i) decide(*adds_[i], asked_[i]);
    for (std::size_t i = 0; i < changes_.size(); ++i) decide(*changes_[i], asked_[adds_.size() + i]);
}

void ChangeDecisions::declare(const Existing& old, std::optional<std::uint64_t> hash, bool at_start) {
    if (old.declared == hash && (old.at_start || !at_start)) return;
    writes_ = true;
    written.push_back(old.number);
    declares.push_back({old.number, hash, at_start || old.at_start});
}

void ChangeDecisions::create(Add& add, const Asked& asked) {
    if (add.state.uid == 0) fail(Code::internal, "task \"" + add.definition->id + "\": added without a uid");
    writes_ = tells_ = true;
    created.push_back({&add, &asked});
    add.task = {.number = 0, .lane = lane_of_(*add.definition), .definition = add.definition, .state = add.state};
    TaskState& state = add.task.state;
    state.rev = 1;
    state.runs = 0;
    if (state.status != TaskStatus::active) state.next_due.reset();
    if (add.miss) misses.push_back({state.uid, state.gen, add.definition->id, *add.miss, add.now_wall, add.error});
    add.result = Add::Result::created;
}

ChangeDecisions::Rewrite& ChangeDecisions::rewrite(const Existing& old, const Asked& asked,
                                                   const std::shared_ptr<const Definition>& definition,
                                                   const TaskState* schedule, Instant now,
                                                   std::vector<Dropped>& dropped) {
    writes_ = tells_ = true;
    Rewrite& out = *rewrites.emplace_back(std::make_unique<Rewrite>());
    out.task = *old.row;
    out.definition = definition;
    out.asked = &asked;
    written.push_back(old.number);
    guarded.emplace_back(old.number, old.row->state.rev);
    TaskState& state = out.task.state;
    const bool other_trigger = !old.definition || !same_trigger(*old.definition, *definition);
    if (other_trigger) {
        if (schedule == nullptr) {
            fail(Code::internal, "task \"" + definition->id + "\": another trigger without a schedule");
        }
        out.skips = old.definition ? old.definition->name : definition->name;
        if (const auto miss = old.definition ? uvsched::overdue(*old.definition, state, at(now)) : std::nullopt) {
            overdue.push_back({state.uid, state.gen, definition->id, *miss, now});
            dropped.push_back({definition->id, *out.skips, *miss});
        }
    }
    if (schedule != nullptr) state = rescheduled(state, *schedule, *definition->trigger, other_trigger);
    ++state.rev;
    if (definition != old.definition) {
        out.other = definition;
        out.task.definition_hash = asked.hash;
    }
    const LaneNumber lane = lane_of_(*definition);
    out.moved = lane != out.task.lane;
    out.task.lane = lane;
    if (!old.definition) readable_again.emplace_back(old.number, now);
    return out;
}

void ChangeDecisions::decide(Add& add, const Asked& asked) {
    if (!asked.there) return create(add, asked);
    const Existing& old = *asked.there;
    const std::string there = old.definition ? canonical_json(*old.definition) : std::string();
    const Verdict verdict = judge(
        add.on_existing, {.equal = there == asked.text, .declared_so = old.definition && old.declared == asked.hash});
    if (verdict == Verdict::conflict) {
        if (old.definition) {
            add.task = as_it_is(old);
        } else {
            add.task.number = old.number;
            add.task.definition = stand_in(*add.definition, old.why);
        }
        declare(old, old.declared, add.at_start);  // this declaration did not come to be
        add.result = Add::Result::conflict;
        return;
    }
    if (verdict == Verdict::unchanged) {
        declare(old, asked.hash, add.at_start);
        add.task = as_it_is(old);
        add.result = Add::Result::unchanged;
        return;
    }
    if (!old.row) {
        // Not even its state can be read: nothing is there to keep.
        written.push_back(old.number);
        removed.push_back(old.number);
        create(add, asked);
    } else {
        const Trigger& trigger = *add.definition->trigger;
        const bool other_trigger = !old.definition || !same_trigger(*old.definition, *add.definition);
        Begun begun = replaced_state(old.row->state, {add.state, add.miss});
        if (begun.state.next_due && trigger.jitter() != 0) {  // that of its own uid
            begun.state.next_due =
                OnLine(trigger, 0).due(old.row->state.uid, *begun.state.next_slot, begun.state.anchor);
        }
        const TaskState* const schedule = other_trigger || add.reschedule ? &begun.state : nullptr;
        Rewrite& out = rewrite(old, asked, add.definition, schedule, add.now_wall, add.dropped);
        out.add = &add;
        declare(old, asked.hash, add.at_start);
        const TaskState& state = out.task.state;
        if (add.miss && other_trigger && state.status == TaskStatus::finished) {
            misses.push_back({state.uid, state.gen, add.definition->id, *add.miss, add.now_wall, add.error});
        }
        add.before = old.definition;
        add.edited = old.definition && old.declared && *old.declared != definition_hash(there);
    }
    add.result = Add::Result::replaced;
}

void ChangeDecisions::decide(Change& change, const Asked& asked) {
    change.outcome = Outcome::missing;
    if (!asked.there) return;
    const Existing& old = *asked.there;
    const std::shared_ptr<const Definition> definition = change.definition ? change.definition : old.definition;
    if (!old.row || !definition) return;
    // A revision is one of a task, and not of whatever has its id by now.
    const bool another = change.state && change.state->uid != old.row->state.uid;
    if (change.rev && (another || *change.rev != old.row->state.rev)) {
        change.outcome = Outcome::refused;
        if (old.definition) change.task = as_it_is(old);
        return;
    }
    Rewrite& out =
        rewrite(old, asked, definition, change.state ? &*change.state : nullptr, change.now_wall, change.dropped);
    out.change = &change;
    const TaskState& state = out.task.state;
    if (change.miss) misses.push_back({state.uid, state.gen, change.id, *change.miss, change.now_wall, change.error});
    change.outcome = Outcome::done;
}

}  // namespace uvsched
