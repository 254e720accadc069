#include "core/triggers/interval.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "core/base/error.hpp"
#include "tests/support/utc.hpp"

using namespace uvsched;

namespace {

TriggerPtr every(Micros period, std::optional<Instant> start = {}, std::optional<Instant> end = {}, Micros jitter = 0) {
    return make_interval_trigger(
        {.period = period, .start_at = start, .end_at = end, .timezone = "", .jitter = jitter});
}

std::string refusal(const IntervalOptions& options) {
    try {
        static_cast<void>(make_interval_trigger(options));
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("without start_at the first time is one interval after the anchor") {
    const auto trigger = every(10);
    CHECK(trigger->kind() == TriggerKind::interval);
    CHECK(trigger->elapsed());
    CHECK(trigger->plain_period() == 10);
    CHECK_FALSE(trigger->explicit_date().has_value());
    CHECK(trigger->next(kEarliest, 100) == 110);
    CHECK(trigger->next(100, 100) == 110);
    CHECK(trigger->next(109, 100) == 110);
    CHECK(trigger->next(110, 100) == 120);
    CHECK_FALSE(trigger->previous(110, 100).has_value());
    CHECK(trigger->previous(111, 100) == 110);
}

TEST_CASE("with start_at the times are start_at and every interval after it, whatever the anchor") {
    const auto trigger = every(10, 100);
    CHECK_FALSE(trigger->elapsed());
    for (const Instant anchor : {kEarliest, Instant{0}, kLatest}) {
        CHECK(trigger->next(kEarliest, anchor) == 100);
        CHECK(trigger->next(99, anchor) == 100);
        CHECK(trigger->next(100, anchor) == 110);
        CHECK(trigger->next(105, anchor) == 110);
        CHECK_FALSE(trigger->previous(100, anchor).has_value());
        CHECK(trigger->previous(101, anchor) == 100);
        CHECK(trigger->previous(111, anchor) == 110);
    }
    CHECK(every(10, -105)->next(0, 0) == 5);
}

TEST_CASE("end_at is inclusive") {
    const auto trigger = every(10, 100, 120);
    CHECK(trigger->end_at() == 120);
    CHECK(trigger->plain_period() == 0);
    CHECK(trigger->next(110, 0) == 120);
    CHECK_FALSE(trigger->next(120, 0).has_value());
    CHECK(trigger->previous(kLatest, 0) == 120);
    CHECK(every(10, 100, 119)->previous(kLatest, 0) == 110);
    CHECK_FALSE(every(10, 100, 119)->next(110, 0).has_value());
    CHECK(every(10, 100, 100)->next(0, 0) == 100);
    CHECK_FALSE(every(10, {}, 100)->next(0, 95).has_value());
    CHECK_FALSE(every(10, {}, 100)->previous(kLatest, 95).has_value());
}

TEST_CASE("nothing fires from 2200 on, and no int64 overflows") {
    CHECK(every(kHorizon - 1)->plain_period() == kHorizon - 1);
    CHECK(every(kHorizon)->plain_period() == 0);
    CHECK(every(1, kHorizon - 1)->next(0, 0) == kHorizon - 1);
    CHECK_FALSE(every(1, kHorizon - 1)->next(kHorizon - 1, 0).has_value());
    CHECK_FALSE(every(1, kHorizon)->next(0, 0).has_value());
    CHECK(every(1, 0)->previous(kLatest, 0) == kHorizon - 1);
    CHECK_FALSE(every(1)->next(0, kLatest).has_value());
    CHECK_FALSE(every(kHorizon)->next(0, 1).has_value());
    CHECK(every(kHorizon)->next(kEarliest, kEarliest) == kEarliest + kHorizon);
    CHECK(every(kHorizon, kEarliest)->next(kEarliest, 0) == kEarliest + kHorizon);
    CHECK_FALSE(every(kHorizon)->next(0, kLatest - 1).has_value());
    CHECK(every(1, kEarliest)->next(kEarliest, 0) == kEarliest + 1);
    CHECK_FALSE(every(1, kEarliest)->previous(kEarliest, 0).has_value());
    CHECK(every(1, kEarliest)->previous(kEarliest + 1, 0) == kEarliest);
}

TEST_CASE("counting takes no loop and says where it stopped") {
    const struct {
        TriggerPtr trigger;
        Instant first;
        Instant last;
        std::int64_t limit;
        std::int64_t number;
        bool exact;
    } cases[] = {
        {every(10, 100), 0, 99, 100, 0, true},
        {every(10, 100), 0, 100, 100, 1, true},
        {every(10, 100), 100, 200, 100, 11, true},
        {every(10, 100), 101, 199, 100, 9, true},
        {every(10, 100), 200, 100, 100, 0, true},
        {every(10, 100), 100, 200, 11, 11, true},
        {every(10, 100), 100, 200, 10, 10, false},
        {every(10, 100), 100, 200, 0, 0, false},
        {every(10, 100, 150), kEarliest, kLatest, 100, 6, true},
        {every(1, kEarliest), kEarliest, kLatest, 10'000, 10'000, false},
        {every(kSecond, 0), 0, 10 * 365 * kDay, 10'000, 10'000, false},
        {every(10), 0, 100, 100, 10, true},
    };
    for (const auto& c : cases) {
        const Count count = c.trigger->count(c.first, c.last, 0, c.limit);
        CHECK(count.number == c.number);
        CHECK(count.exact == c.exact);
    }
}

TEST_CASE("DST neither stretches nor shrinks an interval") {
    // New York, 2025-11-02: every 30 minutes from 04:30Z on, through the hour that comes twice.
    const auto trigger = every(30 * kMinute, utc("2025-11-02T04:30:00Z"));
    std::vector<std::string> times;
    for (Instant at = utc("2025-11-02T04:30:00Z"); times.size() < 3;) {
        at = trigger->next(at, 0).value();
        times.push_back(format_utc(at));
    }
    CHECK(times == std::vector<std::string>{"2025-11-02T05:00:00Z", "2025-11-02T05:30:00Z", "2025-11-02T06:00:00Z"});
}

TEST_CASE("what an interval trigger refuses") {
    CHECK(refusal({.period = 0, .start_at = {}, .end_at = {}, .timezone = "", .jitter = 0}) ==
          "interval: 0 us is less than 1 us");
    CHECK(refusal({.period = -kHour, .start_at = {}, .end_at = {}, .timezone = "", .jitter = 0}) ==
          "interval: -1 h is less than 1 us");
    CHECK(refusal({.period = kHorizon, .start_at = {}, .end_at = {}, .timezone = "", .jitter = 0}) == "");
    CHECK(refusal({.period = kHorizon + kDay, .start_at = {}, .end_at = {}, .timezone = "", .jitter = 0}) ==
          "interval: 84007 d is longer than the years 1970 to 2199");
    CHECK(refusal({.period = 1, .start_at = {}, .end_at = {}, .timezone = "", .jitter = -1}) ==
          "jitter: -1 us is negative");
    CHECK(refusal({.period = 1, .start_at = kSecond, .end_at = 0, .timezone = "", .jitter = 0}) ==
          "end_at: 1970-01-01T00:00:00Z is before start_at, 1970-01-01T00:00:01Z");
    CHECK(refusal({.period = 1, .start_at = 5, .end_at = 5, .timezone = "", .jitter = 0}) == "");
}

TEST_CASE("its canonical form and its line for people") {
    const struct {
        Micros period;
        const char* json;
        const char* text;
    } cases[] = {
        {kSecond, R"({"seconds":1,"type":"interval"})", "interval of 1 s"},
        {10 * kSecond, R"({"seconds":10,"type":"interval"})", "interval of 10 s"},
        {90 * kMinute, R"({"seconds":5400,"type":"interval"})", "interval of 90 min"},
        {2 * kDay, R"({"seconds":172800,"type":"interval"})", "interval of 2 d"},
        {100'000, R"({"seconds":0.1,"type":"interval"})", "interval of 100 ms"},
        {1'500'000, R"({"seconds":1.5,"type":"interval"})", "interval of 1500 ms"},
        {7, R"({"microseconds":7,"type":"interval"})", "interval of 7 us"},
        {1'000'001, R"({"microseconds":1000001,"type":"interval"})", "interval of 1000001 us"},
    };
    for (const auto& c : cases) {
        CHECK(every(c.period)->to_json().dump() == c.json);
        CHECK(every(c.period)->describe() == c.text);
    }
    const auto full = make_interval_trigger(
        {.period = kHour, .start_at = 0, .end_at = kDay, .timezone = "Europe/Madrid", .jitter = 500'000});
    CHECK(full->to_json().dump() ==
          R"({"end_at":"1970-01-02T00:00:00Z","jitter":0.5,"seconds":3600,"start_at":"1970-01-01T00:00:00Z",)"
          R"("timezone":"Europe/Madrid","type":"interval"})");
    CHECK(full->describe() ==
          "interval of 1 h from 1970-01-01T00:00:00Z until 1970-01-02T00:00:00Z, jitter 500 ms, Europe/Madrid");
    CHECK(full->plain_period() == 0);
    CHECK(full->jitter() == 500'000);
}
