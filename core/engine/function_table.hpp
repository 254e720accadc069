// FunctionTable: the functions that tasks name. Guarded by the engine's mutex.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/engine/scheduler.hpp"

namespace uvsched {

// Calls to make once no lock is held.
using Releases = std::vector<std::function<void()>>;

// What a name stood for when a run was made.
struct FunctionVersion {
    Function function;
    std::int64_t pins = 0;  // runs in flight that use it
    bool current = true;
};

// A name that tasks use. Its place never moves and never goes, so that tasks can point at it.
struct FunctionEntry {
    std::string name;
    FunctionVersion* current = nullptr;  // none: nobody registered it (any more)
};

class FunctionTable {
public:
    FunctionEntry* intern(const std::string& name) {
        std::unique_ptr<FunctionEntry>& entry = entries_[name];
        if (!entry) entry = std::make_unique<FunctionEntry>(FunctionEntry{.name = name});
        return entry.get();
    }

    [[nodiscard]] const FunctionVersion* find(const std::string& name) const {
        const auto found = entries_.find(name);
        return found == entries_.end() ? nullptr : found->second->current;
    }

    // The name stands for `function` from now on; what it stood for before is released with its last run.
    void set(const std::string& name, Function function, Releases& releases) {
        FunctionEntry* entry = intern(name);
        retire(*entry, releases);
        versions_.push_back(std::make_unique<FunctionVersion>(FunctionVersion{.function = std::move(function)}));
        entry->current = versions_.back().get();
    }

    void remove(const std::string& name, Releases& releases) { retire(*intern(name), releases); }

    static void pin(FunctionVersion* version) noexcept {
        if (version != nullptr) ++version->pins;
    }
    void unpin(FunctionVersion* version, Releases& releases) {
        if (version != nullptr && --version->pins == 0 && !version->current) sweep(releases);
    }

    // Everything, when the scheduler goes away.
    void clear(Releases& releases) {
        for (auto& [name, entry] : entries_) retire(*entry, releases);
    }

private:
    void retire(FunctionEntry& entry, Releases& releases) {
        if (entry.current == nullptr) return;
        entry.current->current = false;
        entry.current = nullptr;
        sweep(releases);
    }

    void sweep(Releases& releases) {
        std::erase_if(versions_, [&](std::unique_ptr<FunctionVersion>& version) {
            if (version->current || version->pins > 0) return false;
            if (version->function.release) releases.push_back(std::move(version->function.release));
            return true;
        });
    }

    std::unordered_map<std::string, std::unique_ptr<FunctionEntry>> entries_;
    std::vector<std::unique_ptr<FunctionVersion>> versions_;
};

}  // namespace uvsched
