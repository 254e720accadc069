// RunTable: the runs in flight, by number and generation; no allocation for a fire. Guarded by the engine's mutex.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/function_table.hpp"
#include "core/executors/executor.hpp"
#include "core/stores/memory/memory_task.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// A run and where it came from.
struct RunSlot {
    Run run;
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    bool live = false;
    bool submitted = false;  // handed to its executor
    std::uint16_t store = 0;
    std::uint16_t executor = 0;
    Micros shift = 0;  // wall time less the time of the fire's clock line
    Instant claimed_at = 0;
    FunctionVersion* function = nullptr;

    MemoryFire fire;  // of a memory store

    FireRef ref;  // of a durable store, and the rest
    std::shared_ptr<const Definition> definition;
};

class RunTable {
public:
    RunSlot& make() {
        if (free_.empty()) grow();
        RunSlot& slot = *free_.back();
        free_.pop_back();
        slot.live = true;
        slot.submitted = false;
        slot.run.id = (static_cast<std::uint64_t>(++slot.generation) << 32U) | slot.index;
        slot.run.cancelled.store(false, std::memory_order_relaxed);
        ++live_;
        return slot;
    }

    void free(RunSlot& slot) {
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
