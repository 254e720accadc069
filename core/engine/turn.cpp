// What the loop thread does each time it wakes: see what is due, claim it, hand it on, and say how long to sleep.
#include <algorithm>
#include <utility>

#include "core/engine/engine.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/executors/invoke.hpp"

namespace uvsched {
namespace {

constexpr std::size_t kBatch = 64;       // fires claimed under one lock
constexpr std::size_t kLookLimit = 256;  // fires asked of a durable store at once
constexpr Micros kStep = kMillisecond;   // a smaller change of wall - elapsed is not a step of the clock
constexpr Micros kSlowInline = 100 * kMillisecond;

}  // namespace

Now Engine::read_clock() const {
    const ClockReading reading = clock_->read();
    return {.wall = reading.wall, .elapsed = reading.elapsed};
}

Now Engine::now_of(const StoreSlot& store, const Now& raw) const {
    return {.wall = raw.wall,
            .elapsed = raw.elapsed + (store.memory ? store.elapsed_base : store.durable->elapsed_base.load())};
}

Instant Engine::turn() {
    std::vector<RunSlot*> batch;
    while (true) {
        {
            Lock lock(*this);
            const Now raw = read_clock();
            const std::uint64_t asked = idle_asked_;
            notice_step(raw);
            expire_asks(raw);
            batch.swap(dispatch_);
            if (state_ == SchedulerState::running && !stop_requested_) {
                measure_rooms();
                claim_memory(raw);
                post_looks(raw);
            } else if (shutting_down_) {
                measure_rooms();
                claim_shutdown(raw);
            }
            batch.insert(batch.end(), dispatch_.begin(), dispatch_.end());
            dispatch_.clear();
            if (state_ != SchedulerState::stopping && !stop_requested_) ask_memory();
            flush_outboxes();
            if (batch.empty()) {
                if (idle_told_ != asked && idle(raw)) {
                    idle_told_ = asked;
                    idle_changed_.notify_all();
                }
                armed_ = std::min(next_deadline(raw), ask_deadline(raw));
                return armed_;
            }
        }
        dispatch(batch);
        batch.clear();
    }
}

void Engine::notice_step(const Now& raw) {
    const Micros change = raw.shift() - clock_offset_;
    if (change > -kStep && change < kStep) return;
    clock_offset_ = raw.shift();
    for (StoreSlot& slot : stores_) {
        DurableSlot* const durable = slot.durable.get();
        if (durable == nullptr || !durable->open) continue;
        Batch batch;
        batch.shift = change;
        ++durable->unflushed;
        durable->thread->post(
            {.batch = std::move(batch), .looks = {}, .retry = true, .done = [this, durable](StoreReply&&) {
                 const std::lock_guard lock(mutex_);
                 --durable->unflushed;
                 signal_locked();
             }});
    }
    if (!bus_.wants(EventCode::clock_step)) return;
    Event event;
    event.code = EventCode::clock_step;
    event.at = raw.wall;
    event.count = change;
    event.message = "the wall clock was set by " + std::to_string(change) + " microseconds";
    bus_.emit(std::move(event));
}

void Engine::measure_rooms() {
    for (std::size_t i = 0; i < executors_.size(); ++i) {
        const ExecutorSlot& slot = executors_[i];
        const std::size_t room = slot.executor ? slot.executor->room() : kBatch;
        rooms_[i] = room > slot.reserved ? room - slot.reserved : 0;
    }
}

void Engine::claim_memory(const Now& raw) {
    for (std::uint16_t i = 0; i < store_count(); ++i) {
        StoreSlot& store = stores_[i];
        if (!store.memory) continue;
        const Now now = now_of(store, raw);
        fires_.clear();
        misses_.clear();
        store.memory->claim(now, kBatch, rooms_, fires_, misses_);
        for (const MemoryFire& fire : fires_) dispatch_.push_back(&make_memory_run(i, fire, now));
        if (!misses_.empty()) record_misses(i, misses_, now);
    }
}

void Engine::claim_shutdown(const Now& raw) {
    for (std::size_t i = 0; i < executors_.size(); ++i) {
        unattended_[i] = executors_[i].executor && !executors_[i].executor->attended();
    }
    for (std::uint16_t i = 0; i < store_count(); ++i) {
        StoreSlot& store = stores_[i];
        if (!store.memory) continue;
        const Now now = now_of(store, raw);
        fires_.clear();
        misses_.clear();
        store.memory->drop_events(FireKind::shutdown, unattended_, misses_);
        if (!misses_.empty()) record_misses(i, misses_, now);
        store.memory->claim_shutdown(kBatch, rooms_, fires_);
        for (const MemoryFire& fire : fires_) dispatch_.push_back(&make_memory_run(i, fire, now));
    }
}

void Engine::post_looks(const Now& raw) {
    for (std::uint16_t i = 0; i < store_count(); ++i) {
        DurableSlot* const durable = stores_[i].durable.get();
        if (durable == nullptr || !durable->open || durable->look_pending) continue;
        const Now now = now_of(stores_[i], raw);
        StoreRequest request;
        std::vector<Store::Wake> asked(durable->wakes.size());
        for (const LaneGroup& group : *durable->groups) {
            const bool due = is_due(durable->wakes[group.executor], now);
            if (!due || rooms_[group.executor] == 0 || durable->not_before[group.executor] > now.wall) continue;
            request.looks.push_back({group.executor, group.lanes, std::min(rooms_[group.executor], kLookLimit)});
            asked[group.executor] = durable->wakes[group.executor];
        }
        if (request.looks.empty()) continue;
        durable->look_pending = true;
        durable->looked = std::move(asked);
        request.done = [this, i](StoreReply&& reply) { looked(i, std::move(reply)); };
        durable->thread->post(std::move(request));
    }
}

Instant Engine::next_deadline(const Now& raw) const {
    if (state_ != SchedulerState::running || stop_requested_) return kLatest;
    Instant deadline = kLatest;
    for (const StoreSlot& store : stores_) {
        const Now now = now_of(store, raw);
        if (store.memory) {
            deadline = std::min(deadline, store.memory->next_due(ClockLine::wall));
            const Instant elapsed = store.memory->next_due(ClockLine::elapsed);
            if (elapsed != kLatest) deadline = std::min(deadline, saturating_add(elapsed, now.shift()));
            continue;
        }
        const DurableSlot& durable = *store.durable;
        if (!durable.open || durable.look_pending) continue;  // the reply will wake the loop
        for (const LaneGroup& group : *durable.groups) {
            if (rooms_[group.executor] == 0) continue;  // has_room() will
            const Store::Wake& wake = durable.wakes[group.executor];
            Instant due = wake.wall.value_or(kLatest);
            if (wake.elapsed) due = std::min(due, saturating_add(*wake.elapsed, now.shift()));
            if (due != kLatest) deadline = std::min(deadline, std::max(due, durable.not_before[group.executor]));
        }
    }
    return deadline;
}

bool Engine::idle(const Now& raw) const {
    if (runs_.live() > 0 || !dispatch_.empty() || asks_under_way()) return false;
    for (const StoreSlot& store : stores_) {
        if (store.durable && (store.durable->look_pending || store.durable->unflushed > 0)) return false;
    }
    return state_ != SchedulerState::running || next_deadline(raw) > raw.wall;
}

void Engine::has_room() {
    const std::lock_guard lock(mutex_);
    signal_locked();
}

// Hands runs to their executors, those of one executor together, and calls inline ones itself. No lock is held.
void Engine::dispatch(std::vector<RunSlot*>& batch) {
    std::stable_sort(batch.begin(), batch.end(),
                     [](const RunSlot* a, const RunSlot* b) { return a->executor < b->executor; });
    std::vector<Run*> runs;
    for (auto begin = batch.begin(); begin != batch.end();) {
        const std::uint16_t executor = (*begin)->executor;
        const auto end =
            std::find_if(begin, batch.end(), [&](const RunSlot* slot) { return slot->executor != executor; });
        const ExecutorSlot& target = executors_[executor];
        if (!target.executor) {
            call_inline({begin, end});
        } else {
            runs.clear();
            for (auto it = begin; it != end; ++it) runs.push_back(&(*it)->run);
            {
                const std::lock_guard lock(mutex_);
                for (auto it = begin; it != end; ++it) (*it)->submitted = true;
            }
            target.executor->submit(runs);
            const std::lock_guard lock(mutex_);
            executors_[executor].reserved -= runs.size();
        }
        begin = end;
    }
}

void Engine::call_inline(std::span<RunSlot* const> runs) {
    const CallbackScope scope(this, true);
    std::vector<std::pair<FireState, Instant>> ends;
    ends.reserve(runs.size());
    Instant now = clock_->wall();
    for (RunSlot* const slot : runs) {
        slot->run.started = now;
        const FireState state = invoke(slot->run);
        const Instant end = clock_->wall();
        if (end - now > kSlowInline && bus_.wants(EventCode::slow_inline)) {
            Event event;
            event.code = EventCode::slow_inline;
            event.at = end;
            event.task_id = slot->run.task->id;
            event.count = event.duration = end - now;
            event.message = "an inline task held the loop: every other task waited";
            bus_.emit(std::move(event));
        }
        ends.emplace_back(state, end);
        now = end;
    }
    const Lock lock(*this);
    executors_[runs.front()->executor].reserved -= runs.size();
    for (std::size_t i = 0; i < runs.size(); ++i) {
        Run& run = runs[i]->run;
        finish_locked(*runs[i], ends[i].first, std::move(run.result), std::move(run.error), ends[i].second);
    }
    flush_outboxes();
}

}  // namespace uvsched
