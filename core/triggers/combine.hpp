// AndTrigger and OrTrigger: rules made of other rules.
#pragma once

#include <cstddef>
#include <vector>

#include "core/triggers/trigger.hpp"

namespace uvsched {

inline constexpr std::size_t kMaxChildren = 1'000;

// The most questions to children, at all depths together, that one question to a trigger may cause. After that no `and`
// looks for a later candidate: the answer is nullopt, and gave_up() tells it from "never".
inline constexpr int kMostAsked = 100'000;

// The most questions to children that a count may cause; the number found by then means "at least".
inline constexpr int kMostAskedByCount = 1'000'000;

struct CombineOptions {
    std::vector<TriggerPtr> triggers{};
    std::string timezone{};  // as spelt by the user; empty if none was given
    Micros jitter = 0;
    std::optional<Instant> start_at{};
    std::optional<Instant> end_at{};  // inclusive
};

// And: due at the instants that all children name, to the microsecond; over when one child is over. The children's
// jitter is ignored. Or: due at the instants that any child names, each once. If it has no jitter, the largest jitter
// of the children that named the instant counts. All children are asked with the same anchor. Throws Error(invalid) for
// no children or too many, an event trigger among them (shutdown, "@reboot"), a negative jitter, or an end before the
// start.
[[nodiscard]] TriggerPtr make_and_trigger(const CombineOptions& options);
[[nodiscard]] TriggerPtr make_or_trigger(const CombineOptions& options);

}  // namespace uvsched
