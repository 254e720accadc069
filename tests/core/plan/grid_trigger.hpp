// GridTrigger: a rule for these tests that can only be asked for the next and the previous time, as custom triggers
// can, and that counts how often it was asked.
#pragma once

#include <nlohmann/json.hpp>
#include <utility>

#include "core/triggers/trigger.hpp"

namespace uvsched {

class GridTrigger final : public Trigger {
public:
    GridTrigger(Instant start, Micros period, Micros jitter = 0, std::optional<Instant> end = std::nullopt)
        : start_(start), period_(period), jitter_(jitter), end_(end) {}

    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::interval; }
    [[nodiscard]] std::optional<Instant> next(Instant after, Instant /*anchor*/) const override {
        ++asked;
        Instant time = start_;
        if (after >= start_) time += ((after - start_) / period_ + 1) * period_;
        return within(time) ? std::optional(time) : std::nullopt;
    }
    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant /*anchor*/) const override {
        ++asked;
        if (before <= start_) return std::nullopt;
        Instant time = start_ + (before - 1 - start_) / period_ * period_;
        if (end_ && time > *end_) time = start_ + (*end_ - start_) / period_ * period_;
        return time;
    }
    [[nodiscard]] Micros jitter() const noexcept override { return jitter_; }
    [[nodiscard]] std::optional<Instant> end_at() const noexcept override { return end_; }
    [[nodiscard]] nlohmann::json to_json() const override { return {}; }
    [[nodiscard]] std::string describe() const override { return "grid"; }

    mutable std::int64_t asked = 0;

private:
    [[nodiscard]] bool within(Instant time) const { return !end_ || time <= *end_; }
    Instant start_;
    Micros period_;
    Micros jitter_;
    std::optional<Instant> end_;
};

}  // namespace uvsched
