// RunTable: the runs in flight, by number and generation; no allocation for a fire. Guarded by the engine's mutex.
#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/memory.hpp"
#include "core/executors/executor.hpp"
#include "core/ledger/records.hpp"
#include "core/runs/function_table.hpp"
#include "core/stores/memory/memory_task.hpp"

namespace uvsched {

struct HomeRuns;

// A run, its home and its executor.
struct RunSlot {
    Run run;
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    bool live = false;
    bool submitted = false;  // handed to its executor; only the loop thread uses this
    // A run of a durable store is `running` in the ledger once its start gate has let it pass. The engine asks when its
    // turn comes.
    enum class Gate : std::uint8_t {
        none,    // of a memory store
        closed,  // not asked yet
        asked,   // Run::gated: it waits for the answer
        open,    // it has passed, or need not wait for the answer
    } gate = Gate::none;
    // Only the loop thread sets `begun` of an inline run, with no lock held.
    std::atomic<bool> begun{false};    // it is called
    std::atomic<bool> dropped{false};  // its fire has ended without it: it is not called any more
    // How the run came back. Its home records that at once, or when there is memory.
    enum class Back : std::uint8_t { no, ended, unstarted };
    // The loop thread sets it for an inline run, with no lock held.
    std::atomic<Back> back{Back::no};
    void come_back(Back how) noexcept { back.store(how, std::memory_order_relaxed); }
    [[nodiscard]] Back came_back() const noexcept { return back.load(std::memory_order_relaxed); }
    FireState end_state = FireState::done;  // with Run::result and Run::error
    Instant ended_at = 0;
    RunSlot* next = nullptr;  // in a RunLine; a run is in one at most
    std::uint16_t store = 0;
    HomeRuns* lines = nullptr;  // of its home
    std::uint16_t executor = 0;
    Instant claimed_at = 0;
    FunctionVersion* function = nullptr;

    MemoryFire fire;  // of a memory store

    FireRef ref;  // of a durable store, and the rest
    std::shared_ptr<const Definition> definition;
};

// A queue of runs that needs no memory of its own.
class RunLine {
public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    void push(RunSlot& slot) noexcept {
        slot.next = nullptr;
        (first_ == nullptr ? first_ : last_->next) = &slot;
        last_ = &slot;
        ++size_;
    }
    void push_front(RunSlot& slot) noexcept {
        slot.next = first_;
        if (first_ == nullptr) last_ = &slot;
        first_ = &slot;
        ++size_;
    }
    // Takes over all of `other`, behind its own.
    void splice(RunLine& other) noexcept {
        if (other.empty()) return;
        (first_ == nullptr ? first_ : last_->next) = other.first_;
        last_ = other.last_;
        size_ += other.size_;
        other = {};
    }
    RunSlot* pop() noexcept {
        --size_;
        return std::exchange(first_, first_->next);
    }

private:
    RunSlot* first_ = nullptr;
    RunSlot* last_ = nullptr;
    std::size_t size_ = 0;
};

// The runs of one home that need something done.
struct HomeRuns {
    RunLine starting;
    RunLine called;  // the loop thread's own
    RunLine back;
};

class RunTable {
public:
    // The next `runs` calls of make() cannot fail.
    void reserve(std::size_t runs) {
        while (free_.size() < runs) grow();
    }

    RunSlot& make() {
        if (free_.empty()) grow();
        RunSlot& slot = *free_.back();
        free_.pop_back();
        slot.live = true;
        slot.submitted = false;
        slot.gate = RunSlot::Gate::none;
        slot.begun.store(false, std::memory_order_relaxed);
        slot.dropped.store(false, std::memory_order_relaxed);
        slot.come_back(RunSlot::Back::no);
        slot.run.id = (static_cast<std::uint64_t>(++slot.generation) << 32U) | slot.index;
        slot.run.cancelled.store(false, std::memory_order_relaxed);
        ++live_;
        return slot;
    }

    void free(RunSlot& slot) noexcept {
        slot.live = false;
        slot.definition.reset();
        slot.run.result.clear();
        slot.run.error.clear();
        free_.push_back(&slot);
        --live_;
    }

    // nullptr for a run that has ended.
    [[nodiscard]] RunSlot* find(std::uint64_t id) const {
        const auto index = static_cast<std::uint32_t>(id);
        if (index >= chunks_.size() * kChunk) return nullptr;
        RunSlot& slot = chunks_[index / kChunk][index % kChunk];
        return slot.live && slot.run.id == id ? &slot : nullptr;
    }

    template <class Visit>
    void each(Visit&& visit) const {
        for (const auto& chunk : chunks_) {
            for (std::size_t i = 0; i < kChunk; ++i) {
                if (chunk[i].live) visit(chunk[i]);
            }
        }
    }

    [[nodiscard]] std::int64_t live() const noexcept { return live_; }

private:
    static constexpr std::size_t kChunk = 256;

    void grow() {
        const auto base = static_cast<std::uint32_t>(chunks_.size() * kChunk);
        reserve_more(free_, (chunks_.size() + 1) * kChunk - free_.size());  // every run can come back
        chunks_.push_back(std::make_unique<RunSlot[]>(kChunk));
        for (std::size_t i = kChunk; i-- > 0;) {
            RunSlot& slot = chunks_.back()[i];
            slot.index = base + static_cast<std::uint32_t>(i);
            free_.push_back(&slot);
        }
    }

    std::vector<std::unique_ptr<RunSlot[]>> chunks_;
    std::vector<RunSlot*> free_;
    std::int64_t live_ = 0;
};

}  // namespace uvsched
