// TaskIds: numbers of tasks, and ids for tasks that were added without one. Guarded by the engine's mutex.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/hash.hpp"
#include "core/model/task.hpp"

namespace uvsched {

class TaskIds {
public:
    // Ids and numbers must differ; they may be guessable.
    explicit TaskIds(std::uint64_t seed) noexcept : seed_(seed) {}

    [[nodiscard]] Uid uid() noexcept { return next_random(seed_) >> 1U; }
    [[nodiscard]] std::string id();  // 32 lower-case hex digits

    // Whether `id` has the form of id().
    [[nodiscard]] static bool is_random(const std::string& id) noexcept;

private:
    std::uint64_t seed_;
};

}  // namespace uvsched
