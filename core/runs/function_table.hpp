// FunctionTable: the functions that tasks name. Guarded by the engine's mutex.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/memory.hpp"
#include "core/runs/function.hpp"
#include "core/stores/memory/memory_task.hpp"

namespace uvsched {

// One call to make, or none.
[[nodiscard]] inline Releases only(std::function<void()> release) {
    Releases one;
    if (release) one.push_back(std::move(release));
    return one;
}

// The function that a name stood for when a run was made.
struct FunctionVersion {
    Function function;
    Releases release{};     // of the function
    std::int64_t pins = 0;  // runs in flight that use it
    bool current = true;
};

// A name that tasks use. An entry never moves and is never removed, so that tasks can point at it.
struct FunctionEntry {
    std::string name;
    FunctionVersion* current = nullptr;  // nullptr: not registered (any more)
};

class FunctionTable {
public:
    FunctionEntry* intern(const std::string& name) {
        const auto found = entries_.find(name);
        if (found != entries_.end()) return found->second.get();
        auto entry = std::make_unique<FunctionEntry>(FunctionEntry{.name = name});
        return entries_.emplace(name, std::move(entry)).first->second.get();
    }

    [[nodiscard]] const FunctionVersion* find(const std::string& name) const {
        const auto found = entries_.find(name);
        return found == entries_.end() ? nullptr : found->second->current;
    }

    // The name stands for `function` from now on; the function before it is released with its last run.
    void set(const std::string& name, Function function, Releases& releases) {
        FunctionEntry* entry = intern(name);
        auto version = std::make_unique<FunctionVersion>();
        reserve_more(versions_, 1);
        version->release = only(std::exchange(function.release, {}));
        version->function = std::move(function);
        retire(*entry, releases);
        entry->current = version.get();
        versions_.push_back(std::move(version));
    }

    void remove(const std::string& name, Releases& releases) { retire(*intern(name), releases); }

    static void pin(FunctionVersion* version) noexcept {
        if (version != nullptr) ++version->pins;
    }
    void unpin(FunctionVersion* version, Releases& releases) noexcept {
        if (version != nullptr && --version->pins == 0 && !version->current) sweep(releases);
    }

    // Releases all functions when the scheduler is destroyed.
    void clear(Releases& releases) {
        for (auto& [name, entry] : entries_) retire(*entry, releases);
    }

private:
    void retire(FunctionEntry& entry, Releases& releases) noexcept {
        if (entry.current == nullptr) return;
        entry.current->current = false;
        entry.current = nullptr;
        sweep(releases);
    }

    void sweep(Releases& releases) noexcept {
        std::erase_if(versions_, [&](std::unique_ptr<FunctionVersion>& version) {
            if (version->current || version->pins > 0) return false;
            releases.splice(releases.end(), version->release);
            return true;
        });
    }

    std::unordered_map<std::string, std::unique_ptr<FunctionEntry>> entries_;
    std::vector<std::unique_ptr<FunctionVersion>> versions_;
};

}  // namespace uvsched
