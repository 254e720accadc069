#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "core/triggers/combine.hpp"
#include "core/triggers/date.hpp"
#include "core/triggers/interval.hpp"
#include "tests/core/time/seed.hpp"

using namespace uvsched;

namespace {

constexpr Instant kEnd = 200;  // every leaf ends here
constexpr Instant kAnchor = 20;

// A trigger, and its times as sets say.
struct Case {
    TriggerPtr trigger;
    std::set<Instant> times;
};

Case random_leaf(Seeded& random) {
    Case out;
    if (random.between(0, 4) == 0) {
        const Instant at = random.between(0, kEnd);
        return {make_date_trigger({.run_at = at}), {at}};
    }
    const Micros period = random.between(1, 12);
    const bool phased = random.between(0, 2) != 0;
    const Instant start = phased ? random.between(0, 40) : kAnchor + period;
    for (Instant time = start; time <= kEnd; time += period) out.times.insert(time);
    out.trigger = make_interval_trigger({.period = period,
                                         .start_at = phased ? std::optional(start) : std::nullopt,
                                         .end_at = kEnd,
                                         .timezone = "",
                                         .jitter = random.between(0, 3)});
    return out;
}

Case random_case(Seeded& random, int depth) {
    if (depth == 0 || random.between(0, 3) == 0) return random_leaf(random);
    const bool all = random.between(0, 1) == 0;
    CombineOptions options;
    std::set<Instant> times;
    for (std::int64_t left = random.between(1, 3), n = 0; n < left; ++n) {
        const Case child = random_case(random, depth - 1);
        options.triggers.push_back(child.trigger);
        std::set<Instant> merged;
        if (n == 0) {
            merged = child.times;
        } else if (all) {
            std::set_intersection(times.begin(), times.end(), child.times.begin(), child.times.end(),
                                  std::inserter(merged, merged.end()));
        } else {
            std::set_union(times.begin(), times.end(), child.times.begin(), child.times.end(),
                           std::inserter(merged, merged.end()));
        }
        times = std::move(merged);
    }
    if (random.between(0, 2) == 0) options.start_at = random.between(0, 100);
    if (random.between(0, 2) == 0) options.end_at = random.between(options.start_at.value_or(0), kEnd);
    if (random.between(0, 2) == 0) options.jitter = random.between(0, 5);
    std::erase_if(times, [&](Instant time) {
        return time < options.start_at.value_or(kEarliest) || time > options.end_at.value_or(kLatest);
    });
    return {all ? make_and_trigger(options) : make_or_trigger(options), times};
}

}  // namespace

TEST_CASE("and is the intersection and or the union, in both directions, however nested") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(2'000); ++i) {
        const Case c = random_case(random, 3);
        CAPTURE(c.trigger->describe());
        for (Instant at = -2; at <= kEnd + 2; ++at) {
            CAPTURE(at);
            const auto above = c.times.upper_bound(at);
            const auto next = c.trigger->next(at, kAnchor);
            REQUIRE(next == (above == c.times.end() ? std::nullopt : std::optional(*above)));
            const auto below = c.times.lower_bound(at);
            const auto previous = c.trigger->previous(at, kAnchor);
            REQUIRE(previous == (below == c.times.begin() ? std::nullopt : std::optional(*std::prev(below))));
            if (next) REQUIRE(c.trigger->jitter_at(*next, kAnchor) <= c.trigger->jitter());
        }
        const auto count = c.trigger->count(kEarliest + 1, kLatest, kAnchor, 1'000);
        REQUIRE(count.number == static_cast<std::int64_t>(c.times.size()));
        REQUIRE_FALSE(c.trigger->gave_up(kLatest));
    }
}

TEST_CASE("every combination comes back from its JSON") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(2'000); ++i) {
        const Case c = random_case(random, 3);
        const std::string text = c.trigger->to_json().dump();
        CAPTURE(text);
        const auto again = trigger_from_json(nlohmann::json::parse(text), TimeZone(), "trigger");
        REQUIRE(again->to_json().dump() == text);
        REQUIRE(again->describe() == c.trigger->describe());
        const Instant at = random.between(0, kEnd);
        REQUIRE(again->next(at, kAnchor) == c.trigger->next(at, kAnchor));
        REQUIRE(again->jitter_at(at, kAnchor) == c.trigger->jitter_at(at, kAnchor));
    }
}

TEST_CASE("combinations of anything ask for no int64 in vain") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(300); ++i) {
        CombineOptions options;
        for (int n = 0; n < 2; ++n) {
            options.triggers.push_back(
                make_interval_trigger({.period = std::clamp<Micros>(random.any() & INT64_MAX, 1, kHorizon),
                                       .start_at = random.any(),
                                       .end_at = {},
                                       .timezone = "",
                                       .jitter = 0}));
        }
        if (random.between(0, 1) == 0) options.start_at = random.any();
        for (const auto make : {make_and_trigger, make_or_trigger}) {
            const auto trigger = make(options);
            const Instant at = random.any();
            CAPTURE(trigger->describe());
            CAPTURE(at);
            if (const auto next = trigger->next(at, 0)) REQUIRE(*next > at);
            if (const auto previous = trigger->previous(at, 0)) REQUIRE(*previous < at);
        }
    }
}
