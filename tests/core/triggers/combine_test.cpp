#include "core/triggers/combine.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/triggers/calendar.hpp"
#include "core/triggers/cron.hpp"
#include "core/triggers/date.hpp"
#include "core/triggers/interval.hpp"
#include "core/triggers/shutdown.hpp"
#include "tests/core/plan/grid_trigger.hpp"
#include "tests/support/utc.hpp"

using namespace uvsched;

namespace {

TriggerPtr every(Micros period, std::optional<Instant> start = {}, Micros jitter = 0, std::optional<Instant> end = {}) {
    return make_interval_trigger(
        {.period = period, .start_at = start, .end_at = end, .timezone = "", .jitter = jitter});
}

TriggerPtr both(std::vector<TriggerPtr> triggers) { return make_and_trigger({.triggers = std::move(triggers)}); }
TriggerPtr either(std::vector<TriggerPtr> triggers) { return make_or_trigger({.triggers = std::move(triggers)}); }

std::vector<Instant> all_times(const Trigger& trigger, Instant anchor) {
    std::vector<Instant> out;
    for (auto time = trigger.next(kEarliest, anchor); time && out.size() < 100; time = trigger.next(*time, anchor)) {
        out.push_back(*time);
    }
    return out;
}

std::string refusal(const CombineOptions& options, TriggerPtr (*make)(const CombineOptions&)) {
    try {
        static_cast<void>(make(options));
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("and: the instants that all name") {
    const auto trigger = both({every(4, 0, 0, 50), every(6, 2)});
    CHECK(trigger->kind() == TriggerKind::and_);
    CHECK(all_times(*trigger, 0) == std::vector<Instant>{8, 20, 32, 44});
    CHECK(trigger->next(8, 0) == 20);
    CHECK(trigger->next(7, 0) == 8);
    CHECK(trigger->previous(9, 0) == 8);
    CHECK(trigger->previous(20, 0) == 8);
    CHECK(trigger->previous(kLatest, 0) == 44);
    CHECK_FALSE(trigger->previous(8, 0).has_value());
    CHECK_FALSE(trigger->gave_up(44));
}

TEST_CASE("and: agreement is to the microsecond") {
    const auto trigger = both({every(kSecond, 0), make_date_trigger({.run_at = 5 * kSecond + 1})});
    CHECK_FALSE(trigger->next(0, 0).has_value());
    CHECK(both({every(kSecond, 0), make_date_trigger({.run_at = 5 * kSecond})})->next(0, 0) == 5 * kSecond);
}

TEST_CASE("and: a child that has no more ends it") {
    const auto trigger = both({every(2, 0), every(3, 0, 0, 6)});
    CHECK(all_times(*trigger, 0) == std::vector<Instant>{0, 6});
}

TEST_CASE("children without a start share one phase") {
    CHECK(both({every(2), every(3)})->next(100, 100) == 106);
    CHECK(both({every(2), every(3)})->next(106, 100) == 112);
    CHECK(both({every(2), make_date_trigger({})})->next(0, 100) == std::nullopt);
    CHECK(either({every(2), make_date_trigger({})})->next(0, 100) == 100);
}

TEST_CASE("a day of the month that is also every second Monday") {
    const auto thirteenth = make_calendar_trigger({.months = 1, .start_at = utc("2026-01-13T00:00:00Z")});
    const auto monday = make_calendar_trigger({.weeks = 1, .start_at = utc("2026-01-05T00:00:00Z")});
    const auto trigger = both({thirteenth, monday});
    CHECK(trigger->next(utc("2026-01-01T00:00:00Z"), 0) == utc("2026-04-13T00:00:00Z"));
    CHECK(trigger->next(utc("2026-04-13T00:00:00Z"), 0) == utc("2026-07-13T00:00:00Z"));
    CHECK(trigger->previous(utc("2026-07-13T00:00:00Z"), 0) == utc("2026-04-13T00:00:00Z"));
}

TEST_CASE("an and whose children never meet is given up") {
    const auto even = std::make_shared<GridTrigger>(0, 2 * kSecond);
    const auto odd = std::make_shared<GridTrigger>(kSecond, 2 * kSecond);
    const auto trigger = both({even, odd});
    CHECK_FALSE(trigger->next(0, 0).has_value());
    CHECK(even->asked + odd->asked == kMostAsked);
    CHECK_FALSE(trigger->previous(1'000'000 * kSecond, 0).has_value());
    CHECK(trigger->gave_up(0));
    CHECK_FALSE(trigger->gave_up(1));
    // However deep, one question takes so many to children in all.
    TriggerPtr deep = trigger;
    for (int i = 0; i < 20; ++i) deep = both({either({deep, even}), odd});
    even->asked = 0;
    odd->asked = 0;
    CHECK_FALSE(deep->next(0, 0).has_value());
    CHECK(even->asked + odd->asked <= kMostAsked + 1'000);
    // What else an `or` has goes on.
    CHECK(either({trigger, every(7, 0)})->next(10, 0) == 14);
    CHECK_FALSE(either({trigger, every(7, 0)})->gave_up(10));
}

TEST_CASE("trap 24: an and of seconds */2 and 1-59/2 is bounded; one that meets is found") {
    const auto rule = [](const char* expression, const char* zone) {
        return make_cron_trigger({.expression = expression, .zone = TimeZone::load(zone)});
    };
    for (const char* zone : {"UTC", "Europe/Madrid"}) {
        const auto trigger = both({rule("*/2 * * * * *", zone), rule("1-59/2 * * * * *", zone)});
        CHECK_FALSE(trigger->next(utc("2026-01-01T00:00:00Z"), 0).has_value());
        CHECK(trigger->gave_up(utc("2026-01-01T00:00:00Z")));
    }
    const auto working = both({rule("*/20 9-17 * * MON-FRI", "Europe/Madrid"), rule("0 0-23/5 * * *", "UTC")});
    CHECK(working->next(utc("2026-07-10T15:00:00Z"), 0) == utc("2026-07-13T10:00:00Z"));
    CHECK(working->previous(utc("2026-07-13T10:00:00Z"), 0) == utc("2026-07-10T15:00:00Z"));
    CHECK(refusal({.triggers = {make_cron_trigger({.expression = "@reboot"})}}, make_or_trigger)
              .starts_with("triggers[0]: "));
}

TEST_CASE("a key of cron fields goes down to the children") {
    const auto open = both({every(kSecond, 0), either({make_cron_trigger({.expression = "H H * * *"})})});
    CHECK_THROWS_AS(static_cast<void>(open->next(0, 0)), Error);
    const auto settled = open->with_key("digest");
    REQUIRE(settled);
    CHECK(settled->next(0, 0) == 5 * kHour + 44 * kMinute);
    CHECK(settled->with_key("other") == nullptr);
}

TEST_CASE("a count is exact, or ends at its limit or after so many questions") {
    const auto small = both({every(2, 0), every(3, 0)});
    CHECK(small->count(0, 60, 0, 100).number == 11);
    CHECK(small->count(0, 60, 0, 100).exact);
    CHECK(small->count(1, 59, 0, 9).number == 9);
    CHECK(small->count(1, 59, 0, 9).exact);
    CHECK(small->count(1, 60, 0, 9).number == 9);
    CHECK_FALSE(small->count(1, 60, 0, 9).exact);
    CHECK(small->count(5, 4, 0, 9).exact);
    // They meet, but only after thousands of questions.
    const auto far = std::make_shared<GridTrigger>(0, 10'007);
    const auto trigger = both({far, every(10'009, 0)});
    constexpr Micros kMeet = Micros{10'007} * 10'009;
    CHECK(trigger->next(0, 0) == kMeet);
    CHECK(trigger->count(1, 5 * kMeet, 0, 10'000).number == 5);
    CHECK(trigger->count(1, 5 * kMeet, 0, 10'000).exact);
    far->asked = 0;
    const Count many = trigger->count(1, 10'000 * kMeet, 0, 10'000);
    CHECK_FALSE(many.exact);
    CHECK(many.number > 5);
    CHECK(many.number < 10'000);
    CHECK(far->asked <= kMostAskedByCount);
}

TEST_CASE("or: the instants that any names, each once") {
    const auto trigger = either({every(4, 0, 0, 12), every(6, 0, 0, 24), make_date_trigger({.run_at = 9})});
    CHECK(trigger->kind() == TriggerKind::or_);
    CHECK(all_times(*trigger, 0) == std::vector<Instant>{0, 4, 6, 8, 9, 12, 18, 24});
    CHECK(trigger->previous(24, 0) == 18);
    CHECK(trigger->previous(9, 0) == 8);
    CHECK(trigger->previous(kLatest, 0) == 24);
    CHECK_FALSE(trigger->previous(0, 0).has_value());
}

TEST_CASE("their own start and end are inclusive") {
    for (const auto make : {make_and_trigger, make_or_trigger}) {
        const auto trigger = make({.triggers = {every(5, 0)}, .start_at = 10, .end_at = 20});
        CHECK(all_times(*trigger, 0) == std::vector<Instant>{10, 15, 20});
        CHECK(trigger->previous(kLatest, 0) == 20);
        CHECK(trigger->previous(11, 0) == 10);
        CHECK_FALSE(trigger->previous(10, 0).has_value());
        CHECK(trigger->end_at() == 20);
        CHECK_FALSE(trigger->gave_up(20));
    }
}

TEST_CASE("jitter: its own, and for or else the largest of the children that gave the time") {
    const auto twos = every(2, 0, 10);
    const auto threes = every(3, 0, 20);
    const auto fives = every(5, 0);
    const auto trigger = either({twos, threes, fives});
    CHECK(trigger->jitter() == 20);
    CHECK(trigger->jitter_at(2, 0) == 10);
    CHECK(trigger->jitter_at(3, 0) == 20);
    CHECK(trigger->jitter_at(6, 0) == 20);
    CHECK(trigger->jitter_at(5, 0) == 0);
    CHECK(trigger->jitter_at(7, 0) == 0);
    const auto nested = either({either({twos, threes}), fives});
    CHECK(nested->jitter() == 20);
    CHECK(nested->jitter_at(2, 0) == 10);
    CHECK(nested->jitter_at(5, 0) == 0);
    const auto own = make_or_trigger({.triggers = {twos, threes}, .jitter = 15});
    CHECK(own->jitter() == 15);
    CHECK(own->jitter_at(3, 0) == 15);
    CHECK(both({twos, threes})->jitter() == 0);
    CHECK(both({twos, threes})->jitter_at(6, 0) == 0);
    const auto joint = make_and_trigger({.triggers = {twos, threes}, .jitter = 5});
    CHECK(joint->jitter() == 5);
    CHECK(joint->jitter_at(6, 0) == 5);
    // The delay is that of the jitter which holds for the time.
    CHECK(due_time(*trigger, 7, 2, 0) == 2 + jitter_delay(7, 2, 10));
    CHECK(due_time(*trigger, 7, 3, 0) == 3 + jitter_delay(7, 3, 20));
    CHECK(due_time(*trigger, 7, 5, 0) == 5);
}

TEST_CASE("why: a gap for and where any has one, a match for or where any has one") {
    const Instant end = utc("2026-03-29T03:00:00+02:00");
    const TimeZone madrid = TimeZone::load("Europe/Madrid");
    const auto swallowed = make_calendar_trigger({.days = 1, .hour = 2, .minute = 30, .zone = madrid});
    const auto hourly = every(kHour, 0);
    const Instant anchor = utc("2026-03-01T00:00:00Z");
    CHECK(both({hourly, swallowed})->next(end - 1, anchor) == end);
    CHECK(both({hourly, swallowed})->why(end, anchor) == Why::gap);
    CHECK(either({swallowed, hourly})->why(end, anchor) == Why::match);
    CHECK(either({swallowed, every(kDay, 0)})->why(end, anchor) == Why::gap);
    const Instant twice = utc("2026-10-25T02:30:00+02:00");
    CHECK(both({swallowed, every(30 * kMinute, 0)})->why(twice, anchor) == Why::first_pass);
}

TEST_CASE("a zone: its own, else the first of the children") {
    const auto tokyo = make_calendar_trigger({.days = 1, .zone = TimeZone::load("Asia/Tokyo")});
    CHECK_FALSE(both({every(5)})->zone().has_value());
    CHECK(both({every(5), tokyo})->zone()->name() == "Asia/Tokyo");
    CHECK(make_or_trigger({.triggers = {tokyo}, .timezone = "Europe/Madrid"})->zone()->name() == "Europe/Madrid");
    CHECK_FALSE(both({every(5)})->elapsed());
    CHECK(both({every(5)})->plain_period() == 0);
}

TEST_CASE("what they refuse") {
    CHECK(refusal({}, make_and_trigger) == "triggers: 0 triggers; \"and\" takes 1 to 1000");
    CHECK(refusal({.triggers = std::vector<TriggerPtr>(1001, every(5))}, make_or_trigger) ==
          "triggers: 1001 triggers; \"or\" takes 1 to 1000");
    CHECK(refusal({.triggers = std::vector<TriggerPtr>(1000, every(5))}, make_or_trigger) == "");
    CHECK(refusal({.triggers = {every(5), nullptr}}, make_or_trigger) == "triggers[1]: no trigger");
    CHECK(refusal({.triggers = {every(5), make_shutdown_trigger()}}, make_or_trigger) ==
          "triggers[1]: at shutdown is an event, not a time; it cannot stand inside \"or\"");
    CHECK(refusal({.triggers = {make_shutdown_trigger()}}, make_and_trigger) ==
          "triggers[0]: at shutdown is an event, not a time; it cannot stand inside \"and\"");
    CHECK(refusal({.triggers = {every(5)}, .jitter = -1}, make_and_trigger) == "jitter: -1 us is negative");
    CHECK(refusal({.triggers = {every(5)}, .start_at = kSecond, .end_at = 0}, make_and_trigger) ==
          "end_at: 1970-01-01T00:00:00Z is before start_at, 1970-01-01T00:00:01Z");
}

TEST_CASE("canonical form and line for people") {
    const auto trigger = make_and_trigger({.triggers = {every(5 * kSecond), either({every(kMinute), every(kHour)})},
                                           .timezone = "Europe/Madrid",
                                           .jitter = kSecond,
                                           .start_at = 0,
                                           .end_at = kSecond});
    CHECK(trigger->to_json().dump() ==
          R"({"end_at":"1970-01-01T00:00:01Z","jitter":1,"start_at":"1970-01-01T00:00:00Z","timezone":"Europe/Madrid",)"
          R"("triggers":[{"seconds":5,"type":"interval"},{"triggers":[{"seconds":60,"type":"interval"},)"
          R"({"seconds":3600,"type":"interval"}],"type":"or"}],"type":"and"})");
    CHECK(trigger->describe() ==
          "(interval of 5 s; and (interval of 1 min; or interval of 1 h)) from 1970-01-01T00:00:00Z until "
          "1970-01-01T00:00:01Z, jitter 1 s, Europe/Madrid");
}

TEST_CASE("from JSON: children take their parent's zone, and faults have the path of the child") {
    const auto read = [](const char* text) {
        return trigger_from_json(nlohmann::json::parse(text), TimeZone::load("Asia/Tokyo"), "trigger");
    };
    const auto child = R"({"days":1,"type":"calendar_interval"})";
    CHECK(read(R"({"type":"and","triggers":[{"type":"calendar_interval","days":1}]})")->to_json().dump() ==
          R"({"triggers":[{"days":1,"timezone":"Asia/Tokyo","type":"calendar_interval"}],"type":"and"})");
    CHECK(read((R"({"type":"or","timezone":"Europe/Madrid","triggers":[)" + std::string(child) + "]}").c_str())
              ->to_json()
              .dump() == R"({"timezone":"Europe/Madrid","triggers":[{"days":1,"timezone":"Europe/Madrid",)"
                         R"("type":"calendar_interval"}],"type":"or"})");
    const auto fault = [&](const char* text) {
        try {
            static_cast<void>(read(text));
        } catch (const Error& error) {
            CHECK(error.code() == Code::invalid);
            return error.message();
        }
        return std::string();
    };
    CHECK(fault(R"({"type":"and"})") == "trigger.triggers: missing; give an array of triggers");
    CHECK(fault(R"({"type":"and","triggers":{}})") == "trigger.triggers: {} is not an array of triggers");
    CHECK(fault(R"({"type":"and","triggers":[]})") == "trigger.triggers: 0 triggers; \"and\" takes 1 to 1000");
    CHECK(fault(R"({"type":"and","triggers":[5]})") == "trigger.triggers[0]: 5 is not an object");
    CHECK(fault(R"({"type":"or","triggers":[{"type":"date"},{"type":"and","triggers":[{"type":"date","a":1}]}]})")
              .starts_with("trigger.triggers[1].triggers[0].a: unknown key (known: type, "));
    CHECK(fault(R"({"type":"or","triggers":[{"type":"date"},{"type":"shutdown"}]})") ==
          "trigger.triggers[1]: at shutdown is an event, not a time; it cannot stand inside \"or\"");
    CHECK(
        fault(R"({"type":"or","triggers":[{"type":"date"}],"seconds":1})").starts_with("trigger.seconds: unknown key"));
}

namespace {

// A rule with something that a key settles.
class Keyed final : public Trigger {
public:
    explicit Keyed(std::string key = "") : key_(std::move(key)) {}
    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::cron; }
    [[nodiscard]] std::optional<Instant> next(Instant, Instant) const override { return std::nullopt; }
    [[nodiscard]] std::optional<Instant> previous(Instant, Instant) const override { return std::nullopt; }
    [[nodiscard]] TriggerPtr with_key(const std::string& key) const override {
        return key_.empty() ? std::make_shared<Keyed>(key) : nullptr;
    }
    [[nodiscard]] nlohmann::json to_json() const override { return {{"key", key_}}; }
    [[nodiscard]] std::string describe() const override { return "keyed by " + key_; }

private:
    std::string key_;
};

}  // namespace

TEST_CASE("a key goes down to the children") {
    CHECK(both({every(5), either({every(6)})})->with_key("digest") == nullptr);
    const auto open = make_or_trigger({.triggers = {every(5), both({std::make_shared<Keyed>()})}, .jitter = 3});
    const auto settled = open->with_key("digest");
    REQUIRE(settled);
    CHECK(settled->describe() == "(interval of 5 us; or (keyed by digest)), jitter 3 us");
    CHECK(settled->kind() == TriggerKind::or_);
    CHECK(settled->with_key("other") == nullptr);
}

TEST_CASE("shutdown is an event and has no times") {
    const auto trigger = make_shutdown_trigger();
    CHECK(trigger->kind() == TriggerKind::shutdown);
    CHECK(trigger->is_event());
    CHECK_FALSE(trigger->next(kEarliest, 0).has_value());
    CHECK_FALSE(trigger->previous(kLatest, 0).has_value());
    CHECK(trigger->to_json().dump() == R"({"type":"shutdown"})");
    CHECK(trigger->describe() == "at shutdown");
    const auto read = [](const char* text) { return trigger_from_json(nlohmann::json::parse(text), {}, "trigger"); };
    CHECK(read(R"({"type":"shutdown"})")->kind() == TriggerKind::shutdown);
    CHECK_THROWS_WITH_AS(read(R"({"type":"shutdown","jitter":1})"), "trigger.jitter: unknown key (known: type)", Error);
}
