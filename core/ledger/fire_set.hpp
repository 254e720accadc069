// FireSet: fires that somebody holds, each under its token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_set>

#include "core/ledger/records.hpp"

namespace uvsched {

struct FireHash {
    std::size_t operator()(const FireRef& fire) const noexcept {
        std::uint64_t mixed = static_cast<std::uint64_t>(fire.key.slot) ^ fire.token << 48U;
        mixed = (mixed ^ static_cast<std::uint64_t>(fire.task)) * 0x9e3779b97f4a7c15U;
        return static_cast<std::size_t>(mixed ^ mixed >> 32U);
    }
};

class FireSet {
public:
    void add(const FireRef& fire) { fires_.insert(fire); }
    template <class Fires>
    void add_all(const Fires& fires) {
        for (const FireRef& fire : fires) add(fire);
    }
    [[nodiscard]] bool contains(const FireRef& fire) const { return fires_.contains(fire); }

private:
    std::unordered_set<FireRef, FireHash> fires_;
};

}  // namespace uvsched
