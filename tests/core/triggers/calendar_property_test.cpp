#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/triggers/calendar.hpp"
#include "tests/core/time/seed.hpp"

using namespace uvsched;

namespace {

const char* const kZones[] = {"UTC",
                              "Europe/Madrid",
                              "America/New_York",
                              "Australia/Lord_Howe",
                              "America/Nuuk",
                              "Africa/Cairo",
                              "Pacific/Apia",
                              "Africa/Casablanca",
                              "Antarctica/Troll",
                              "Antarctica/Casey",
                              "Antarctica/Vostok",
                              "Africa/Monrovia",
                              "Pacific/Kwajalein",
                              "America/Sao_Paulo",
                              "Asia/Tehran",
                              "-09:30"};

CalendarOptions random_options(Seeded& random) {
    CalendarOptions options;
    const auto units = random.between(1, 15);
    if ((units & 1) != 0) options.years = random.between(0, 3);
    if ((units & 2) != 0) options.months = random.between(0, 14);
    if ((units & 4) != 0) options.weeks = random.between(0, 5);
    if ((units & 8) != 0) options.days = random.between(0, 40);
    if (options.years + options.months + options.weeks + options.days == 0) options.days = 1;
    options.hour = random.between(0, 1) == 0 ? random.between(0, 3) : random.between(0, 23);
    options.minute = random.between(0, 3) * 15;
    if (random.between(0, 3) == 0) options.second = random.between(0, 59);
    options.zone = TimeZone::load(kZones[random.between(0, std::size(kZones) - 1)]);
    if (random.between(0, 3) == 0) options.gap = CronGap::skip;
    if (random.between(0, 5) == 0) options.jitter = random.between(1, kDay);
    return options;
}

// The date k by the words of the rule; nothing where it does not exist.
std::optional<std::int64_t> date(std::chrono::year_month_day anchor, const CalendarOptions& options, int k) {
    auto month = anchor.year() / anchor.month();
    for (int i = 0; i < k; ++i) {
        month += std::chrono::years(options.years);
        month += std::chrono::months(options.months);
    }
    const auto day = month / anchor.day();
    if (!day.ok()) return std::nullopt;
    return std::chrono::sys_days(day).time_since_epoch().count() + k * (7 * options.weeks + options.days);
}

// The instant of a local time, found by looking at each quarter of an hour around it, and second by second where the
// offset changes.
std::optional<Instant> instant_of(const CalendarOptions& options, LocalTime local) {
    const auto& zone = options.zone;
    Instant before = local - 26 * kHour;
    for (Instant at = before; at <= local + 26 * kHour; at += 15 * kMinute) {
        const LocalTime here = zone.to_local(at);
        if (here == local) return at;
        const LocalTime there = zone.to_local(before);
        if (there < local && here > local) {
            Instant change = before;
            while (zone.to_local(change + kSecond) < local) change += kSecond;
            change += kSecond;
            if (zone.to_local(change) == local) return change;
            const Micros gap = zone.to_local(change) - zone.to_local(change - kSecond) - kSecond;
            if (options.gap == CronGap::skip || gap > 3 * kHour) return std::nullopt;
            return change;
        }
        before = at;
    }
    return std::nullopt;
}

std::vector<Instant> slow_times(const CalendarOptions& options, Instant anchor, int limit) {
    const LocalTime local = options.zone.to_local(options.start_at.value_or(anchor));
    const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(std::chrono::microseconds(local))};
    std::vector<Instant> out;
    for (int k = 0; k < limit; ++k) {
        const auto number = date(day, options, k);
        if (!number || *number * kDay >= kHorizon) continue;
        const auto time = instant_of(
            options, *number * kDay + options.hour * kHour + options.minute * kMinute + options.second * kSecond);
        if (!time || *time < options.start_at.value_or(kEarliest) || *time > options.end_at.value_or(kLatest)) continue;
        out.push_back(*time);
    }
    return out;
}

}  // namespace

