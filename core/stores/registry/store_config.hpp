// StoreConfig: the configuration of one store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/stores/store.hpp"

namespace uvsched {

// What a scheduler does if its database is removed or replaced while it is open (docs/ledger.md).
enum class OnLost : std::uint8_t { stop, reopen };

// Its options are checked, and nothing is open.
struct StoreConfig {
    std::function<std::unique_ptr<Store>()> make;  // for a durable store; opens nothing. Empty: tasks live in memory
    OnLost on_lost = OnLost::stop;                 // for a durable store
    Retention retention;                           // for a durable store
    std::size_t history = 10'000;                  // in memory: how many ended runs are remembered
    // As a JSON object: the type and all options except retention, a password among them. For whoever gave them.
    std::string options;

    // Whether its tasks outlive the process.
    [[nodiscard]] bool durable() const noexcept { return make != nullptr; }
};

}  // namespace uvsched
