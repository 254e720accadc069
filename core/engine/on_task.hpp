// on_task: finds a task by store and id wherever it is, and does there what the caller says. Part of engine.hpp.
#pragma once

#include <optional>
#include <type_traits>

#include "core/engine/engine.hpp"

namespace uvsched {

// An empty alias searches every store in order of alias. `pending` and `memory` run under the lock; `durable` runs
// without it, may wait, and returns nothing where its store does not have the task.
template <class Pending, class Memory, class Durable>
auto Engine::on_task(const std::string& store, const std::string& id, Pending pending, Memory memory, Durable durable) {
    using Result = std::invoke_result_t<Memory, StoreSlot&, MemoryIndex>;
    if (!store.empty()) (void)store_slot(store);
    const StoreSlot* closed = nullptr;
    for (StoreSlot& slot : stores_) {
        if (!store.empty() && slot.alias != store) continue;
        {
            const Lock lock(*this);
            if (const auto found = find_pending(slot.alias, id); found != pending_.end())
                return Result(pending(*found));
            if (slot.memory) {
                const MemoryIndex index = slot.memory->find(id);
                if (index != MemoryStore::kNone) return Result(memory(slot, index));
                continue;
            }
            if (!slot.durable->open) {
                closed = &slot;
                continue;
            }
        }
        std::optional<Result> result = durable(slot);
        if (result) return std::move(*result);
    }
    if (closed != nullptr) {
        fail(Code::not_running,
             "task \"" + id + "\": store \"" + closed->alias + "\" is closed: the scheduler is not running");
    }
    fail(Code::not_found,
         "task \"" + id + "\": there is no such task" + (store.empty() ? "" : " in store \"" + store + "\""));
}

}  // namespace uvsched