TEST_CASE("a calendar interval gives the times that walking date by date gives") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(300); ++i) {
        CalendarOptions options = random_options(random);
        const Instant anchor = random.between(0, kHorizon);
        const int limit = 60;
        if (random.between(0, 1) == 0) options.start_at = anchor;
        if (options.start_at && random.between(0, 1) == 0) options.end_at = anchor + random.between(0, 700 * kDay);
        const auto trigger = make_calendar_trigger(options);
        CAPTURE(trigger->describe());
        CAPTURE(format_utc(anchor));
        const std::vector<Instant> expected = slow_times(options, anchor, limit);
        std::vector<Instant> found;
        for (auto time = trigger->next(kEarliest, anchor); time && found.size() < expected.size();
             time = trigger->next(*time, anchor)) {
            found.push_back(*time);
        }
        REQUIRE(found == expected);
        if (expected.empty()) continue;
        // From anywhere in between, in both directions.
        for (int j = 0; j < 20; ++j) {
            const Instant at = random.between(expected.front() - kDay, expected.back() - 1);
            const auto above = std::upper_bound(expected.begin(), expected.end(), at);
            REQUIRE(trigger->next(at, anchor) == *above);
            const auto below = std::lower_bound(expected.begin(), expected.end(), at);
            const auto previous = trigger->previous(at, anchor);
            REQUIRE(previous.has_value() == (below != expected.begin()));
            if (previous) REQUIRE(*previous == *(below - 1));
        }
    }
}

TEST_CASE("next lies after, previous before, both agree, for any int64") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(20'000); ++i) {
        CalendarOptions options = random_options(random);
        if (random.between(0, 3) == 0) options.days = random.between(0, kMaxCalendarStep);
        if (random.between(0, 3) == 0) options.years = random.between(0, kMaxCalendarStep);
        if (options.years + options.months + options.weeks + options.days == 0) options.months = kMaxCalendarStep;
        const auto some = [&random] { return random.between(0, 1) == 0 ? random.any() : random.between(0, kHorizon); };
        if (random.between(0, 1) == 0) options.start_at = some();
        if (random.between(0, 2) == 0) options.end_at = std::max(some(), options.start_at.value_or(kEarliest));
        const auto trigger = make_calendar_trigger(options);
        const Instant anchor = some();
        const Instant at = some();
        CAPTURE(trigger->describe());
        CAPTURE(anchor);
        CAPTURE(at);
        if (const auto next = trigger->next(at, anchor)) {
            REQUIRE(*next > at);
            REQUIRE(*next <= options.end_at.value_or(kLatest));
            REQUIRE(*next >= options.start_at.value_or(kEarliest));
            const auto before = trigger->previous(*next, anchor);
            REQUIRE((!before || *before <= at));
            REQUIRE(trigger->previous(*next + 1, anchor) == next);
        }
        if (const auto previous = trigger->previous(at, anchor)) {
            REQUIRE(*previous < at);
            const auto after = trigger->next(*previous, anchor);
            REQUIRE((!after || *after >= at));
            REQUIRE(trigger->next(*previous - 1, anchor) == previous);
        }
    }
}

TEST_CASE("every calendar interval comes back from its JSON") {
    Seeded random;
    CAPTURE(random.seed);
    for (int i = 0; i < rounds(2'000); ++i) {
        CalendarOptions options = random_options(random);
        if (random.between(0, 1) == 0) options.start_at = random.any();
        if (random.between(0, 1) == 0) options.end_at = std::max(random.any(), options.start_at.value_or(kEarliest));
        const auto trigger = make_calendar_trigger(options);
        const std::string text = trigger->to_json().dump();
        CAPTURE(text);
        const auto again = trigger_from_json(nlohmann::json::parse(text), TimeZone::load("Asia/Tokyo"), "trigger");
        REQUIRE(again->to_json().dump() == text);
        REQUIRE(again->describe() == trigger->describe());
        const Instant at = random.between(0, kHorizon);
        REQUIRE(again->next(at, 0) == trigger->next(at, 0));
    }
}
