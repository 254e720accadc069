// CustomTrigger: a rule that the program supplies, as a function in C or a class in another language. Here it is only a
// name with arguments; the function that is registered under the name gives the times.
#pragma once

#include "core/triggers/trigger.hpp"

namespace uvsched {

struct CustomOptions {
    std::string name{};       // the registered name of the function; 1 to 255 bytes, no control characters
    std::string arguments{};  // any JSON value as text, passed to the function; empty: none
    std::optional<Instant> start_at{};
    std::optional<Instant> end_at{};  // inclusive
    std::string timezone = "UTC";     // the zone that is passed to the function, as spelt
    Micros jitter = 0;
};

class CustomTrigger final : public Trigger {
public:
    // Throws Error(invalid) for an empty name, arguments that are not JSON, an unknown zone, a negative jitter, or an
    // end before the start.
    explicit CustomTrigger(CustomOptions options);

    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::custom; }

    // Always nullopt: the times are not known here.
    [[nodiscard]] std::optional<Instant> next(Instant after, Instant anchor) const override;
    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant anchor) const override;
    [[nodiscard]] Instant known_until() const noexcept override { return kEarliest; }

    [[nodiscard]] std::optional<TimeZone> zone() const override { return zone_; }
    [[nodiscard]] Micros jitter() const noexcept override { return options_.jitter; }
    [[nodiscard]] std::optional<Instant> end_at() const noexcept override { return options_.end_at; }
    [[nodiscard]] nlohmann::json to_json() const override;
    [[nodiscard]] std::string describe() const override;

    [[nodiscard]] const std::string& name() const noexcept { return options_.name; }
    [[nodiscard]] const std::string& arguments() const noexcept { return options_.arguments; }  // canonical
    [[nodiscard]] std::optional<Instant> start_at() const noexcept { return options_.start_at; }
    [[nodiscard]] const std::string& timezone() const noexcept { return options_.timezone; }

private:
    CustomOptions options_;
    TimeZone zone_;
};

[[nodiscard]] TriggerPtr make_custom_trigger(CustomOptions options);

// The registered name of a custom trigger; empty for every other one.
[[nodiscard]] std::string_view custom_name(const Trigger& trigger) noexcept;

}  // namespace uvsched
