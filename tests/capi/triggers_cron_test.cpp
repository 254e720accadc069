// Cron through the C ABI: strings, fields, their faults, and tasks on them.
#include <string>
#include <vector>

#include "support.hpp"

using namespace capi_test;

namespace {

constexpr std::chrono::hours kHour{1};

// New York, 2024: on 10 March 02:00 becomes 03:00, on 3 November 02:00 becomes 01:00.
constexpr sched::Instant kGapEnd = sched::from_c(1'710'054'000'000'000);     // 2024-03-10T07:00:00Z
constexpr sched::Instant kFirstPass = sched::from_c(1'730'611'800'000'000);  // 2024-11-03T05:30:00Z, 01:30 EDT
constexpr sched::Instant kSecondPass = kFirstPass + kHour;                   // 01:30 EST

sched_cron_fields no_fields() { return UVSCHED_CRON_FIELDS_INIT; }

}  // namespace

TEST_CASE("a cron string in a zone") {
    const sched::Trigger trigger = sched::Trigger::from_cron("0 9 * * MON-FRI", "Europe/Madrid");
    const auto times = trigger.next(kStart, 3);  // Thursday, 1 January 2026, 01:00 there
    REQUIRE(times.size() == 3);
    CHECK(times[0].instant == kStart + 8 * kHour);
    CHECK(times[1].instant == kStart + 32 * kHour);
    CHECK(times[2].instant == kStart + (4 * 24 + 8) * kHour);
    CHECK(times[0].offset == kHour);
    CHECK(times[0].why == sched::Why::match);
    CHECK(trigger.previous(times[2].instant)->instant == times[1].instant);
}

TEST_CASE("the reasons of a night on which clocks change") {
    const auto gap = sched::Trigger::from_cron("30 2 * * *", "America/New_York").next(kGapEnd - kHour, 2);
    REQUIRE(gap.size() == 2);
    CHECK(gap[0].instant == kGapEnd);
    CHECK(gap[0].why == sched::Why::gap);
    CHECK(gap[0].offset == -4 * kHour);
    CHECK(gap[1].why == sched::Why::match);
    const sched::Trigger wild = sched::Trigger::from_cron("*/30 * * * *", "America/New_York");
    const auto passes = wild.next(kFirstPass - sched::Micros(1), 5);
    REQUIRE(passes.size() == 5);
    CHECK(passes[0].instant == kFirstPass);
    CHECK(passes[0].why == sched::Why::first_pass);
    CHECK(passes[0].offset == -4 * kHour);
    CHECK(passes[1].why == sched::Why::second_pass);  // 01:00 EST
    CHECK(passes[2].instant == kSecondPass);
    CHECK(passes[2].why == sched::Why::second_pass);
    CHECK(passes[2].offset == -5 * kHour);
    CHECK(passes[3].why == sched::Why::match);
    const auto back = wild.previous(kSecondPass + sched::Micros(1), 3);
    REQUIRE(back.size() == 3);
    CHECK(back[0].why == sched::Why::second_pass);
    CHECK(back[2].why == sched::Why::first_pass);
    CHECK(sched::Trigger::from_cron("30 1 * * *", "America/New_York").next(kFirstPass)->instant > kSecondPass);
}

TEST_CASE("reasons far from a change and near it are those that the rule gives") {
    // Each hour from two days before to two days after both changes: only the hours at the change have another reason.
    for (const char* const expression : {"*/30 * * * *", "0,30 0-23 * * *"}) {
        const sched::Trigger trigger = sched::Trigger::from_cron(expression, "America/New_York");
        int first = 0;
        int second = 0;
        for (const sched::Time& time : trigger.next(kFirstPass - 48 * kHour, 192)) {
            first += time.why == sched::Why::first_pass ? 1 : 0;
            second += time.why == sched::Why::second_pass ? 1 : 0;
        }
        CAPTURE(expression);
        CHECK(first == 2);
        CHECK(second == (expression[0] == '*' ? 2 : 0));
    }
}

TEST_CASE("never is an answer") {
    const sched::Trigger never = sched::Trigger::from_cron("0 0 30 2 *");
    CHECK_FALSE(never.next(sched::from_c(0)));
    CHECK_FALSE(never.previous(sched::Instant::max()));
    const sched::Trigger reboot = sched::Trigger::from_cron("@reboot");
    CHECK(reboot.next(sched::from_c(0), 3).empty());
    CHECK(sched::Trigger::from_json(R"({"type": "shutdown"})").next(sched::from_c(0), 3).empty());
}

TEST_CASE("a fault says field, text, what was expected, and the column") {
    sched_trigger* out = nullptr;
    sched::Task task("f");
    const auto refused = [&](const char* expression, const std::string& text) {
        CAPTURE(expression);
        CHECK(sched_trigger_from_cron(&out, expression, nullptr) == UVSCHED_EINVAL);
        CHECK(sched_last_error() == text);
        CHECK(sched_task_set_cron(task.get(), expression, nullptr) == UVSCHED_EINVAL);
        CHECK(sched_last_error() == text);
    };
    refused("61 * * * *", "minute: \"61\" is not in 0-59 (column 1)");
    refused("0 0 * * FRI-SUM", "day-of-week: \"SUM\" is not in 0-7 or SUN-SAT (column 13)");
    CHECK_FAILS(sched_trigger_from_cron(&out, nullptr, nullptr), UVSCHED_EINVAL, "expression: NULL");
    CHECK_FAILS(sched_trigger_from_cron(&out, "\xFF * * * *", nullptr), UVSCHED_EINVAL,
                "is not UTF-8 (from byte 0 on)");
    CHECK_FAILS(sched_trigger_from_cron(&out, "* * * * *", "Mars/Olympus"), UVSCHED_EINVAL,
                "timezone: \"Mars/Olympus\"");
    CHECK_FAILS(sched_trigger_from_cron(nullptr, "* * * * *", nullptr), UVSCHED_EINVAL, "out: NULL");
    CHECK(out == nullptr);
    CHECK(task.trigger_json().empty());
}

TEST_CASE("keyword fields") {
    sched_cron_fields fields = no_fields();
    fields.day_of_week = "mon-fri";  // Monday is 0 there
    fields.hour = "9";
    const sched::Trigger trigger = sched::Trigger::from_fields(fields, "Europe/Madrid");
    CHECK(trigger.next(kStart)->instant == kStart + 8 * kHour);
    fields.day_of_week = "0";
    CHECK(sched::Trigger::from_fields(fields).next(kStart)->instant == kStart + (4 * 24 + 9) * kHour);

    sched_trigger* out = nullptr;
    fields.hour = "25";
    CHECK_FAILS(sched_trigger_from_fields(&out, &fields, nullptr), UVSCHED_EINVAL, "hour: \"25\"");
    fields = no_fields();
    CHECK(sched_trigger_from_fields(&out, &fields, nullptr) == UVSCHED_EINVAL);
    CHECK_FAILS(sched_trigger_from_fields(&out, nullptr, nullptr), UVSCHED_EINVAL, "fields: NULL");
    fields.size = 8;
    CHECK_FAILS(sched_trigger_from_fields(&out, &fields, nullptr), UVSCHED_EINVAL, "fields->size: 8");
    CHECK(out == nullptr);
}

TEST_CASE("a caller that knows more fields may not use them") {
    struct {
        sched_cron_fields known;
        const char* later;
    } longer{};
    longer.known = no_fields();
    longer.known.size = sizeof longer;
    longer.known.hour = "9";
    sched_trigger* out = nullptr;
    CHECK(sched_trigger_from_fields(&out, &longer.known, nullptr) == UVSCHED_OK);
    sched_trigger_free(out);
    longer.later = "1";
    CHECK_FAILS(sched_trigger_from_fields(&out, &longer.known, nullptr), UVSCHED_EUNSUPPORTED,
                "fields: a member is set");
}

TEST_CASE("an H is settled by a key") {
    sched::Trigger trigger = sched::Trigger::from_cron("H H * * *");
    sched_time time{};
    std::size_t count = 0;
    CHECK_FAILS(sched_trigger_next(&time, 1, &count, trigger.get(), sched::to_c(kStart)), UVSCHED_EINVAL,
                "key: missing");
    trigger.set_key("digest");
    CHECK(trigger.next(kStart)->instant == kStart + 5 * kHour + 44 * kMinute);  // as in docs/triggers.md
    trigger.set_key("another");
    CHECK(trigger.next(kStart)->instant != kStart + 5 * kHour + 44 * kMinute);
    CHECK(doctest::String(trigger.json().c_str()) == doctest::Contains("H H * * *"));
}

TEST_CASE("tasks on cron strings take the zone that was named last") {
    sched::Scheduler scheduler(manual_config().set_timezone("Asia/Tokyo"));
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    const auto zone_of = [&](sched::Task task) {
        scheduler.add_task(task);
        const std::string json = task.trigger_json();
        const std::size_t begin = json.find("\"timezone\":\"") + 12;
        return json.substr(begin, json.find('"', begin) - begin);
    };
    CHECK(zone_of(std::move(sched::Task("count").set_cron("@daily"))) == "Asia/Tokyo");
    CHECK(zone_of(std::move(sched::Task("count").set_cron("@daily", "Europe/Madrid"))) == "Europe/Madrid");
    CHECK(zone_of(std::move(sched::Task("count").set_cron("@daily", "UTC").set_timezone("Europe/Rome"))) ==
          "Europe/Rome");
    CHECK(zone_of(std::move(sched::Task("count").set_timezone("Europe/Rome").set_cron("@daily", "UTC"))) == "UTC");
    CHECK(zone_of(std::move(sched::Task("count").set_timezone("Europe/Rome").set_cron("@daily"))) == "Europe/Rome");
    // An instant says nothing of a zone.
    CHECK(zone_of(std::move(sched::Task("count").set_cron("@daily").set_start_at(kStart).set_end_at(kStart + kHour))) ==
          "Asia/Tokyo");
    CHECK(zone_of(std::move(sched::Task("count").set_trigger(sched::Trigger::from_cron("@daily")))) == "Asia/Tokyo");
    CHECK(zone_of(std::move(sched::Task("count").set_trigger(sched::Trigger::from_cron("@daily", "UTC")))) == "UTC");
}

TEST_CASE("a task on a cron string runs when it says") {
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    scheduler.start();
    sched::Task task("count");
    task.set_id("a").set_cron("*/5 * * * *");
    scheduler.add_task(task);
    CHECK(task.next_run_time() == kStart);
    pass(scheduler, sched::Micros(0));
    CHECK(runs == 1);
    pass(scheduler, 5 * kMinute - sched::Micros(1));
    CHECK(runs == 1);
    pass(scheduler, sched::Micros(1));
    CHECK(runs == 2);
    CHECK(scheduler.preview_task_runs("a", 2) == std::vector{kStart + 10 * kMinute, kStart + 15 * kMinute});
    scheduler.shutdown(kLong);
}
