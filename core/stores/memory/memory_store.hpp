// MemoryStore: tasks that live as long as the process. It is data under the engine's lock, so that no call makes a
// round trip; what decides is the same planner that durable stores use. Not thread-safe.
#pragma once

#include <array>
#include <deque>
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

// The present on both clock lines.
struct Now {
    Instant wall = 0;
    Instant elapsed = 0;
    [[nodiscard]] Instant on(ClockLine line) const noexcept { return line == ClockLine::wall ? wall : elapsed; }
    [[nodiscard]] Micros shift() const noexcept { return wall - elapsed; }
};

class MemoryStore {
public:
    static constexpr MemoryIndex kNone = TimerQueue::kNone;

    explicit MemoryStore(std::size_t history) : history_(history) {}

    [[nodiscard]] MemoryIndex find(std::string_view id) const;  // kNone when there is none
    [[nodiscard]] MemoryTask& at(MemoryIndex index) { return chunks_[index >> kChunkBits][index & (kChunk - 1)]; }
    [[nodiscard]] const MemoryTask& at(MemoryIndex index) const {
        return chunks_[index >> kChunkBits][index & (kChunk - 1)];
    }
    [[nodiscard]] std::size_t size() const noexcept { return by_id_.size(); }

    // Precondition: the id is free.
    MemoryIndex add(std::shared_ptr<const Definition> definition, const TaskState& state, std::uint16_t executor);

    // Takes a new definition (same id), keeping state.
    void redefine(MemoryIndex index, std::shared_ptr<const Definition> definition, std::uint16_t executor);

    // Takes clock, anchor, next_slot, next_due and status from `state`; rev grows, and gen where `rebase`.
    void reschedule(MemoryIndex index, const TaskState& state, bool rebase);

    // Tasks whose custom trigger must be asked (TaskState::next_slot as in Plan::asks), since the last call; a place may
    // be named twice, or be somebody else's by now. Whoever gets them asks, and answers with reschedule() or know().
    [[nodiscard]] std::vector<MemoryIndex> take_asking() { return std::exchange(asking_, {}); }
    void ask(MemoryIndex index);  // names it (again)

    // The times behind the slot of a task that is being asked: it is due again, and is planned with them, once.
    void know(MemoryIndex index, TriggerPtr times);

    // Forgets a task. Its waiting and ready fires become skipped rows. Its place stays until no run and no row names
    // it.
    void remove(MemoryIndex index, Reason reason, const Now& now, std::vector<MemoryMiss>& misses);

    // The same for its waiting and ready fires alone; they are not written to history.
    void drop_waiting(MemoryIndex index, Reason reason, std::vector<MemoryMiss>& misses);

    // The `release` of tasks that are gone and that no run uses any more, since the last call: to be called with no
    // lock held.
    [[nodiscard]] bool any_gone() const noexcept { return !gone_.empty(); }
    std::vector<std::function<void()>> take_gone() { return std::exchange(gone_, {}); }

    // The earliest due times on each line; kLatest when there is none. Parked tasks don't count.
    [[nodiscard]] Instant next_due(ClockLine line) const noexcept { return queue(line).top_due(); }
    [[nodiscard]] bool has_ready(std::span<const std::size_t> rooms) const;

    // Claims up to `limit` fires that are due, most overdue first, of executors that have room; `rooms` (by executor
    // number) counts down. Each fire pins its task. Due tasks of a full executor are set apart, parked, until a call
    // that finds room.
    void claim(const Now& now, std::size_t limit, std::span<std::size_t> rooms, std::vector<MemoryFire>& fires,
               std::vector<MemoryMiss>& misses);

    // The scheduler starts (FireKind::boot) or shuts down: one fire of each active task on such a trigger, ready at once.
    // While max_instances runs of it are in flight it waits for one to end; it is not skipped.
    void fire_events(FireKind kind, const Now& now);

    // Claims ready fires of a shutdown, and no others, as claim() does.
    void claim_shutdown(std::size_t limit, std::span<std::size_t> rooms, std::vector<MemoryFire>& fires);

    // Whether fires of a shutdown are ready, or wait.
    [[nodiscard]] bool any_shutdown() const;

    // Drops fires of a start or a shutdown that have not begun, of those executors for which `drops` says so (by
    // executor number): skipped, for the caller to record.
    void drop_events(FireKind kind, const std::vector<bool>& drops, std::vector<MemoryMiss>& misses);

    // A manual fire, ready at once.
    void run_now(MemoryIndex index);

    // A claimed fire that never started comes back; it is ready again.
    void release(const MemoryFire& fire);

    // A fire ended. Promotes the task's oldest waiting fire. True when this was the end of the task: it is finished.
    bool finish(const MemoryFire& fire);

    // Forgets a task that has no further time and no run. True when it did.
    bool end_if_over(MemoryIndex index);

    // Writes a row of history (before finish(), which may end the task).
    MemoryHistoryRow* record(const MemoryFire& fire);
    void record(const MemoryMiss& miss, const Now& now, std::string error = {});

    void history(const HistoryQuery& query, std::vector<HistoryRow>& rows) const;

    // Tasks in order of id, after `after`.
    [[nodiscard]] std::vector<MemoryIndex> list(const std::string& after, std::size_t limit) const;
    [[nodiscard]] std::vector<MemoryIndex> all() const;

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
    void adopt(MemoryIndex index, std::shared_ptr<const Definition> definition, std::uint16_t executor);
    void enqueue(MemoryIndex index, Instant due);
    void park(MemoryIndex index);
    void make_ready(const MemoryFire& fire);
    void forget(MemoryIndex index);
    void land(MemoryIndex index);
    void release_if_unused(MemoryTask& task);
    void unpin(MemoryIndex index);

    std::vector<std::unique_ptr<MemoryTask[]>> chunks_;
    MemoryIndex used_ = 0;
    std::vector<MemoryIndex> free_;
    std::vector<std::function<void()>> gone_;
    std::unordered_map<std::string_view, MemoryIndex> by_id_;          // views into the definitions
    std::array<TimerQueue, 2> queues_;                                 // wall, elapsed
    std::vector<std::deque<std::pair<MemoryIndex, Uid>>> parked_;      // by executor, the longest waiting first
    std::unordered_map<MemoryIndex, std::deque<MemoryFire>> waiting_;  // behind an earlier run of the same task
    std::vector<std::deque<MemoryFire>> ready_;                        // by executor: manual, released, promoted
    // Definitions that runs in flight were made with, and that were changed since.
    std::unordered_map<MemoryIndex, std::vector<std::shared_ptr<const Definition>>> outlived_;
    std::vector<MemoryIndex> asking_;
    std::unordered_map<MemoryIndex, TriggerPtr> known_;  // times of custom triggers, for the next plan
    std::int64_t manual_ = 0;
    std::set<MemoryIndex> events_;  // tasks on a trigger that is an event
    Plan plan_;
    MemoryHistory history_;
};

}  // namespace uvsched
