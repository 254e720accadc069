// Policies: what a task does about lateness, pile-ups, overlap and crashes. Enums, not booleans.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time/instant.hpp"

namespace uvsched {

// What happens to a due time that comes while max_instances runs are under way. Only `skip` is built so far.
enum class Overlap : std::uint8_t { skip, queue, cancel };

// What recovery does with a fire that was running when its process died.
enum class OnCrash : std::uint8_t { rerun, mark_lost };

inline constexpr std::int32_t kMostCatchUp = 100'000;

struct Policies {
    std::optional<Micros> grace{};     // mistrigger_grace_time; nullopt: no run is too late
    bool coalesce = true;              // due times that piled up run once, for the latest
    std::int32_t max_instances = 1;    // >= 1
    std::int32_t max_catch_up = 1000;  // 1 to kMostCatchUp; the most piled-up due times that run if not coalesced
    Overlap overlap = Overlap::skip;
    OnCrash on_crash = OnCrash::rerun;
    std::int32_t max_crashes = 3;  // a rerun fire is lost after this many crashes

    friend bool operator==(const Policies&, const Policies&) = default;
};

// Policies as a user gives them: absent members come from the scheduler's task defaults.
struct PolicyOverrides {
    std::optional<std::optional<Micros>> grace;
    std::optional<bool> coalesce;
    std::optional<std::int32_t> max_instances;
    std::optional<std::int32_t> max_catch_up;
    std::optional<Overlap> overlap;
    std::optional<OnCrash> on_crash;
    std::optional<std::int32_t> max_crashes;
};

// Throws Error(invalid) naming the member and the value ("max_instances: 0 is less than 1").
[[nodiscard]] Policies merge(const Policies& defaults, const PolicyOverrides& overrides);

}  // namespace uvsched
