#include "core/plan/known_times.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace uvsched {

KnownTimes::KnownTimes(TriggerPtr of, std::vector<Instant> times, bool ended, bool cut)
    : of_(std::move(of)), times_(std::move(times)), ended_(ended), cut_(cut) {}

std::optional<Instant> KnownTimes::next(Instant after, Instant /*anchor*/) const {
    const auto found = std::upper_bound(times_.begin(), times_.end(), after);
    return found == times_.end() ? std::nullopt : std::optional(*found);
}

std::optional<Instant> KnownTimes::previous(Instant before, Instant /*anchor*/) const {
    const auto found = std::lower_bound(times_.begin(), times_.end(), before);
    return found == times_.begin() ? std::nullopt : std::optional(*std::prev(found));
}

Count KnownTimes::count(Instant first, Instant last, Instant /*anchor*/, std::int64_t limit) const {
    if (first > last) return {};
    const auto begin = std::lower_bound(times_.begin(), times_.end(), first);
    const auto end = std::upper_bound(times_.begin(), times_.end(), last);
    const std::int64_t number = end - begin;
    return {.number = std::min(number, limit), .exact = number <= limit && (!cut_ || number == 0)};
}

Instant KnownTimes::known_until() const noexcept {
    if (ended_) return kLatest;
    return times_.empty() ? kEarliest : times_.back();
}

nlohmann::json KnownTimes::to_json() const { return of_->to_json(); }

}  // namespace uvsched
