// AndTrigger and OrTrigger: rules made of rules.
#pragma once

#include <cstddef>
#include <vector>

#include "core/triggers/trigger.hpp"

namespace uvsched {

inline constexpr std::size_t kMaxChildren = 1'000;

// How often one question to a trigger may leap to a later candidate, in all its `and`s together. The answer is then
// "none", and gave_up() tells it from "never".
inline constexpr int kMaxRounds = 100'000;

// The same for a count, which asks many questions; what it found by then is "at least".
inline constexpr int kMaxCountRounds = 1'000'000;

struct CombineOptions {
    std::vector<TriggerPtr> triggers{};
    std::string timezone{};  // as spelt by the user; empty when none was given
    Micros jitter = 0;
    std::optional<Instant> start_at{};
    std::optional<Instant> end_at{};  // inclusive
};

// And: the instants that all children name, to the microsecond; no more when one child has no more. Their jitter is
// ignored. Or: the instants that any child names, each once. Its jitter is its own, else the largest among the children
// that named the instant. All children are asked with the same anchor.
// Throws Error(invalid): no children or too many, an event trigger among them (shutdown, "@reboot"), negative jitter, an
// end before the start.
[[nodiscard]] TriggerPtr make_and_trigger(const CombineOptions& options);
[[nodiscard]] TriggerPtr make_or_trigger(const CombineOptions& options);

}  // namespace uvsched
