#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/triggers/interval.hpp"
#include "tests/core/time/seed.hpp"

using namespace uvsched;

namespace {

IntervalOptions random_options(Seeded& random) {
    IntervalOptions options;
    options.period = std::clamp<Micros>(random.any() & INT64_MAX, 1, kHorizon);
    if (random.between(0, 1) == 0) options.start_at = random.any();
    if (random.between(0, 2) == 0) options.end_at = std::max(random.any(), options.start_at.value_or(kEarliest));
    if (random.between(0, 2) == 0) options.jitter = random.between(0, kHorizon);
    if (random.between(0, 3) == 0) options.timezone = "Europe/Madrid";
    return options;
}

}  // namespace

TEST_CASE("next lies after, previous before, both agree, for any int64") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(20'000); ++i) {
        const IntervalOptions options = random_options(random);
        const auto trigger = make_interval_trigger(options);
        const Instant anchor = random.any();
        const Instant at = random.any();
        CAPTURE(trigger->describe());
        CAPTURE(anchor);
        CAPTURE(at);
        const auto next = trigger->next(at, anchor);
        if (next) {
            REQUIRE(*next > at);
            REQUIRE(*next < kHorizon);
            REQUIRE(*next <= options.end_at.value_or(kLatest));
            REQUIRE(*next >= options.start_at.value_or(kEarliest));
            // Nothing lies between `at` and it.
            const auto before = trigger->previous(*next, anchor);
            REQUIRE((!before || *before <= at));
            if (*next < kLatest) REQUIRE(trigger->previous(*next + 1, anchor) == next);
        }
        const auto previous = trigger->previous(at, anchor);
        if (previous) {
            REQUIRE(*previous < at);
            const auto after = trigger->next(*previous, anchor);
            REQUIRE((!after || *after >= at));
            if (*previous > kEarliest) REQUIRE(trigger->next(*previous - 1, anchor) == previous);
            if (after) REQUIRE(*after - *previous == options.period);
        }
    }
}

TEST_CASE("a count is what iteration finds") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(5'000); ++i) {
        IntervalOptions options;
        options.period = random.between(1, 50);
        const Instant around =
            random.between(0, 1) == 0 ? random.between(-500, 500) : kHorizon - random.between(0, 500);
        if (random.between(0, 1) == 0) options.start_at = around + random.between(-200, 200);
        if (random.between(0, 1) == 0) {
            options.end_at = std::max(around + random.between(-200, 200), options.start_at.value_or(kEarliest));
        }
        const auto trigger = make_interval_trigger(options);
        const Instant anchor = around + random.between(-200, 200);
        const Instant first = around + random.between(-300, 300);
        const Instant last = around + random.between(-300, 300);
        const std::int64_t limit = random.between(0, 20);
        CAPTURE(trigger->describe());
        CAPTURE(anchor);
        CAPTURE(first);
        CAPTURE(last);
        CAPTURE(limit);
        const Count quick = trigger->count(first, last, anchor, limit);
        const Count slow = trigger->Trigger::count(first, last, anchor, limit);
        REQUIRE(quick.number == slow.number);
        REQUIRE(quick.exact == slow.exact);
    }
}

TEST_CASE("every interval comes back from its JSON") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(10'000); ++i) {
        const auto trigger = make_interval_trigger(random_options(random));
        const std::string text = trigger->to_json().dump();
        CAPTURE(text);
        const auto again = trigger_from_json(nlohmann::json::parse(text), TimeZone(), "trigger");
        REQUIRE(again->to_json().dump() == text);
        REQUIRE(again->describe() == trigger->describe());
        REQUIRE(again->jitter() == trigger->jitter());
        REQUIRE(again->next(0, 0) == trigger->next(0, 0));
    }
}
