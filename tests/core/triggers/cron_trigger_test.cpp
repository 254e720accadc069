#include "core/triggers/cron.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"

using namespace uvsched;

namespace {

Instant at(const char* text) { return TimeZone().parse(text).value(); }

TriggerPtr cron(const char* expression, const char* zone = "UTC") {
    return make_cron_trigger({.expression = expression, .zone = TimeZone::load(zone)});
}

std::string next(const TriggerPtr& trigger, const char* after) {
    const auto time = trigger->next(at(after), 0);
    return time ? format_utc(*time) : "never";
}

std::string previous(const TriggerPtr& trigger, const char* before) {
    const auto time = trigger->previous(at(before), 0);
    return time ? format_utc(*time) : "never";
}

template <class Call>
std::string refusal(Call call) {
    try {
        static_cast<void>(call());
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

std::string refusal_of(const CronOptions& options) {
    return refusal([&] { return make_cron_trigger(options); });
}

TriggerPtr from_json(const std::string& text, const TimeZone& zone = {}) {
    return trigger_from_json(nlohmann::json::parse(text), zone, "trigger");
}

std::string json_refusal(const std::string& text) {
    return refusal([&] { return from_json(text); });
}

}  // namespace

TEST_CASE("a cron string fires by its fields, in its zone") {
    const auto utc = cron("*/5 9-17 * * MON-FRI");
    CHECK(utc->kind() == TriggerKind::cron);
    CHECK_FALSE(utc->is_event());
    CHECK(next(utc, "2024-01-05T17:50:00Z") == "2024-01-05T17:55:00Z");
    CHECK(next(utc, "2024-01-05T17:55:00Z") == "2024-01-08T09:00:00Z");
    CHECK(previous(utc, "2024-01-08T09:00:00Z") == "2024-01-05T17:55:00Z");
    CHECK(next(cron("30 8 * * *", "Europe/Madrid"), "2024-07-01T00:00:00Z") == "2024-07-01T06:30:00Z");
    CHECK(next(cron("30 8 * * *", "Asia/Kathmandu"), "2024-07-01T00:00:00Z") == "2024-07-01T02:45:00Z");
    CHECK(cron("30 8 * * *", "Asia/Kathmandu")->zone()->name() == "Asia/Kathmandu");
    CHECK(next(cron("0 0 30 2 *"), "2024-01-01T00:00:00Z") == "never");
    CHECK(next(cron("59 23 31 12 *"), "2199-12-31T23:58:00Z") == "2199-12-31T23:59:00Z");
    CHECK(next(cron("59 23 31 12 *"), "2199-12-31T23:59:00Z") == "never");
}

TEST_CASE("restricted days: either, or both with +") {
    CHECK(next(cron("0 0 13 * fri"), "2024-09-01T00:00:00Z") == "2024-09-06T00:00:00Z");
    CHECK(next(cron("0 0 13 * fri"), "2024-10-11T00:00:00Z") == "2024-10-13T00:00:00Z");
    CHECK(next(cron("0 0 13 * +fri"), "2024-09-01T00:00:00Z") == "2024-09-13T00:00:00Z");
    CHECK(next(cron("0 0 13 * +fri"), "2024-09-13T00:00:00Z") == "2024-12-13T00:00:00Z");
    CHECK(next(cron("0 0 */1 * MON"), "2024-09-03T00:00:00Z") == "2024-09-04T00:00:00Z");
    CHECK(next(cron("0 0 * * 0"), "2024-09-01T00:00:00Z") == "2024-09-08T00:00:00Z");
    CHECK(next(cron("0 0 * * 7"), "2024-09-01T00:00:00Z") == "2024-09-08T00:00:00Z");
}

TEST_CASE("the examples of OCPS") {
    const struct {
        const char* text;
        const char* after;
        const char* next;
    } cases[] = {
        {"15 10 * * *", "2025-03-10T00:00:00Z", "2025-03-10T10:15:00Z"},
        {"30 8 * jan Mon", "2025-01-01T00:00:00Z", "2025-01-06T08:30:00Z"},
        {"5-59/15 9 * * *", "2025-03-10T09:20:00Z", "2025-03-10T09:35:00Z"},
        {"0 12 1 * MON", "2025-10-01T12:00:00Z", "2025-10-06T12:00:00Z"},
        {"0 12 * * MON", "2025-10-06T12:00:00Z", "2025-10-13T12:00:00Z"},
        {"0 12 1-31 * MON", "2025-10-06T12:00:00Z", "2025-10-07T12:00:00Z"},
        {"@yearly", "2025-10-06T12:00:00Z", "2026-01-01T00:00:00Z"},
        {"@monthly", "2026-01-06T12:00:00Z", "2026-02-01T00:00:00Z"},
        {"@weekly", "2025-10-01T00:00:00Z", "2025-10-05T00:00:00Z"},
        {"@daily", "2025-10-06T12:00:00Z", "2025-10-07T00:00:00Z"},
        {"@hourly", "2025-10-07T09:30:00Z", "2025-10-07T10:00:00Z"},
        {"30 15 10 * * *", "2025-03-10T00:00:00Z", "2025-03-10T10:15:30Z"},
        {"0 15 10 * * * 2025", "2025-12-31T10:15:00Z", "never"},
        {"0 0 0 1 1 * 1970-2199/2", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"},
        {"0 0 L * *", "2025-02-01T00:00:00Z", "2025-02-28T00:00:00Z"},
        {"0 0 * * FRI#L", "2025-02-01T00:00:00Z", "2025-02-28T00:00:00Z"},
        {"0 0 * * TUE#3", "2025-06-01T00:00:00Z", "2025-06-17T00:00:00Z"},
        {"0 12 15W * *", "2025-06-01T00:00:00Z", "2025-06-16T12:00:00Z"},
        {"0 12 1W * *", "2025-02-01T00:00:00Z", "2025-02-03T12:00:00Z"},
        {"0 12 1 * +MON", "2025-09-01T11:00:00Z", "2025-09-01T12:00:00Z"},
        {"0 12 1 * +MON", "2025-09-01T12:00:00Z", "2025-12-01T12:00:00Z"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(next(cron(c.text), c.after) == c.next);
    }
}

TEST_CASE("start_at and end_at bound the fire instants, both inclusive") {
    const auto trigger = make_cron_trigger(
        {.expression = "0 * * * *", .start_at = at("2024-01-01T10:00:00Z"), .end_at = at("2024-01-01T12:00:00Z")});
    CHECK(next(trigger, "2023-01-01T00:00:00Z") == "2024-01-01T10:00:00Z");
    CHECK(next(trigger, "2024-01-01T09:59:59Z") == "2024-01-01T10:00:00Z");
    CHECK(next(trigger, "2024-01-01T10:00:00Z") == "2024-01-01T11:00:00Z");
    CHECK(next(trigger, "2024-01-01T11:00:00Z") == "2024-01-01T12:00:00Z");
    CHECK(next(trigger, "2024-01-01T12:00:00Z") == "never");
    CHECK(previous(trigger, "2030-01-01T00:00:00Z") == "2024-01-01T12:00:00Z");
    CHECK(previous(trigger, "2024-01-01T12:00:00Z") == "2024-01-01T11:00:00Z");
    CHECK(previous(trigger, "2024-01-01T10:30:00Z") == "2024-01-01T10:00:00Z");
    CHECK(previous(trigger, "2024-01-01T10:00:00Z") == "never");
    CHECK(trigger->end_at() == at("2024-01-01T12:00:00Z"));
    const Count count = trigger->count(at("2020-01-01T00:00:00Z"), at("2030-01-01T00:00:00Z"), 0, 10);
    CHECK(count.number == 3);
    CHECK(count.exact);
    // Bounds between two fires.
    const auto between = make_cron_trigger({.expression = "0 * * * *",
                                            .start_at = at("2024-01-01T10:00:00.000001Z"),
                                            .end_at = at("2024-01-01T11:59:59.999999Z")});
    CHECK(next(between, "2023-01-01T00:00:00Z") == "2024-01-01T11:00:00Z");
    CHECK(next(between, "2024-01-01T11:00:00Z") == "never");
    CHECK(previous(between, "2024-01-01T11:00:00Z") == "never");
    // The ends of the line.
    const auto open = make_cron_trigger({.expression = "* * * * *", .start_at = kEarliest, .end_at = kLatest});
    CHECK(open->next(kEarliest, 0) == Instant{0});
    CHECK(open->next(kLatest, 0) == std::nullopt);
    CHECK(open->previous(kEarliest, 0) == std::nullopt);
    CHECK(format_utc(open->previous(kLatest, 0).value()) == "2199-12-31T23:59:00Z");
}

TEST_CASE("why, gap and overlap are the schedule's") {
    const auto daily = cron("30 2 * * *", "America/New_York");
    const Instant gap = at("2024-03-10T07:00:00Z");
    CHECK(next(daily, "2024-03-10T00:00:00Z") == "2024-03-10T07:00:00Z");
    CHECK(daily->why(gap, 0) == Why::gap);
    CHECK(daily->why(at("2024-03-11T06:30:00Z"), 0) == Why::match);
    const auto skip = make_cron_trigger(
        {.expression = "30 2 * * *", .zone = TimeZone::load("America/New_York"), .gap = CronGap::skip});
    CHECK(next(skip, "2024-03-10T00:00:00Z") == "2024-03-11T06:30:00Z");
    const auto both = make_cron_trigger(
        {.expression = "30 1 * * *", .zone = TimeZone::load("America/New_York"), .overlap = CronOverlap::both});
    CHECK(next(both, "2024-11-03T05:30:00Z") == "2024-11-03T06:30:00Z");
    CHECK(both->why(at("2024-11-03T06:30:00Z"), 0) == Why::second_pass);
    CHECK(next(cron("30 1 * * *", "America/New_York"), "2024-11-03T05:30:00Z") == "2024-11-04T06:30:00Z");
    CHECK(next(cron("*/30 2 * * *", "America/New_York"), "2024-03-10T00:00:00Z") == "2024-03-11T06:00:00Z");
    CHECK(next(cron("*,5 2 * * *", "America/New_York"), "2024-03-10T00:00:00Z") == "2024-03-11T06:00:00Z");
    CHECK(next(cron("5,* 2 * * *", "America/New_York"), "2024-03-10T00:00:00Z") == "2024-03-10T07:00:00Z");
}

TEST_CASE("keyword fields must all match") {
    const auto fields = [](const CronKeywords& given) { return make_cron_trigger({.keywords = given}); };
    CHECK(next(fields({.hour = "8", .minute = "30"}), "2024-01-01T09:00:00Z") == "2024-01-02T08:30:00Z");
    CHECK(next(fields({.day = "13", .day_of_week = "fri"}), "2024-09-13T00:00:00Z") == "2024-12-13T00:00:00Z");
    CHECK(next(fields({.day = "last"}), "2024-02-01T00:00:00Z") == "2024-02-29T00:00:00Z");
    CHECK(next(fields({.day = "last sun"}), "2024-02-01T00:00:00Z") == "2024-02-25T00:00:00Z");
    CHECK(next(fields({.day = "3rd fri", .hour = "12"}), "2024-02-01T00:00:00Z") == "2024-02-16T12:00:00Z");
    CHECK(next(fields({.year = "2025"}), "2024-02-01T00:00:00Z") == "2025-01-01T00:00:00Z");
    CHECK(next(fields({.year = "2025"}), "2025-01-01T00:00:00Z") == "never");
    // ISO week 1 of 2026: seven days from Monday, 29 December 2025.
    const auto week = fields({.week = "1"});
    CHECK(next(week, "2025-06-01T00:00:00Z") == "2025-12-29T00:00:00Z");
    CHECK(week->count(at("2025-06-01T00:00:00Z"), at("2026-06-01T00:00:00Z"), 0, 100).number == 7);
    CHECK(next(fields({.week = "1", .day_of_week = "sun"}), "2025-06-01T00:00:00Z") == "2026-01-04T00:00:00Z");
}

TEST_CASE("H waits for its key") {
    const auto open = cron("H H * * *");
    const std::string message = R"(key: missing; the H in "H H * * *" needs a key, such as the task's id)";
    CHECK(refusal([&] { return open->next(0, 0); }) == message);
    CHECK(refusal([&] { return open->previous(0, 0); }) == message);
    CHECK(refusal([&] { return open->why(0, 0); }) == message);
    CHECK(open->to_json().dump() == R"({"expression":"H H * * *","timezone":"UTC","type":"cron"})");
    CHECK(open->with_key("") == nullptr);
    const auto settled = open->with_key("digest");
    REQUIRE(settled != nullptr);
    CHECK(next(settled, "2024-01-01T00:00:00Z") == "2024-01-01T05:44:00Z");
    CHECK(settled->to_json().dump() == R"({"expression":"H H * * *","key":"digest","timezone":"UTC","type":"cron"})");
    CHECK(from_json(settled->to_json().dump())->to_json() == settled->to_json());
    CHECK(next(from_json(settled->to_json().dump()), "2024-01-01T00:00:00Z") == "2024-01-01T05:44:00Z");
    CHECK(settled->with_key("other") == nullptr);
    CHECK(cron("0 0 * * *")->with_key("digest") == nullptr);
    CHECK(make_cron_trigger({.expression = "0 0 * * *", .key = "digest"})->to_json() == cron("0 0 * * *")->to_json());
    CHECK(make_cron_trigger({.keywords = CronKeywords{.hour = "1"}, .key = "x"})->with_key("y") == nullptr);
    CHECK(refusal([&] { return open->with_key("a\xFF"); }) == R"(key: "a\xff" is not UTF-8 (from byte 1 on))");
    // All else of the rule stays.
    const auto rich = make_cron_trigger({.expression = "H 0 * * *",
                                         .zone = TimeZone::load("Asia/Tokyo"),
                                         .start_at = 0,
                                         .end_at = kDay,
                                         .jitter = kSecond,
                                         .gap = CronGap::skip,
                                         .overlap = CronOverlap::both});
    auto expected = rich->to_json();
    expected["key"] = "k";
    CHECK(rich->with_key("k")->to_json() == expected);
}

TEST_CASE("@reboot is an event and has no time") {
    const auto boot = cron("@reboot", "Europe/Madrid");
    CHECK(boot->kind() == TriggerKind::boot);
    CHECK(boot->is_event());
    CHECK(boot->next(kEarliest, 0) == std::nullopt);
    CHECK(boot->previous(kLatest, 0) == std::nullopt);
    CHECK(boot->zone() == std::nullopt);
    CHECK(boot->to_json().dump() == R"({"expression":"@REBOOT","type":"cron"})");
    CHECK(from_json(boot->to_json().dump())->to_json() == boot->to_json());
    CHECK(from_json(R"({"type":"cron","expression":"@reboot","timezone":"Asia/Tokyo"})")->to_json() == boot->to_json());
    CHECK(boot->describe() == "cron @reboot, once when the scheduler starts");
    const std::string why = ": \"@reboot\" has none; it is an event, not a time";
    CHECK(refusal_of({.expression = "@reboot", .start_at = 0}) == "start_at" + why);
    CHECK(refusal_of({.expression = "@reboot", .end_at = 0}) == "end_at" + why);
    CHECK(refusal_of({.expression = "@reboot", .jitter = 1}) == "jitter" + why);
    CHECK(refusal_of({.expression = "@reboot", .gap = CronGap::skip}) == "gap" + why);
    CHECK(refusal_of({.expression = "@reboot", .overlap = CronOverlap::both}) == "overlap" + why);
    CHECK(json_refusal(R"({"type":"cron","expression":"@reboot","jitter":1})") == "trigger.jitter" + why);
}

TEST_CASE("faults of the options") {
    CHECK(refusal_of({}) ==
          "expression: missing, or at least one of year, month, day, week, day_of_week, hour, minute, second");
    CHECK(refusal_of({.expression = "0 0 * * *", .keywords = CronKeywords{.day = "1", .hour = "3"}}) ==
          "expression: given together with day; give only one of the two");
    CHECK(refusal_of({.expression = "0 0 * * *", .keywords = CronKeywords{}}) == "");
    CHECK(refusal_of({.expression = "0 0 * * *", .start_at = 1'000'000, .end_at = 0}) ==
          "end_at: 1970-01-01T00:00:00Z is before start_at, 1970-01-01T00:00:01Z");
    CHECK(refusal_of({.expression = "0 0 * * *", .start_at = 0, .end_at = 0}) == "");
    CHECK(refusal_of({.expression = "0 0 * * *", .jitter = -1}) == "jitter: -1 us is negative");
    CHECK(refusal_of({.expression = "61 0 * * *"}) == R"(minute: "61" is not in 0-59 (column 1))");
    CHECK(refusal_of({.keywords = CronKeywords{.hour = "25"}}) == R"(hour: "25" is not in 0-23 (column 1))");
}

TEST_CASE("canonical JSON: the rule as it is compared, its zone always, all else only where it is not the default") {
    CHECK(cron("@daily")->to_json().dump() == R"({"expression":"0 0 * * *","timezone":"UTC","type":"cron"})");
    CHECK(cron(" 00  5 * jan mon#01")->to_json().dump() ==
          R"({"expression":"0 5 * JAN MON#1","timezone":"UTC","type":"cron"})");
    CHECK(make_cron_trigger({.expression = "H 0 * * *",
                             .zone = TimeZone::load("UTC+02:00"),
                             .start_at = 0,
                             .end_at = kDay,
                             .jitter = 1'500'000,
                             .gap = CronGap::skip,
                             .overlap = CronOverlap::both,
                             .key = "é"})
              ->to_json()
              .dump() == R"({"end_at":"1970-01-02T00:00:00Z","expression":"H 0 * * *","gap":"skip","jitter":1.5,)"
                         R"("key":"é","overlap":"both","start_at":"1970-01-01T00:00:00Z","timezone":"UTC+02:00",)"
                         R"("type":"cron"})");
    CHECK(make_cron_trigger({.keywords = CronKeywords{.day_of_week = " mon-FRI ", .hour = "08"}})->to_json().dump() ==
          R"({"day_of_week":"mon-FRI","hour":"08","timezone":"UTC","type":"cron"})");
    // Equal and unlike.
    CHECK(cron("0 0 * * *")->to_json() == cron("@midnight")->to_json());
    CHECK(cron("0 0 * * SUN")->to_json() != cron("0 0 * * 0")->to_json());
    CHECK(cron("0-59 * * * *")->to_json() != cron("* * * * *")->to_json());
    CHECK(cron("0 0 * * *")->to_json() != cron("0 0 * * *", "Z")->to_json());
    CHECK(from_json(R"({"type":"cron","hour":8})")->to_json() == from_json(R"({"type":"cron","hour":"8"})")->to_json());
    CHECK(from_json(R"({"type":"cron","hour":8})")->to_json() !=
          from_json(R"({"type":"cron","hour":8,"minute":0})")->to_json());
}

TEST_CASE("JSON is read as it is written") {
    for (const char* text : {
             R"({"expression":"*/5 * * * *","timezone":"Europe/Madrid","type":"cron"})",
             R"({"expression":"H H(1-5) L-3,15W * +FRI#2","key":"digest","timezone":"UTC","type":"cron"})",
             R"({"day":"last fri","gap":"skip","hour":"8","overlap":"both","timezone":"+02:00","type":"cron"})",
             R"({"end_at":"2030-01-01T00:00:00Z","expression":"0 0 * * *","jitter":30,)"
             R"("start_at":"2020-01-01T00:00:00Z","timezone":"Asia/Tokyo","type":"cron"})",
             R"({"day":"1","day_of_week":"mon","hour":"2","minute":"3","month":"4","second":"5","timezone":"UTC",)"
             R"("type":"cron","week":"6","year":"2030"})",
             R"({"expression":"@REBOOT","type":"cron"})",
         }) {
        CAPTURE(text);
        CHECK(from_json(text)->to_json().dump() == text);
    }
    CHECK(from_json(R"({"type":"cron","hour":8,"gap":"run_at_end","overlap":"first","jitter":0,"key":null,"day":null})")
              ->to_json()
              .dump() == R"({"hour":"8","timezone":"UTC","type":"cron"})");
}

TEST_CASE("the zone: the given one, else start_at's offset, else end_at's, else the one around") {
    const TimeZone madrid = TimeZone::load("Europe/Madrid");
    const auto zone = [&](const std::string& members) {
        return from_json(R"({"type":"cron","expression":"0 0 * * *")" + members + "}", madrid)->zone()->name();
    };
    CHECK(zone("") == "Europe/Madrid");
    CHECK(zone(R"(,"timezone":"Asia/Tokyo","start_at":"2024-01-01T00:00:00+05:30")") == "Asia/Tokyo");
    CHECK(zone(R"(,"start_at":"2024-01-01T00:00:00+05:30","end_at":"2025-01-01T00:00:00-03:00")") == "+05:30");
    CHECK(zone(R"(,"start_at":"2024-01-01T00:00:00Z")") == "UTC");
    CHECK(zone(R"(,"end_at":"2025-01-01T00:00:00-03:00")") == "-03:00");
    CHECK(zone(R"(,"end_at":"2025-01-01T00:00:00+00:44:30")") == "+00:44:30");
    CHECK(zone(R"(,"start_at":"2024-01-01T00:00:00","end_at":"2025-01-01T00:00:00Z")") == "UTC");
    CHECK(zone(R"(,"start_at":"2024-01-01T00:00:00")") == "Europe/Madrid");
    // Naive times are read in it.
    CHECK(from_json(R"({"type":"cron","hour":1,"start_at":"2024-07-01T12:00:00"})", madrid)->to_json()["start_at"] ==
          "2024-07-01T10:00:00Z");
}

TEST_CASE("faults in JSON begin with the path") {
    const struct {
        const char* text;
        const char* message;
    } cases[] = {
        {R"({"type":"cron"})",
         "trigger.expression: missing, or at least one of year, month, day, week, day_of_week, hour, minute, second"},
        {R"({"type":"cron","expression":"61 * * * *"})",
         R"(trigger.expression: minute: "61" is not in 0-59 (column 1))"},
        {R"({"type":"cron","expression":"@Daily"})",
         R"(trigger.expression: "@Daily" is not a nickname; write "@daily" (column 1))"},
        {R"({"type":"cron","expression":5})", "trigger.expression: 5 is not a string"},
        {R"({"type":"cron","hour":"25"})", R"(trigger.hour: "25" is not in 0-23 (column 1))"},
        {R"({"type":"cron","hour":25})", R"(trigger.hour: "25" is not in 0-23 (column 1))"},
        {R"({"type":"cron","hour":-1})",
         R"(trigger.hour: "-1" is not understood; expected 0-23, a-b, *, */n, a/n or a-b/n (column 1))"},
        {R"({"type":"cron","hour":8.0})", "trigger.hour: 8.0 is neither a string nor a whole number"},
        {R"({"type":"cron","hour":true})", "trigger.hour: true is neither a string nor a whole number"},
        {R"({"type":"cron","expression":"0 0 * * *","hour":8})",
         "trigger.expression: given together with hour; give only one of the two"},
        {R"({"type":"cron","hour":8,"gap":"later"})", R"(trigger.gap: "later" is neither "run_at_end" nor "skip")"},
        {R"({"type":"cron","hour":8,"overlap":true})", "trigger.overlap: true is not a string"},
        {R"({"type":"cron","hour":8,"overlap":"last"})", R"(trigger.overlap: "last" is neither "first" nor "both")"},
        {R"({"type":"cron","hour":8,"start_at":"2024-01-02T00:00:00Z","end_at":"2024-01-01T00:00:00Z"})",
         "trigger.end_at: 2024-01-01T00:00:00Z is before start_at, 2024-01-02T00:00:00Z"},
        {R"({"type":"cron","hour":8,"jitter":-1})", "trigger.jitter: -1 is negative"},
        {R"({"type":"cron","hour":8,"timezone":"UTC+2"})",
         R"(trigger.timezone: "UTC+2" is not a time zone: write an offset as "+02:00" or "UTC+02:00" (east is +))"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(json_refusal(c.text) == c.message);
    }
    CHECK(json_refusal(R"({"type":"cron","hours":8})").starts_with("trigger.hours: unknown key (known: type, "));
}

TEST_CASE("one line for people") {
    CHECK(cron("@daily", "Europe/Madrid")->describe() == "cron 0 0 * * * Europe/Madrid");
    CHECK(make_cron_trigger({.keywords = CronKeywords{.day_of_week = "mon-fri", .hour = "8"}})->describe() ==
          "cron day_of_week=mon-fri hour=8 UTC");
    CHECK(make_cron_trigger({.keywords = CronKeywords{.day = "last fri", .hour = "8\t,9"}})->describe() ==
          R"(cron day="last fri" hour="8\x09,9" UTC)");
    CHECK(make_cron_trigger({.expression = "H 0 * * *",
                             .start_at = 0,
                             .end_at = kDay,
                             .jitter = 5 * kSecond,
                             .gap = CronGap::skip,
                             .overlap = CronOverlap::both,
                             .key = "digest"})
              ->describe() ==
          "cron H 0 * * * UTC from 1970-01-01T00:00:00Z until 1970-01-02T00:00:00Z, gaps skipped, both passes of "
          "overlaps, jitter 5 s, key \"digest\"");
}
