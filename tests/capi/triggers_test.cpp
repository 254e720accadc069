// Trigger handles: asking a rule, and giving it to tasks. What the rules mean is tested in tests/core/triggers.
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"

using namespace capi_test;

namespace {

constexpr std::chrono::hours kHour{1};
constexpr sched::Instant kChange =
    sched::from_c(1'774'746'000'000'000);  // 2026-03-29T01:00:00Z: Europe goes to summer time

const char* const kHourly = R"({"type": "interval", "hours": 1, "start_at": "2026-01-01T00:00:00Z"})";

std::vector<sched::Instant> instants(const std::vector<sched::Time>& times) {
    std::vector<sched::Instant> out;
    for (const sched::Time& time : times) out.push_back(time.instant);
    return out;
}

}  // namespace

TEST_CASE("the next times come oldest first, the previous ones newest first") {
    const sched::Trigger hourly = sched::Trigger::from_json(kHourly);
    CHECK(instants(hourly.next(kStart - sched::Micros(1), 3)) ==
          std::vector{kStart, kStart + kHour, kStart + 2 * kHour});
    CHECK(instants(hourly.next(kStart, 2)) == std::vector{kStart + kHour, kStart + 2 * kHour});
    CHECK(instants(hourly.previous(kStart + 2 * kHour, 3)) == std::vector{kStart + kHour, kStart});
    CHECK(hourly.next(kStart)->instant == kStart + kHour);
    CHECK_FALSE(hourly.previous(kStart));
    CHECK(hourly.previous(sched::Instant::max())->instant < sched::from_c(7'258'118'400'000'000));
    CHECK(hourly.next(sched::Instant::min())->instant == kStart);
    CHECK_FALSE(hourly.next(sched::Instant::max()));
}

TEST_CASE("an interval without a start counts from where it is asked") {
    const sched::Trigger hourly = sched::Trigger::from_json(R"({"type": "interval", "hours": 1})");
    CHECK(instants(hourly.next(kStart + sched::Micros(5), 2)) ==
          std::vector{kStart + sched::Micros(5) + kHour, kStart + sched::Micros(5) + 2 * kHour});
}

TEST_CASE("each time has its offset and its reason") {
    const sched::Trigger hourly = sched::Trigger::from_json(kHourly, "Europe/Madrid");
    const auto times = hourly.next(kChange - kHour - sched::Micros(1), 2);
    REQUIRE(times.size() == 2);
    CHECK(times[0].instant == kChange - kHour);
    CHECK(times[0].offset == kHour);
    CHECK(times[1].instant == kChange);
    CHECK(times[1].offset == 2 * kHour);
    CHECK(times[1].why == sched::Why::match);
    CHECK(sched::Trigger::from_json(kHourly).next(kStart)->offset == kHour * 0);
}

TEST_CASE("the zone of the rule wins over the one beside it") {
    const std::string of_tokyo = R"({"type": "date", "run_at": "2026-07-01T12:00:00", "timezone": "Asia/Tokyo"})";
    const sched::Trigger trigger = sched::Trigger::from_json(of_tokyo, "Europe/Madrid");
    const auto time = trigger.next(kStart);
    REQUIRE(time);
    CHECK(time->instant == sched::from_c(1'782'874'800'000'000));  // 03:00 UTC
    CHECK(time->offset == 9 * kHour);
    const sched::Trigger naive =
        sched::Trigger::from_json(R"({"type": "date", "run_at": "2026-07-01T12:00:00"})", "Europe/Madrid");
    CHECK(naive.next(kStart)->instant == sched::from_c(1'782'900'000'000'000));  // 10:00 UTC
}

TEST_CASE("a stretch of one offset") {
    const sched::Trigger madrid = sched::Trigger::from_json(kHourly, "Europe/Madrid");
    const sched::Offset summer = madrid.offset(kChange);
    CHECK(summer.begin == kChange);
    CHECK(summer.end == sched::from_c(1'792'890'000'000'000));  // 2026-10-25T01:00:00Z
    CHECK(summer.offset == 2 * kHour);
    CHECK(madrid.offset(summer.end - sched::Micros(1)).begin == kChange);
    CHECK(madrid.offset(kChange - sched::Micros(1)).end == kChange);
    CHECK(madrid.offset(kChange - sched::Micros(1)).offset == kHour);
    const sched::Offset utc = sched::Trigger::from_json(kHourly).offset(kStart);
    CHECK(utc.begin == sched::Instant::min());
    CHECK(utc.end == sched::Instant::max());
    CHECK(utc.offset == kHour * 0);
    CHECK_FAILS(sched_trigger_offset(nullptr, madrid.get(), 0), UVSCHED_EINVAL, "out: NULL");
}

TEST_CASE("no more than asked for is written") {
    const sched::Trigger hourly = sched::Trigger::from_json(kHourly);
    sched_time times[2] = {{7, 7, 7}, {7, 7, 7}};
    std::size_t count = 99;
    CHECK(sched_trigger_next(times, 1, &count, hourly.get(), sched::to_c(kStart)) == UVSCHED_OK);
    CHECK(count == 1);
    CHECK(times[1].instant == 7);
    CHECK(sched_trigger_next(nullptr, 0, &count, hourly.get(), sched::to_c(kStart)) == UVSCHED_OK);
    CHECK(count == 0);
    for (const auto ask : {sched_trigger_next, sched_trigger_previous}) {
        CHECK_FAILS(ask(nullptr, 1, &count, hourly.get(), 0), UVSCHED_EINVAL, "out: NULL");
        CHECK_FAILS(ask(times, 1, nullptr, hourly.get(), 0), UVSCHED_EINVAL, "count: NULL");
    }
}

TEST_CASE("faults of JSON and zone are named, and nothing is made") {
    sched_trigger* out = nullptr;
    CHECK_FAILS(sched_trigger_from_json(nullptr, kHourly, nullptr), UVSCHED_EINVAL,
                "sched_trigger_from_json: out: NULL");
    CHECK_FAILS(sched_trigger_from_json(&out, nullptr, nullptr), UVSCHED_EINVAL, "json: NULL");
    CHECK_FAILS(sched_trigger_from_json(&out, "[", nullptr), UVSCHED_EINVAL, "json: not JSON");
    CHECK_FAILS(sched_trigger_from_json(&out, "[]", nullptr), UVSCHED_EINVAL, "[]");
    CHECK_FAILS(sched_trigger_from_json(&out, "{}", nullptr), UVSCHED_EINVAL, "type: missing");
    CHECK_FAILS(sched_trigger_from_json(&out, R"({"type": "interval", "hours": -1})", nullptr), UVSCHED_EINVAL,
                "hours: -1 is negative");
    CHECK_FAILS(sched_trigger_from_json(&out, kHourly, "Mars/Olympus"), UVSCHED_EINVAL,
                "timezone: \"Mars/Olympus\" is not a time zone");
    CHECK_FAILS(sched_trigger_from_json(&out, kHourly, ""), UVSCHED_EINVAL, "timezone: empty");
    CHECK(out == nullptr);
}

TEST_CASE("the canonical form and the text") {
    const sched::Trigger hourly = sched::Trigger::from_json(R"({"type": "interval", "minutes": 60})");
    CHECK(hourly.json() == R"({"seconds":3600,"type":"interval"})");
    CHECK(hourly.text() == "interval of 1 h");
    CHECK(sched::Trigger::from_json(hourly.json()).json() == hourly.json());
    CHECK(sched_trigger_json(hourly.get()) == sched_trigger_json(hourly.get()));
}

TEST_CASE("a key for a rule that needs none changes nothing") {
    sched::Trigger hourly = sched::Trigger::from_json(kHourly);
    const std::string json = hourly.json();
    hourly.set_key("digest");
    CHECK(hourly.json() == json);
    CHECK(hourly.next(kStart)->instant == kStart + kHour);
    CHECK_FAILS(sched_trigger_set_key(hourly.get(), ""), UVSCHED_EINVAL, "key: empty");
    CHECK_FAILS(sched_trigger_set_key(hourly.get(), nullptr), UVSCHED_EINVAL, "key: NULL");
}

TEST_CASE("a task copies its trigger") {
    sched::Task task("f");
    {
        const sched::Trigger hourly = sched::Trigger::from_json(kHourly);
        task.set_trigger(hourly);
    }
    CHECK(task.trigger_json() == R"({"seconds":3600,"start_at":"2026-01-01T00:00:00Z","type":"interval"})");
    task.set_jitter(2 * kSecond);
    CHECK(task.trigger_json() == R"({"jitter":2,"seconds":3600,"start_at":"2026-01-01T00:00:00Z","type":"interval"})");
    CHECK_FAILS(sched_task_set_trigger(task.get(), nullptr), UVSCHED_EHANDLE, "sched_task_set_trigger: trigger: NULL");
    task.set_interval(kSecond);
    CHECK(task.trigger_json() == R"({"jitter":2,"seconds":1,"type":"interval"})");
}

TEST_CASE("what a trigger leaves open is the scheduler's") {
    sched::Scheduler scheduler(manual_config().set_timezone("Europe/Madrid"));
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    const std::string noon = R"({"type": "date", "run_at": "2026-07-01T12:00:00"})";
    const auto added = [&](const sched::Trigger& trigger) {
        sched::Task task("count");
        task.set_trigger(trigger);
        scheduler.add_task(task);
        return task.trigger_json();
    };
    CHECK(added(sched::Trigger::from_json(noon)) == R"({"run_at":"2026-07-01T10:00:00Z","type":"date"})");
    CHECK(added(sched::Trigger::from_json(noon, "Asia/Tokyo")) == R"({"run_at":"2026-07-01T03:00:00Z","type":"date"})");
}

TEST_CASE("any number of threads may ask one trigger") {
    const sched::Trigger hourly = sched::Trigger::from_json(kHourly, "Europe/Madrid");
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 1; n <= 500; ++n) {
                const auto times = hourly.next(kStart, static_cast<std::size_t>(n % 7));
                if (times.size() != static_cast<std::size_t>(n % 7) || hourly.json().empty()) ++wrong;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
}
