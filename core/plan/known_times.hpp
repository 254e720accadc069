// KnownTimes: a stretch of a custom trigger's times, as its function gave them one by one, in the shape of a trigger.
// So the planner folds, drops and catches up times that piled up there as it does for any other trigger.
#pragma once

#include <vector>

#include "core/triggers/trigger.hpp"

namespace uvsched {

class KnownTimes final : public Trigger {
public:
    // `times` are ascending. `ended`: the trigger said that no time follows them. `cut`: it was not asked for all
    // times, so counts mean "at least".
    KnownTimes(TriggerPtr of, std::vector<Instant> times, bool ended, bool cut);

    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::custom; }
    [[nodiscard]] std::optional<Instant> next(Instant after, Instant anchor) const override;
    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant anchor) const override;
    [[nodiscard]] Count count(Instant first, Instant last, Instant anchor, std::int64_t limit) const override;
    [[nodiscard]] Instant known_until() const noexcept override;

    [[nodiscard]] Micros jitter() const noexcept override { return of_->jitter(); }
    [[nodiscard]] std::optional<Instant> end_at() const noexcept override { return of_->end_at(); }
    [[nodiscard]] nlohmann::json to_json() const override;
    [[nodiscard]] std::string describe() const override { return of_->describe(); }

private:
    TriggerPtr of_;
    std::vector<Instant> times_;
    bool ended_;
    bool cut_;
};

}  // namespace uvsched
