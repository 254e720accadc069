// Runs: the runs in flight, from claim to end. Guarded by the engine's mutex.
//
//   make, begin ──▶ in flight ──▶ ended or unstarted ──▶ recorded by the home of its task ──▶ free
//                     │                  │
//                     │                  └ if there is no memory for that, the run waits in back() and loses nothing
//                     └ starting: its turn has come, and its home writes that
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/runs/function_table.hpp"
#include "core/runs/run_table.hpp"

namespace uvsched {

class Runs {
public:
    // `homes`: the number of homes. Release functions of functions that go are added to `releases`.
    Runs(std::size_t homes, Releases& releases) : releases_(releases) { make_room(homes); }
    Runs(const Runs&) = delete;
    Runs& operator=(const Runs&) = delete;
    ~Runs() = default;

    [[nodiscard]] FunctionTable& functions() noexcept { return functions_; }
    [[nodiscard]] const FunctionTable& functions() const noexcept { return functions_; }

    // There are so many homes by now. Throws bad_alloc.
    void make_room(std::size_t homes) {
        while (lines_.size() < homes) lines_.push_back(std::make_unique<HomeRuns>());
    }

    // The next `runs` calls of make() cannot fail.
    void reserve(std::size_t runs) { table_.reserve(runs); }
    RunSlot& make() { return table_.make(); }

    // A run of this task is on its way. `function` stays alive until free().
    void begin(RunSlot& slot, const Definition& task, FunctionVersion* function) noexcept {
        Run& run = slot.run;
        run.task = &task;
        slot.lines = lines_[slot.store].get();
        slot.function = function;
        FunctionTable::pin(function);
        run.function = function == nullptr ? nullptr : function->function.call;
        run.user_data = function == nullptr ? nullptr : function->function.user_data;
        run.function_token = function == nullptr ? 0 : function->function.token;
        run.gated = false;
        run.started = 0;
        ++started_;
    }

    // Its turn has come: its home writes its start, before anything else happens to the run.
    void starting(RunSlot& slot) noexcept { slot.lines->starting.push(slot); }
    [[nodiscard]] RunLine& starting(std::uint16_t home) noexcept { return lines_[home]->starting; }

    // It ended; its result and error are in the run.
    void ended(RunSlot& slot, FireState state, Instant now) noexcept {
        slot.end_state = state;
        slot.ended_at = now;
        bring_back(slot, RunSlot::Back::ended);
    }
    // The loop thread called it inline. That thread needs no lock for this: nobody else knows the run's number. The run
    // counts as ended from end_called() on.
    void called(RunSlot& slot, FireState state, Instant now) noexcept {
        slot.end_state = state;
        slot.ended_at = now;
        slot.come_back(RunSlot::Back::ended);
        slot.lines->called.push(slot);
    }
    // The same of one that is not called any more.
    void left(RunSlot& slot) noexcept {
        slot.come_back(RunSlot::Back::unstarted);
        slot.lines->called.push(slot);
    }
    void end_called() noexcept {
        for (const auto& lines : lines_) lines->back.splice(lines->called);
    }
    // The run comes back without having been called.
    void unstarted(RunSlot& slot) noexcept { bring_back(slot, RunSlot::Back::unstarted); }

    // The runs of a home that came back, in order, for the home to record.
    [[nodiscard]] RunLine& back(std::uint16_t home) noexcept { return lines_[home]->back; }

    // How the run ended is recorded, or on its way into the store.
    void free(RunSlot& slot) noexcept {
        if (slot.came_back() == RunSlot::Back::ended && slot.end_state != FireState::missed) {
            ++finished_;
        } else {
            --started_;
        }
        functions_.unpin(slot.function, releases_);
        table_.free(slot);
    }

    // nullptr for a run that is gone or came back.
    [[nodiscard]] RunSlot* in_flight(std::uint64_t id) const noexcept {
        RunSlot* const slot = table_.find(id);
        return slot == nullptr || slot->came_back() != RunSlot::Back::no ? nullptr : slot;
    }
    // nullptr for a run that does not wait for its start gate.
    [[nodiscard]] RunSlot* at_gate(std::uint64_t id) const noexcept {
        RunSlot* const slot = table_.find(id);
        if (slot == nullptr || slot->gate != RunSlot::Gate::asked) return nullptr;
        return slot->came_back() == RunSlot::Back::no ? slot : nullptr;
    }
    template <class Visit>
    void each(Visit&& visit) const {
        table_.each(visit);
    }
    [[nodiscard]] std::int64_t live() const noexcept { return table_.live(); }

    // Numbers of runs that were handed to executors, and that ended, since the scheduler was made.
    [[nodiscard]] std::int64_t started() const noexcept { return started_; }
    [[nodiscard]] std::int64_t finished() const noexcept { return finished_; }

private:
    void bring_back(RunSlot& slot, RunSlot::Back back) noexcept {
        slot.come_back(back);
        slot.lines->back.push(slot);
    }

    RunTable table_;
    FunctionTable functions_;
    std::vector<std::unique_ptr<HomeRuns>> lines_;  // by store: the loop thread has some in its hands, without a lock
    Releases& releases_;
    std::int64_t started_ = 0;
    std::int64_t finished_ = 0;
};

}  // namespace uvsched
