#include "core/triggers/date.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"

using namespace uvsched;

TEST_CASE("a date trigger fires once, at its instant") {
    const auto trigger = make_date_trigger({.run_at = 1000, .timezone = "", .jitter = 0});
    CHECK(trigger->kind() == TriggerKind::date);
    CHECK(trigger->explicit_date() == 1000);
    CHECK_FALSE(trigger->elapsed());
    CHECK(trigger->plain_period() == 0);
    CHECK_FALSE(trigger->end_at().has_value());
    CHECK(trigger->next(999, 5) == 1000);
    CHECK(trigger->next(kEarliest, 5) == 1000);
    CHECK_FALSE(trigger->next(1000, 5).has_value());
    CHECK_FALSE(trigger->next(kLatest, 5).has_value());
    CHECK(trigger->previous(1001, 5) == 1000);
    CHECK(trigger->previous(kLatest, 5) == 1000);
    CHECK_FALSE(trigger->previous(1000, 5).has_value());
    CHECK_FALSE(trigger->previous(kEarliest, 5).has_value());
}

TEST_CASE("without a date it fires at the anchor") {
    const auto trigger = make_date_trigger({});
    CHECK_FALSE(trigger->explicit_date().has_value());
    CHECK(trigger->next(6, 7) == 7);
    CHECK_FALSE(trigger->next(7, 7).has_value());
    CHECK(trigger->previous(8, 7) == 7);
    CHECK_FALSE(trigger->next(0, kHorizon).has_value());
    CHECK_FALSE(trigger->previous(kLatest, kHorizon).has_value());
}

TEST_CASE("outside its start and end it never fires") {
    const auto at = [](Instant time) {
        return make_date_trigger({.run_at = time, .timezone = "", .jitter = 0, .start_at = 10, .end_at = 20});
    };
    for (const Instant time : {10, 15, 20}) {
        CHECK(at(time)->next(0, 0) == time);
        CHECK(at(time)->previous(kLatest, 0) == time);
        CHECK(at(time)->explicit_date() == time);
    }
    for (const Instant time : {9, 21}) {
        CHECK_FALSE(at(time)->next(0, 0).has_value());
        CHECK_FALSE(at(time)->previous(kLatest, 0).has_value());
        CHECK_FALSE(at(time)->explicit_date().has_value());
    }
    const auto when_added =
        make_date_trigger({.run_at = {}, .timezone = "", .jitter = 0, .start_at = 10, .end_at = {}});
    CHECK(when_added->next(0, 10) == 10);
    CHECK_FALSE(when_added->next(0, 9).has_value());
    CHECK(at(15)->end_at() == 20);
    CHECK(at(15)->to_json().dump() ==
          R"({"end_at":"1970-01-01T00:00:00.000020Z","run_at":"1970-01-01T00:00:00.000015Z",)"
          R"("start_at":"1970-01-01T00:00:00.000010Z","type":"date"})");
    CHECK(at(15)->describe() ==
          "once at 1970-01-01T00:00:00.000015Z from 1970-01-01T00:00:00.000010Z until 1970-01-01T00:00:00.000020Z");
    CHECK_THROWS_WITH_AS(make_date_trigger({.run_at = 15, .timezone = "", .jitter = 0, .start_at = 10, .end_at = 9}),
                         "end_at: 1970-01-01T00:00:00.000009Z is before start_at, 1970-01-01T00:00:00.000010Z", Error);
}

TEST_CASE("a zone is the one that was named for its times") {
    CHECK_FALSE(make_date_trigger({})->zone().has_value());
    CHECK(make_date_trigger({.run_at = 0, .timezone = "Europe/Madrid", .jitter = 0})->zone()->name() ==
          "Europe/Madrid");
    CHECK_THROWS_AS(make_date_trigger({.run_at = 0, .timezone = "Moon/Sea", .jitter = 0})->zone(), Error);
}

TEST_CASE("its one time is counted where it lies in the range") {
    const auto trigger = make_date_trigger({.run_at = 1000, .timezone = "", .jitter = 0});
    const struct {
        Instant first;
        Instant last;
        std::int64_t limit;
        std::int64_t number;
        bool exact;
    } cases[] = {
        {1000, 1000, 10, 1, true},    {0, 999, 10, 0, true},
        {1001, kLatest, 10, 0, true}, {kEarliest, kLatest, 10, 1, true},
        {1000, 1000, 1, 1, true},     {1000, 1000, 0, 0, false},
        {1001, 0, 10, 0, true},
    };
    for (const auto& c : cases) {
        const Count count = trigger->count(c.first, c.last, 0, c.limit);
        CHECK(count.number == c.number);
        CHECK(count.exact == c.exact);
    }
}

TEST_CASE("what a date trigger refuses") {
    const auto message = [](const DateOptions& options) {
        try {
            static_cast<void>(make_date_trigger(options));
        } catch (const Error& error) {
            CHECK(error.code() == Code::invalid);
            return error.message();
        }
        return std::string();
    };
    CHECK(message({.run_at = -1, .timezone = "", .jitter = 0}) ==
          "run_at: 1969-12-31T23:59:59.999999Z is not in the years 1970 to 2199");
    CHECK(message({.run_at = kHorizon, .timezone = "", .jitter = 0}) ==
          "run_at: 2200-01-01T00:00:00Z is not in the years 1970 to 2199");
    CHECK(message({.run_at = 0, .timezone = "", .jitter = -kSecond}) == "jitter: -1 s is negative");
    CHECK(message({.run_at = 0, .timezone = "", .jitter = kLatest}) ==
          "jitter: 9223372036854775807 us is beyond the year 2199");
    CHECK(message({.run_at = 0, .timezone = "", .jitter = 0}) == "");
    CHECK(message({.run_at = kHorizon - 1, .timezone = "", .jitter = 0}) == "");
}

TEST_CASE("its canonical form and its line for people") {
    CHECK(make_date_trigger({})->to_json().dump() == R"({"type":"date"})");
    CHECK(make_date_trigger({})->describe() == "once, when added");
    const auto full = make_date_trigger({.run_at = 1'500'000, .timezone = "Europe/Madrid", .jitter = 2 * kSecond});
    CHECK(full->to_json().dump() ==
          R"({"jitter":2,"run_at":"1970-01-01T00:00:01.500000Z","timezone":"Europe/Madrid","type":"date"})");
    CHECK(full->describe() == "once at 1970-01-01T00:00:01.500000Z, jitter 2 s, Europe/Madrid");
}
