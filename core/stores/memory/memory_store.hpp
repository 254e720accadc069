// MemoryStore: tasks that live as long as the process. It is data under the engine's lock, so that no call makes a
// round trip; what decides is the same planner that durable stores use. Not thread-safe. What throws bad_alloc has
// changed nothing, unless it says otherwise.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/stores/memory/memory_history.hpp"
#include "core/stores/memory/memory_task.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

class MemoryStore {
public:
    static constexpr MemoryIndex kNone = TimerQueue::kNone;

    explicit MemoryStore(std::size_t history) : history_(history) {}

    [[nodiscard]] MemoryIndex find(std::string_view id) const;  // kNone when there is none

    // A task that is over, while history has a row of it: the newest of that id, where no other took it since.
    [[nodiscard]] MemoryIndex find_over(std::string_view id) const;
    void forget_over(std::string_view id) { over_.erase(id); }
    [[nodiscard]] MemoryTask& at(MemoryIndex index) { return chunks_[index >> kChunkBits][index & (kChunk - 1)]; }
    [[nodiscard]] const MemoryTask& at(MemoryIndex index) const {
        return chunks_[index >> kChunkBits][index & (kChunk - 1)];
    }
    [[nodiscard]] std::size_t size() const noexcept { return by_id_.size(); }

    // Precondition: the id is free.
    MemoryIndex add(std::shared_ptr<const Definition> definition, const TaskState& state, std::uint16_t executor);

    // Takes clock, anchor, next_slot, next_due and status from `schedule` (task_rules.hpp: rescheduled()); rev grows.
    void reschedule(MemoryIndex index, const TaskState& schedule);

    // The same, and a miss is written to history.
    void reschedule(MemoryIndex index, const TaskState& schedule, const PlannedMiss& miss, const Now& now,
                    std::string error);

    // The same with another definition (same id). What another trigger ends is written to history, and is in `dropped`.
    void rewrite(MemoryIndex index, std::shared_ptr<const Definition> definition, std::uint16_t executor,
                 const TaskState& schedule, const Now& now, std::vector<Dropped>& dropped);

    // Tasks whose custom trigger must be asked (TaskState::next_slot as in Plan::asks). The asker takes them out; a
    // place may be named twice, or belong to another task by now. The asker answers with reschedule() or know().
    [[nodiscard]] std::vector<MemoryIndex>& asking() noexcept { return asking_; }
    void ask(MemoryIndex index);  // names it (again)

    // Tasks that claims left without a further time. The owner takes them out after each claim.
    [[nodiscard]] std::vector<MemoryIndex>& finished() noexcept { return finished_; }

    // The times behind the slot of a task that is being asked: it is due again, and is planned with them, once.
    void know(MemoryIndex index, TriggerPtr times);

    // Forgets a task. Its waiting and ready fires become skipped rows, and are in `dropped`. Its place stays until no
    // run and no row names it.
    void remove(MemoryIndex index, const Now& now, std::vector<Dropped>& dropped);

    // The `release` of tasks that are gone and that no run uses any more, since the last call: to be called with no
    // lock held.
    [[nodiscard]] bool any_gone() const noexcept { return !gone_.empty(); }
    void take_gone(Releases& into) noexcept { into.splice(into.end(), gone_); }

    // The earliest due times on each line; kLatest when there is none. Parked tasks don't count.
    [[nodiscard]] Instant next_due(ClockLine line) const noexcept { return queue(line).top_due(); }

    // Whether a claim would find something ready, or what a run kept from being planned.
    [[nodiscard]] bool has_ready(std::span<const std::size_t> rooms) const;

    // Whether something ready or due has found no room.
    [[nodiscard]] bool wants_room() const noexcept;

    // Where it throws, `fires` and `misses` hold what was claimed before. Their rows of history cannot fail.
    // Claims up to `limit` fires that are due, most overdue first, of executors that have room; `rooms` (by executor
    // number) counts down. Each fire pins its task. Due tasks of a full executor are set apart, parked, until a call
    // that finds room.
    void claim(const Now& now, std::size_t limit, std::span<std::size_t> rooms, std::vector<MemoryFire>& fires,
               std::vector<MemoryMiss>& misses);

    // The scheduler starts (FireKind::boot) or shuts down: one fire for each active task on such a trigger, at once.
    // While max_instances runs of it are in flight it waits for one to end; it is not skipped.
    void fire_events(FireKind kind, const Now& now);

    // Claims ready fires of a shutdown, and no others, as claim() does.
    void claim_shutdown(std::size_t limit, std::span<std::size_t> rooms, std::vector<MemoryFire>& fires);

    // Whether fires of a shutdown are ready, or wait.
    [[nodiscard]] bool any_shutdown() const;
    // How many fires of a shutdown are ready, or wait; or, before they are made, will be.
    [[nodiscard]] std::size_t shutdowns() const;
    [[nodiscard]] std::size_t shutdowns_to_come() const;

    // Drops fires of a start or a shutdown that have not begun, of those executors for which `drops` says so (by
    // executor number): skipped, for the caller to record.
    void drop_events(FireKind kind, const std::vector<bool>& drops, std::vector<MemoryMiss>& misses);

    // A manual fire, ready at once.
    void run_now(MemoryIndex index, const Now& now);

    // A claimed fire that never started comes back; it is ready again.
    void release(const MemoryFire& fire);

