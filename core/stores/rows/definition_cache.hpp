// DefinitionCache: parsed definitions, so that a fire parses nothing. Bounded: two generations, of which the older
// goes.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "core/stores/store.hpp"

namespace uvsched {

class DefinitionCache {
public:
    struct Entry {
        std::uint64_t hash = 0;
        Uid uid = 0;
        std::shared_ptr<const Definition> definition;
    };

    // nullptr if it is not there. The entry may have another hash: uid and id never change for a number.
    [[nodiscard]] const Entry* find(TaskNumber number) {
        if (const auto found = young_.find(number); found != young_.end()) return &found->second;
        const auto found = old_.find(number);
        if (found == old_.end()) return nullptr;
        const Entry entry = std::move(found->second);
        old_.erase(found);
        return &put(number, entry);
    }

    const Entry& put(TaskNumber number, Entry entry) {
        if (young_.size() >= kGeneration) {
            old_ = std::move(young_);
            young_.clear();
        }
        return young_.insert_or_assign(number, std::move(entry)).first->second;
    }

    void clear() {
        young_.clear();
        old_.clear();
    }

private:
    static constexpr std::size_t kGeneration = 32'768;
    std::unordered_map<TaskNumber, Entry> young_;
    std::unordered_map<TaskNumber, Entry> old_;
};

}  // namespace uvsched
