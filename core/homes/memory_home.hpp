// MemoryHome: tasks that live as long as the process. They are data under the engine's mutex, so no call waits for a
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/homes/task_home.hpp"
#include "core/stores/memory/memory_store.hpp"

namespace uvsched {

class MemoryHome final : public TaskHome {
public:
    // `history`: the most rows that the history keeps.
    MemoryHome(const EngineParts& parts, std::uint16_t number, std::string alias, std::size_t history);

    [[nodiscard]] bool durable() const noexcept override { return false; }

    AddOutcome add(NewTask&& task, bool starting) override;
    std::optional<TaskView> edit(const std::string& id, const Edit& edit, std::optional<TaskToken> token) override;
    bool remove(const std::string& id) override;
    std::int64_t remove_all() override;
    bool run_now(const std::string& id) override;
    std::optional<TaskView> get(const std::string& id) override;
    std::vector<HistoryRow> history(const HistoryQuery& query) override;
    std::optional<TaskView> get_over(const std::string& id) override;
    bool forget_over(const std::string& id) override;
    void begin_list(ListPlace& place) override;
    void count(TaskCounts& counts) override;
    void list(const ListPlace& place, std::size_t limit, bool finished, std::vector<TaskView>& views) override;

    // The definition of a task; nullptr if there is no task of this id.
    [[nodiscard]] std::shared_ptr<const Definition> find(const std::string& id) const;

    void executor_added() override {}
    void executor_removed(std::uint16_t executor) noexcept override;
    void started(const Now& now) override;
    void catch_up(const Now& now) override;
    void settle() noexcept override;
    void called(const RunSlot& slot) noexcept override;
    void claim(const Now& now) override;
    void flush() noexcept override;
    [[nodiscard]] Instant next_deadline(const Now& now) const override;
    [[nodiscard]] bool has_ready() const override { return store_.has_ready(parts_.dispatcher.rooms()); }
    [[nodiscard]] bool wants_room(const Now& /*now*/) const override { return store_.wants_room(); }
    [[nodiscard]] bool quiet() const override { return true; }
    void begin_shutdown(const Now& now) override;
    void claim_shutdown(const Now& now) override;
    [[nodiscard]] bool any_shutdown() const override { return store_.any_shutdown(); }
    [[nodiscard]] std::size_t shutdowns_to_come() const override { return ending_ ? 0 : store_.shutdowns_to_come(); }
    [[nodiscard]] std::size_t shutdowns_left() const override { return store_.shutdowns(); }
    void clear() override;

    // AskHome
    void answer(const Ask& ask, bool ended) override;
    void give_up(const Ask& ask, const std::string& what) override;
    void forget(const Ask& ask) override;

private:
    [[nodiscard]] Now on_lines(const Now& now) const noexcept {
        return {.wall = now.wall, .elapsed = saturating_add(now.elapsed, elapsed_base_)};
    }
    [[nodiscard]] Now present() const { return on_lines(parts_.shared.now()); }

    AddOutcome create(NewTask&& task, const Now& now);
    AddOutcome replace(MemoryIndex index, NewTask&& task, bool starting, const Now& now);
    void end(MemoryIndex index, const PlannedMiss& miss, const Over& over, const Now& now) noexcept;
    void end_if_over(MemoryIndex index) noexcept;
    void record_claim(const Now& now);
    void tell_finished() noexcept;
    void forget(MemoryIndex index, const Now& now);
    void set_token(MemoryTask& task, std::uint64_t token, Releases&& release) noexcept;
    void wake_for(const TaskState& state, const Now& now);
    [[nodiscard]] TaskView view(MemoryIndex index) const;
    void show(TaskView& view, MemoryIndex index) const noexcept;
    [[nodiscard]] bool is_asked(const Ask& ask) const;
    void ask();
    void make_runs(const Now& now);
    void make_run(const MemoryFire& fire, const Now& now);
    void finish(RunSlot& slot, Reason reason);
    void release(RunSlot& slot);
    void let_go(RunSlot& slot) noexcept;
    void record_misses(const Now& now);
    void end_claimed(MemoryIndex index, const Definition& definition, Reason reason, const Now& now) noexcept;
    void tell_dropped(const Now& now);
    void take_gone() noexcept { store_.take_gone(parts_.shared.releases); }

    MemoryStore store_;
    Micros elapsed_base_ = 0;          // elapsed line = Clock::elapsed() + this
    std::optional<Now> boot_;          // set while the boot fires of this start are still to be made
    bool ending_ = false;              // the shutdown fires are made
    std::vector<MemoryFire> claimed_;  // their runs are made next; they stay here if there is no memory for that
    std::vector<MemoryMiss> misses_;   // a member to keep its capacity
    std::vector<Dropped> dropped_;
};

}  // namespace uvsched
