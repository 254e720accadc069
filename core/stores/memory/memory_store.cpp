#include "core/stores/memory/memory_store.hpp"

#include <algorithm>
#include <utility>

namespace uvsched {

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

MemoryIndex MemoryStore::find(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? kNone : found->second;
}

void MemoryStore::adopt(MemoryIndex index, std::shared_ptr<const Definition> definition, std::uint16_t executor) {
    MemoryTask& task = at(index);
    task.owner = std::move(definition);
    task.definition = task.owner.get();
    task.executor = executor;
    task.period = task.definition->trigger->plain_period();
    task.grace = task.definition->policies.grace.value_or(INT64_MAX);
    task.max_instances = task.definition->policies.max_instances;
    if (task.definition->trigger->event()) {
        events_.insert(index);
    } else {
        events_.erase(index);
    }
}

MemoryIndex MemoryStore::add(std::shared_ptr<const Definition> definition, const TaskState& state,
                             std::uint16_t executor) {
    MemoryIndex index = 0;
    if (!free_.empty()) {
        index = free_.back();
        free_.pop_back();
    } else {
        index = used_++;
        if ((index & (kChunk - 1)) == 0) chunks_.push_back(std::make_unique<MemoryTask[]>(kChunk));
    }
    MemoryTask& task = at(index);
    task = MemoryTask{};
    adopt(index, std::move(definition), executor);
    task.uid = state.uid;
    task.runs = state.runs;
    by_id_.emplace(task.definition->id, index);
    reschedule(index, state, false);
    return index;
}

void MemoryStore::redefine(MemoryIndex index, std::shared_ptr<const Definition> definition, std::uint16_t executor) {
    MemoryTask& task = at(index);
    by_id_.erase(task.definition->id);  // the key is a view into the old definition
    if (task.flying > 0) outlived_[index].push_back(task.owner);
    const bool elsewhere = task.executor != executor;
    adopt(index, std::move(definition), executor);
    by_id_.emplace(task.definition->id, index);
    ++task.rev;
    if (!task.parked || !elsewhere) return;
    task.parked = false;
    enqueue(index, due_time(*task.definition->trigger, task.uid, task.slot, task.anchor));
}

void MemoryStore::reschedule(MemoryIndex index, const TaskState& state, bool rebase) {
    MemoryTask& task = at(index);
    for (TimerQueue& due : queues_) due.remove(index);
    task.clock = state.clock;
    task.anchor = state.anchor;
    task.status = state.status;
    task.scheduled = state.next_slot.has_value();
    task.slot = state.next_slot.value_or(0);
    task.parked = task.asking = false;
    known_.erase(index);
    ++task.rev;
    if (rebase) ++task.gen;
    if (task.status != TaskStatus::active) return;
    if (state.next_due) {
        queue(task.clock).push(index, *state.next_due);
    } else if (task.definition->trigger->asked()) {
        ask(index);
    }
}

void MemoryStore::ask(MemoryIndex index) {
    at(index).asking = true;
    asking_.push_back(index);
}

void MemoryStore::know(MemoryIndex index, TriggerPtr times) {
    MemoryTask& task = at(index);
    task.asking = false;
    enqueue(index, due_time(*task.definition->trigger, task.uid, task.slot, task.anchor));
    known_[index] = std::move(times);
}

void MemoryStore::remove(MemoryIndex index, Reason reason, const Now& now, std::vector<MemoryMiss>& misses) {
    const std::size_t before = misses.size();
    drop_waiting(index, reason, misses);
    for (std::size_t i = before; i < misses.size(); ++i) record(misses[i], now);
    forget(index);
}

void MemoryStore::drop_waiting(MemoryIndex index, Reason reason, std::vector<MemoryMiss>& misses) {
    const auto drop = [&](const MemoryFire& fire) {
        --at(index).busy;
        misses.push_back({.task = index,
                          .miss = {.state = FireState::skipped,
                                   .reason = reason,
                                   .first = fire.key.slot,
                                   .last = fire.last,
                                   .count = fire.folded,
                                   .exact = fire.exact},
                          .kind = fire.key.kind});
    };
    if (const auto found = waiting_.find(index); found != waiting_.end()) {
        for (const MemoryFire& fire : found->second) drop(fire);
        waiting_.erase(found);
    }
    for (std::deque<MemoryFire>& fires : ready_) {
        const auto mine = [index](const MemoryFire& fire) { return fire.task == index; };
        for (const MemoryFire& fire : fires) {
            if (mine(fire)) drop(fire);
        }
        std::erase_if(fires, mine);
    }
}

void MemoryStore::forget(MemoryIndex index) {
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
void MemoryStore::land(MemoryIndex index) {
    MemoryTask& task = at(index);
    --task.flying;
    if (task.flying == 0 && !outlived_.empty()) outlived_.erase(index);
    release_if_unused(task);
}

void MemoryStore::release_if_unused(MemoryTask& task) {
    if (task.removed && task.flying == 0 && task.release) gone_.push_back(std::exchange(task.release, {}));
}

void MemoryStore::unpin(MemoryIndex index) {
    MemoryTask& task = at(index);
    if (--task.pins > 0 || !task.removed) return;
    task = MemoryTask{};
    free_.push_back(index);
}

void MemoryStore::park(MemoryIndex index) {
    MemoryTask& task = at(index);
    task.parked = true;
    if (parked_.size() <= task.executor) parked_.resize(task.executor + std::size_t{1});
    parked_[task.executor].emplace_back(index, task.uid);
}

// No more of them than their executor has room for, so that a thousand that wait don't come and go with each run.
void MemoryStore::unpark(std::span<const std::size_t> rooms) {
    for (std::size_t executor = 0; executor < parked_.size(); ++executor) {
        auto& parked = parked_[executor];
        for (std::size_t room = rooms[executor]; room > 0 && !parked.empty();) {
            const auto [index, uid] = parked.front();
            parked.pop_front();
            MemoryTask& task = at(index);
            if (!task.parked || task.uid != uid) continue;  // changed or gone since
            task.parked = false;
            enqueue(index, due_time(*task.definition->trigger, task.uid, task.slot, task.anchor));
            --room;
        }
    }
}

void MemoryStore::enqueue(MemoryIndex index, Instant due) { queue(at(index).clock).push(index, due); }

void MemoryStore::make_ready(const MemoryFire& fire) {
    const std::size_t executor = at(fire.task).executor;
    if (ready_.size() <= executor) ready_.resize(executor + 1);
    ready_[executor].push_back(fire);
}

bool MemoryStore::has_ready(std::span<const std::size_t> rooms) const {
    for (std::size_t i = 0; i < ready_.size(); ++i) {
        if (!ready_[i].empty() && rooms[i] > 0) return true;
    }
    return false;
}

void MemoryStore::run_now(MemoryIndex index) {
    MemoryTask& task = at(index);
    ++task.busy;
    ++manual_;
    make_ready({.task = index,
                .key = {.uid = task.uid, .gen = task.gen, .kind = FireKind::manual, .slot = manual_},
                .last = manual_});
}

void MemoryStore::release(const MemoryFire& fire) {
    MemoryTask& task = at(fire.task);
    --task.runs;
    if (!task.removed) make_ready(fire);
    land(fire.task);
    unpin(fire.task);
}

bool MemoryStore::finish(const MemoryFire& fire) {
    MemoryTask& task = at(fire.task);
    --task.busy;
    bool ended = false;
    if (!task.removed) {
        if (!waiting_.empty()) {
            if (const auto found = waiting_.find(fire.task); found != waiting_.end()) {
                make_ready(found->second.front());
                found->second.pop_front();
                if (found->second.empty()) waiting_.erase(found);
            }
        }
        ended = end_if_over(fire.task);
    }
    land(fire.task);
    unpin(fire.task);
    return ended;
}

bool MemoryStore::end_if_over(MemoryIndex index) {
    const MemoryTask& task = at(index);
    if (task.removed || task.busy > 0 || task.status != TaskStatus::finished) return false;
    forget(index);
    return true;
}

MemoryHistoryRow* MemoryStore::record(const MemoryFire& fire) {
    if (!history_.enabled()) return nullptr;
    MemoryHistoryRow& row = history_.push([this](const MemoryHistoryRow& old) { unpin(old.fire.task); });
    ++at(fire.task).pins;
    row.fire = fire;
    row.claimed_at = row.started_at = row.finished_at = 0;
    row.reason = Reason::none;
    return &row;
}

void MemoryStore::record(const MemoryMiss& miss, const Now& now, std::string error) {
    const MemoryTask& task = at(miss.task);
    MemoryHistoryRow* row =
        record(MemoryFire{.task = miss.task,
                          .attempt = 0,
                          .key = {.uid = task.uid, .gen = task.gen, .kind = miss.kind, .slot = miss.miss.first},
                          .last = miss.miss.last,
                          .folded = miss.miss.count,
                          .exact = miss.miss.exact});
    if (row == nullptr) return;
    row->shift = task.clock == ClockLine::elapsed ? now.shift() : 0;
    row->state = miss.miss.state;
    row->reason = miss.miss.reason;
    row->finished_at = now.wall;
    if (!error.empty()) {
        row->texts = std::make_unique<MemoryHistoryRow::Texts>(MemoryHistoryRow::Texts{{}, std::move(error)});
    }
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
        const bool manual = row.fire.key.kind == FireKind::manual;
        out.first = manual ? row.claimed_at : row.fire.key.slot + row.shift;
        out.last = manual ? row.claimed_at : row.fire.last + row.shift;
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

std::vector<MemoryIndex> MemoryStore::list(const std::string& after, std::size_t limit) const {
    std::vector<std::pair<std::string_view, MemoryIndex>> found;
    for (const auto& [id, index] : by_id_) {
        if (id > after) found.emplace_back(id, index);
    }
    const auto end = found.begin() + static_cast<std::ptrdiff_t>(std::min(limit, found.size()));
    std::partial_sort(found.begin(), end, found.end());
    std::vector<MemoryIndex> indexes;
    for (auto it = found.begin(); it != end; ++it) indexes.push_back(it->second);
    return indexes;
}

std::vector<MemoryIndex> MemoryStore::all() const {
    std::vector<MemoryIndex> indexes;
    for (const auto& [id, index] : by_id_) indexes.push_back(index);
    return indexes;
}

}  // namespace uvsched
