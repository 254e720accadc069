// Policies: what a task wants done about lateness, pile-ups, overlap and crashes. Enums, not booleans.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time/instant.hpp"

namespace uvsched {

// What happens to a due time that comes while max_instances runs are under way. Only `skip` is built so far.
enum class Overlap : std::uint8_t { skip, queue, cancel };

// What recovery does with a fire that was running when its process died.
enum class OnCrash : std::uint8_t { rerun, mark_lost };

struct Policies {
    std::optional<Micros> grace{};     // mistrigger_grace_time; nothing: a late run is never dropped
    bool coalesce = true;              // due times that piled up run once, for the latest
    std::int32_t max_instances = 1;    // >= 1
    std::int32_t max_catch_up = 1000;  // >= 1; how many piled-up due times run when they are not coalesced
    Overlap overlap = Overlap::skip;
    OnCrash on_crash = OnCrash::rerun;
    std::int32_t max_crashes = 3;  // after so many a rerun fire becomes lost

    friend bool operator==(const Policies&, const Policies&) = default;
};

// The same, as a user gives them: what is absent comes from the scheduler's task defaults.
struct PolicyOverrides {
    std::optional<std::optional<Micros>> grace;
    std::optional<bool> coalesce;
    std::optional<std::int32_t> max_instances;
    std::optional<std::int32_t> max_catch_up;
    std::optional<Overlap> overlap;
    std::optional<OnCrash> on_crash;
    std::optional<std::int32_t> max_crashes;
};

// Throws Error(invalid) naming the member and the value ("max_instances: 0 is not at least 1").
[[nodiscard]] Policies merge(const Policies& defaults, const PolicyOverrides& overrides);

}  // namespace uvsched