    // After remove(), or a rewrite() with another trigger: a claimed fire that has not begun ends too, as skipped; its
    // run holds the task until let_go(). Never fails. `definition`: the task's before.
    void end_claimed(const MemoryFire& fire, const Definition& definition, Reason reason, const Now& now,
                     std::vector<Dropped>& dropped) noexcept;
    void let_go(const MemoryFire& fire) noexcept;

    // The next so many record() cannot fail.
    void reserve_history(std::size_t rows) { history_.reserve(rows); }

    // The same for the record() and the finish() of this fire.
    void reserve_end(const MemoryFire& fire);

    // A fire ended. Never fails after reserve_end(). Promotes the task's oldest waiting fire. True if the task has
    // ended with it: it is finished.
    bool finish(const MemoryFire& fire) noexcept;

    // Forgets a task that has no further time and no run. True when it did.
    bool end_if_over(MemoryIndex index) noexcept;

    // Writes a row of history (before finish(), which may end the task).
    MemoryHistoryRow* record(const MemoryFire& fire);
    void record(const MemoryMiss& miss, const Now& now, std::string error = {});

    void history(const HistoryQuery& query, std::vector<HistoryRow>& rows) const;

    // Places of tasks are below this. Calls visit(index) for each task in them from `begin` on; it may remove that one.
    [[nodiscard]] MemoryIndex places() const noexcept { return used_; }
    template <class Visit>
    void each(MemoryIndex begin, MemoryIndex end, Visit&& visit) {
        for (MemoryIndex index = begin; index < std::min(end, used_); ++index) {
            const MemoryTask& task = at(index);
            if (task.definition != nullptr && !task.removed) visit(index);
        }
    }

private:
    static constexpr unsigned kChunkBits = 10;
    static constexpr MemoryIndex kChunk = 1U << kChunkBits;

    [[nodiscard]] TimerQueue& queue(ClockLine line) noexcept { return queues_[line == ClockLine::wall ? 0 : 1]; }
    [[nodiscard]] const TimerQueue& queue(ClockLine line) const noexcept {
        return queues_[line == ClockLine::wall ? 0 : 1];
    }
    void unpark(std::span<const std::size_t> rooms);
    void claim_ready(std::size_t limit, std::span<std::size_t> rooms, std::vector<MemoryFire>& fires);
    void begin(MemoryFire& fire, std::size_t& room, std::vector<MemoryFire>& fires);
    void claim_top(TimerQueue& due, Instant now, Micros to_wall, std::span<std::size_t> rooms,
                   std::vector<MemoryFire>& fires, std::vector<MemoryMiss>& misses);
    void plan_top(TimerQueue& due, MemoryIndex index, MemoryTask& task, Instant now, Micros to_wall,
                  std::span<std::size_t> rooms, std::vector<MemoryFire>& fires, std::vector<MemoryMiss>& misses);
    void make_room(MemoryIndex index, const Definition& definition, std::uint16_t executor);
    void make_place(MemoryIndex index, const TaskState& state);
    void place(MemoryIndex index, const TaskState& state);
    void change_definition(MemoryIndex index, std::shared_ptr<const Definition> definition, std::uint16_t executor);
    template <class Visit>
    void each_unstarted(MemoryIndex index, Reason reason, Visit&& visit);
    void describe_unstarted(MemoryIndex index, Reason reason, std::vector<Dropped>& dropped);
    void end_unstarted(MemoryIndex index, Reason reason, const Now& now);
    void record_unstarted(const MemoryFire& fire, Reason reason, const Now& now) noexcept;
    void adopt(MemoryIndex index, std::shared_ptr<const Definition> definition, std::uint16_t executor) noexcept;
    void enqueue(MemoryIndex index, Instant due);
    void park(MemoryIndex index);
    bool promote(MemoryIndex index) noexcept;
    [[nodiscard]] static bool has_next_piece(const MemoryTask& task) noexcept;
    void begin_next_piece(MemoryIndex index) noexcept;
    void forget(MemoryIndex index) noexcept;
    void land(MemoryIndex index) noexcept;
    void release_if_unused(MemoryTask& task) noexcept;
    void unpin(MemoryIndex index) noexcept;

    std::vector<std::unique_ptr<MemoryTask[]>> chunks_;
    MemoryIndex used_ = 0;
    std::vector<MemoryIndex> free_;  // with room for every place
    Releases gone_;
    std::unordered_map<std::string_view, MemoryIndex> by_id_;      // views into the definitions
    std::unordered_map<std::string_view, MemoryIndex> over_;       // the same, of places that are pinned
    std::array<TimerQueue, 2> queues_;                             // wall, elapsed
    std::vector<std::deque<std::pair<MemoryIndex, Uid>>> parked_;  // by executor, the longest waiting first
    // Lists, so that a fire goes on from one to another without needing memory.
    using Fires = std::list<MemoryFire>;
    std::unordered_map<MemoryIndex, Fires> waiting_;  // behind an earlier run of the same task
    std::vector<Fires> ready_;                        // by executor: manual, released, promoted
    // Definitions that runs in flight were made with, and that were changed since.
    std::unordered_map<MemoryIndex, std::vector<std::shared_ptr<const Definition>>> outlived_;
    std::vector<MemoryIndex> asking_;
    std::vector<MemoryIndex> finished_;
    std::unordered_map<MemoryIndex, TriggerPtr> known_;  // times of custom triggers, for the next plan
    std::int64_t manual_ = 0;
    std::set<MemoryIndex> events_;  // tasks on a trigger that is an event
    bool next_piece_ = false;       // of a long pile, or what was put off, is due since the last claim
    Plan plan_;
    MemoryHistory history_;
};

}  // namespace uvsched
