#include "core/stores/memory/memory_store.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/ledger/fire_rules.hpp"
#include "core/ledger/task_rules.hpp"

namespace uvsched {
namespace {

// A fire that ends without having begun.
PlannedMiss unstarted(const MemoryFire& fire, Reason reason) {
    return {.state = FireState::skipped,
            .reason = reason,
            .first = first_time(fire.key.kind, fire.key.slot, fire.last),
            .last = fire.last,
            .count = fire.folded,
            .exact = fire.exact};
}

// `miss` is on the task's clock line.
Dropped told(const Definition& task, PlannedMiss miss, Micros to_wall) {
    miss.first = saturating_add(miss.first, to_wall);
    miss.last = saturating_add(miss.last, to_wall);
    return {task.id, task.name, miss};
}

}  // namespace

TaskState MemoryTask::state() const {
    TaskState state;
    state.uid = uid;
    state.gen = gen;
    state.rev = rev;
    state.clock = clock;
    state.anchor = anchor;
    if (scheduled) state.next_slot = slot;
    if (scheduled && status == TaskStatus::active) state.next_due = due_time(*definition->trigger, uid, slot, anchor);
    state.hwm = hwm;
    state.status = status;
    state.runs = runs;
    return state;
}

Instant MemoryTask::latest_start_of(const FireKey& key, Instant due, Micros to_wall) const {
    if (period <= 0 || key.kind != FireKind::scheduled) return latest_start(*definition, key, due, anchor, to_wall);
    return grace == INT64_MAX ? kLatest : saturating_add(saturating_add(due, to_wall), grace);
}

MemoryIndex MemoryStore::find(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? kNone : found->second;
}

// What adopt() and the claims of that executor need.
void MemoryStore::make_room(MemoryIndex index, const Definition& definition, std::uint16_t executor) {
    const std::size_t executors = executor + std::size_t{1};
    if (parked_.size() < executors) parked_.resize(executors);
    if (ready_.size() < executors) ready_.resize(executors);
    if (definition.trigger->is_event()) events_.insert(index);
}

MemoryIndex MemoryStore::find_over(std::string_view id) const {
    const auto found = over_.find(id);
    return found == over_.end() ? kNone : found->second;
}

void MemoryStore::adopt(MemoryIndex index, std::shared_ptr<const Definition> definition,
                        std::uint16_t executor) noexcept {
    MemoryTask& task = at(index);
    task.owner = std::move(definition);
    task.definition = task.owner.get();
    task.executor = executor;
    task.grace = task.definition->policies.grace.value_or(INT64_MAX);
    task.max_instances = task.definition->policies.max_instances;
    if (!task.definition->trigger->is_event()) events_.erase(index);
}

MemoryIndex MemoryStore::add(std::shared_ptr<const Definition> definition, const TaskState& state,
                             std::uint16_t executor) {
    const bool fresh = free_.empty();
    if (fresh) {
        if (used_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<MemoryTask[]>(kChunk));
        if (free_.capacity() <= used_) free_.reserve(std::max<std::size_t>(kChunk, 2 * free_.capacity()));
    }
    const MemoryIndex index = fresh ? used_ : free_.back();
    const std::string_view id = definition->id;
    make_room(index, *definition, executor);
    try {
        by_id_.emplace(id, index);
        adopt(index, std::move(definition), executor);
        at(index).uid = state.uid;
        make_place(index, state);
        place(index, state);
    } catch (...) {
        by_id_.erase(id);
        events_.erase(index);
        at(index) = MemoryTask{};
        throw;
    }
    MemoryTask& task = at(index);
    over_.erase(id);
    task.rev = 1;
    task.runs = state.runs;
    if (fresh) {
        ++used_;
    } else {
        free_.pop_back();
    }
    return index;
}

void MemoryStore::change_definition(MemoryIndex index, std::shared_ptr<const Definition> definition,
                                    std::uint16_t executor) {
    MemoryTask& task = at(index);
    make_room(index, *definition, executor);
    if (task.flying > 0) outlived_[index].push_back(task.owner);
    // From here on nothing fails.
    auto entry = by_id_.extract(task.definition->id);  // the key is a view into the old definition
    Fires& left = ready_[task.executor];
    Fires& ready = ready_[executor];
    for (auto fire = left.begin(); &left != &ready && fire != left.end();) {
        const auto mine = fire++;
        if (mine->task == index) ready.splice(ready.end(), left, mine);
    }
    adopt(index, std::move(definition), executor);
    entry.key() = task.definition->id;
    by_id_.insert(std::move(entry));
}

// What place() needs, so that it does not fail.
void MemoryStore::make_place(MemoryIndex index, const TaskState& state) {
    queue(state.clock).make_room(index);
    reserve_more(asking_, 1);
}

void MemoryStore::place(MemoryIndex index, const TaskState& state) {
    MemoryTask& task = at(index);
    for (TimerQueue& due : queues_) due.remove(index);
    task.gen = state.gen;
    task.clock = state.clock;
    task.anchor = state.anchor;
    task.hwm = state.hwm;
    task.began = kEarliest;
    task.status = state.status;
    task.scheduled = state.next_slot.has_value();
    task.slot = state.next_slot.value_or(0);
    task.parked = task.asking = false;
    known_.erase(index);
    // A first time that was given may lie off the grid; the next one after it does not.
    const Trigger& trigger = *task.definition->trigger;
    task.period = trigger.plain_period();
    if (task.period > 0 && state.next_slot && trigger.next(task.slot - 1, task.anchor) != task.slot) task.period = 0;
    if (task.status != TaskStatus::active) return;
    if (state.next_due) {
        queue(task.clock).push(index, *state.next_due);
    } else if (task.definition->trigger->must_be_asked()) {
        ask(index);
    }
}

void MemoryStore::reschedule(MemoryIndex index, const TaskState& schedule) {
    MemoryTask& task = at(index);
    const TaskState state = rescheduled(task.state(), schedule, *task.definition->trigger, false);
    make_place(index, state);
    place(index, state);
    ++task.rev;
}

void MemoryStore::reschedule(MemoryIndex index, const TaskState& schedule, const PlannedMiss& miss, const Now& now,
                             std::string error) {
    MemoryTask& task = at(index);
    const TaskState state = rescheduled(task.state(), schedule, *task.definition->trigger, false);
    make_place(index, state);
    record({index, miss}, now, std::move(error));
    // From here on nothing fails.
    place(index, state);
    ++task.rev;
}

void MemoryStore::rewrite(MemoryIndex index, std::shared_ptr<const Definition> definition, std::uint16_t executor,
                          const TaskState& schedule, const Now& now, std::vector<Dropped>& dropped) {
    MemoryTask& task = at(index);
    const TaskState before = task.state();
    const bool other_trigger = !same_trigger(*task.definition, *definition);
    const TaskState state = rescheduled(before, schedule, *definition->trigger, other_trigger);
    const auto miss = other_trigger ? overdue(*task.definition, before, now) : std::nullopt;
    make_place(index, state);
    history_.reserve(static_cast<std::size_t>(task.busy) + 1);
    std::vector<Dropped> ended;
    if (miss) ended.push_back(told(*task.definition, *miss, now.to_wall(task.clock)));
    if (other_trigger) describe_unstarted(index, Reason::replaced, ended);
    reserve_more(dropped, ended.size() + task.flying);  // end_claimed() may follow
    change_definition(index, std::move(definition), executor);
    // From here on nothing fails.
    std::move(ended.begin(), ended.end(), std::back_inserter(dropped));
    if (miss) record({index, *miss}, now);
    if (other_trigger) end_unstarted(index, Reason::replaced, now);
    place(index, state);
    ++task.rev;
}

void MemoryStore::ask(MemoryIndex index) {
    asking_.push_back(index);
    at(index).asking = true;
}

void MemoryStore::know(MemoryIndex index, TriggerPtr times) {
    MemoryTask& task = at(index);
    queue(task.clock).make_room(index);
    known_[index] = std::move(times);
    task.asking = false;
    enqueue(index, due_time(*task.definition->trigger, task.uid, task.slot, task.anchor));
}

void MemoryStore::remove(MemoryIndex index, const Now& now, std::vector<Dropped>& dropped) {
    history_.reserve(static_cast<std::size_t>(at(index).busy));
    std::vector<Dropped> ended;
    describe_unstarted(index, Reason::deleted, ended);
    reserve_more(dropped, ended.size() + at(index).flying);  // end_claimed() may follow
    // From here on nothing fails.
    std::move(ended.begin(), ended.end(), std::back_inserter(dropped));
    end_unstarted(index, Reason::deleted, now);
    forget(index);
}

// Calls visit(fires, fire) for each fire that `reason` ends; it may take that one out.
template <class Visit>
void MemoryStore::each_unstarted(MemoryIndex index, Reason reason, Visit&& visit) {
    const auto among = [&](Fires& fires, FireState state) {
        for (auto next = fires.begin(); next != fires.end();) {
            const auto fire = next++;
            if (fire->task == index && ends_unstarted(state, fire->key.kind, reason)) visit(fires, fire);
        }
    };
    if (const auto found = waiting_.find(index); found != waiting_.end()) among(found->second, FireState::waiting);
    among(ready_[at(index).executor], FireState::ready);
}

void MemoryStore::describe_unstarted(MemoryIndex index, Reason reason, std::vector<Dropped>& dropped) {
    reserve_more(dropped, static_cast<std::size_t>(at(index).busy));
    each_unstarted(index, reason, [&](const Fires&, Fires::const_iterator fire) {
        dropped.push_back(told(*at(index).definition, unstarted(*fire, reason), fire->to_wall));
    });
}

// Never fails where history has room for them.
void MemoryStore::end_unstarted(MemoryIndex index, Reason reason, const Now& now) {
    each_unstarted(index, reason, [&](Fires& fires, Fires::const_iterator fire) {
        record_unstarted(*fire, reason, now);
        fires.erase(fire);
        --at(index).busy;
    });
    if (const auto found = waiting_.find(index); found != waiting_.end() && found->second.empty()) {
        waiting_.erase(found);
    }
}

void MemoryStore::record_unstarted(const MemoryFire& fire, Reason reason, const Now& now) noexcept {
    MemoryHistoryRow* const row = record(fire);
    if (row == nullptr) return;
    row->state = FireState::skipped;
    row->reason = reason;
    row->finished_at = now.wall;
}

void MemoryStore::forget(MemoryIndex index) noexcept {
    MemoryTask& task = at(index);
    for (TimerQueue& due : queues_) due.remove(index);
    by_id_.erase(task.definition->id);
    events_.erase(index);
    task.removed = true;
    task.parked = task.asking = false;
    known_.erase(index);
    release_if_unused(task);
    ++task.pins;
    unpin(index);
}

// A run of the task is over.
void MemoryStore::land(MemoryIndex index) noexcept {
    MemoryTask& task = at(index);
    --task.flying;
    if (task.flying == 0 && !outlived_.empty()) outlived_.erase(index);
    release_if_unused(task);
}

void MemoryStore::release_if_unused(MemoryTask& task) noexcept {
    if (task.removed && task.flying == 0) gone_.splice(gone_.end(), task.release);
}

void MemoryStore::unpin(MemoryIndex index) noexcept {
    MemoryTask& task = at(index);
    if (--task.pins > 0 || !task.removed) return;
    if (const auto over = over_.find(task.definition->id); over != over_.end() && over->second == index) {
        over_.erase(over);
    }
    task = MemoryTask{};
    free_.push_back(index);
}

void MemoryStore::park(MemoryIndex index) {
    MemoryTask& task = at(index);
    parked_[task.executor].emplace_back(index, task.uid);
    task.parked = true;
}

// No more of them than their executor has room for, so that a thousand that wait don't come and go with each run.
void MemoryStore::unpark(std::span<const std::size_t> rooms) {
    for (std::size_t executor = 0; executor < parked_.size(); ++executor) {
        auto& parked = parked_[executor];
        for (std::size_t room = rooms[executor]; room > 0 && !parked.empty(); parked.pop_front()) {
            const auto [index, uid] = parked.front();
            MemoryTask& task = at(index);
            if (!task.parked || task.uid != uid) continue;  // changed or gone since
            enqueue(index, due_time(*task.definition->trigger, task.uid, task.slot, task.anchor));
            task.parked = false;
            --room;
        }
    }
}

void MemoryStore::enqueue(MemoryIndex index, Instant due) { queue(at(index).clock).push(index, due); }

bool MemoryStore::has_ready(std::span<const std::size_t> rooms) const {
    for (std::size_t i = 0; i < ready_.size(); ++i) {
        if (!ready_[i].empty() && rooms[i] > 0) return true;
    }
    return next_piece_;
}

bool MemoryStore::wants_room() const noexcept {
    const auto any = [](const auto& line) { return !line.empty(); };
    return std::any_of(parked_.begin(), parked_.end(), any) || std::any_of(ready_.begin(), ready_.end(), any);
}

void MemoryStore::run_now(MemoryIndex index, const Now& now) {
    MemoryTask& task = at(index);
    ready_[task.executor].push_back(
        {.task = index,
         .key = {.uid = task.uid, .gen = task.gen, .kind = FireKind::manual, .slot = manual_ + 1},
         .last = now.on(task.clock),
         .to_wall = now.to_wall(task.clock)});
    ++manual_;
    ++task.busy;
}

void MemoryStore::release(const MemoryFire& fire) {
    MemoryTask& task = at(fire.task);
    if (!task.removed) ready_[task.executor].push_back(fire);
    --task.runs;
    land(fire.task);
    unpin(fire.task);
}

// History and `dropped` have room: they had it for every fire of the task. Without memory for its texts, a fire is not
// told.
void MemoryStore::end_claimed(const MemoryFire& fire, const Definition& definition, Reason reason, const Now& now,
                              std::vector<Dropped>& dropped) noexcept {
    try {
        dropped.push_back(told(definition, unstarted(fire, reason), fire.to_wall));
    } catch (const std::bad_alloc&) {
        dropped.emplace_back().miss = unstarted(fire, reason);
    }
    record_unstarted(fire, reason, now);
    MemoryTask& task = at(fire.task);
    --task.busy;
    --task.runs;
}

void MemoryStore::let_go(const MemoryFire& fire) noexcept {
    land(fire.task);
    unpin(fire.task);
}

// Makes ready what may begin. False where no fire of the task waits.
bool MemoryStore::promote(MemoryIndex index) noexcept {
    const auto found = waiting_.find(index);
    if (found == waiting_.end()) return false;
    const MemoryTask& task = at(index);
    Fires& waiting = found->second;
    Fires& ready = ready_[task.executor];
    const bool any = !waiting.empty();
    const auto under_way = task.busy - std::ssize(waiting);
    for (auto more = promotable(std::ssize(waiting), under_way, task.max_instances); more > 0; --more) {
        ready.splice(ready.end(), waiting, waiting.begin());
    }
    if (waiting.empty()) waiting_.erase(found);
    return any;
}

// The next piece of a long pile, or what was put off (planner.hpp), waits for a run of this task to end.
bool MemoryStore::has_next_piece(const MemoryTask& task) noexcept {
    return task.scheduled && between_pieces(task.slot, task.hwm);
}

void MemoryStore::begin_next_piece(MemoryIndex index) noexcept {
    const MemoryTask& task = at(index);
    if (!queue(task.clock).contains(index)) return;
    queue(task.clock).update(index, due_time(*task.definition->trigger, task.uid, task.slot, task.anchor));
    next_piece_ = true;
}

void MemoryStore::reserve_end(const MemoryFire& fire) {
    history_.reserve(1);
    const MemoryTask& task = at(fire.task);
    if (has_next_piece(task)) queue(task.clock).make_room(fire.task);
}

// Most fires end with nothing that waits for that.
bool MemoryStore::finish(const MemoryFire& fire) noexcept {
    MemoryTask& task = at(fire.task);
    --task.busy;
    bool ended = false;
    if (!task.removed) {
        const bool promoted = !waiting_.empty() && promote(fire.task);
        if (!promoted && has_next_piece(task)) begin_next_piece(fire.task);
        ended = task.status == TaskStatus::finished && end_if_over(fire.task);
    }
    land(fire.task);
    unpin(fire.task);
    return ended;
}

bool MemoryStore::end_if_over(MemoryIndex index) noexcept {
    const MemoryTask& task = at(index);
    if (task.removed || task.busy > 0 || task.status != TaskStatus::finished) return false;
    over_.erase(task.definition->id);  // before: the key is a view into the definition
    try {
        if (task.pins > 0) over_.emplace(task.definition->id, index);
    } catch (const std::bad_alloc&) {
        over_.erase(task.definition->id);  // it is forgotten sooner
    }
    forget(index);
    return true;
}

MemoryHistoryRow* MemoryStore::record(const MemoryFire& fire) {
    if (!history_.enabled()) return nullptr;
    MemoryHistoryRow& row = history_.push([this](const MemoryHistoryRow& old) { unpin(old.fire.task); });
    if (const MemoryHistoryRow* const soon = history_.leaves_soon()) at(soon->fire.task).prefetch();
    ++at(fire.task).pins;
    row.fire = fire;
    row.claimed_at = row.started_at = row.finished_at = 0;
    row.reason = Reason::none;
    return &row;
}

void MemoryStore::record(const MemoryMiss& miss, const Now& now, std::string error) {
    std::unique_ptr<MemoryHistoryRow::Texts> texts;
    if (!error.empty()) {
        texts = std::make_unique<MemoryHistoryRow::Texts>(MemoryHistoryRow::Texts{{}, std::move(error)});
    }
    const MemoryTask& task = at(miss.task);
    MemoryHistoryRow* row =
        record(MemoryFire{.task = miss.task,
                          .attempt = 0,
                          .key = {.uid = task.uid, .gen = task.gen, .kind = miss.kind, .slot = miss.miss.first},
                          .last = miss.miss.last,
                          .to_wall = now.to_wall(task.clock),
                          .folded = miss.miss.count,
                          .exact = miss.miss.exact});
    if (row == nullptr) return;
    row->state = miss.miss.state;
    row->reason = miss.miss.reason;
    row->finished_at = now.wall;
    row->texts = std::move(texts);
}

void MemoryStore::history(const HistoryQuery& query, std::vector<HistoryRow>& rows) const {
    history_.backwards(query.before, [&](std::int64_t seq, const MemoryHistoryRow& row) {
        const MemoryTask& task = at(row.fire.task);
        if (!query.task_id.empty() && task.definition->id != query.task_id) return true;
        if (query.state && row.state != *query.state) return true;
        if (rows.size() >= query.limit) return false;
        HistoryRow& out = rows.emplace_back();
        out.seq = seq;
        out.task_id = task.definition->id;
        out.key = row.fire.key;
        out.fire_id = fire_id(0, row.fire.key).data();
        const MemoryFire& fire = row.fire;
        out.first = saturating_add(first_time(fire.key.kind, fire.key.slot, fire.last), fire.to_wall);
        out.last = saturating_add(fire.last, fire.to_wall);
        out.folded = row.fire.folded;
        out.exact = row.fire.exact;
        out.state = row.state;
        out.reason = row.reason;
        out.attempt = row.fire.attempt;
        out.claimed_at = row.claimed_at;
        out.started_at = row.started_at;
        out.finished_at = row.finished_at;
        if (row.texts) {
            out.result = row.texts->result;
            out.error = row.texts->error;
        }
        return true;
    });
}

}  // namespace uvsched
