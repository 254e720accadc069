// The machine's time zone is that of schedulers and of lone triggers that are given none.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <atomic>
#include <string>

#include "support.hpp"

using namespace capi_test;

namespace {

// $TZ for the length of a test.
class Tz {
public:
    explicit Tz(const char* value) : old_(::getenv("TZ") == nullptr ? "" : ::getenv("TZ")) { set(value); }
    Tz(const Tz&) = delete;
    Tz& operator=(const Tz&) = delete;
    ~Tz() { set(old_.c_str()); }
    void set(const char* value) { ::setenv("TZ", value, 1); }

private:
    std::string old_;
};

std::string zone_of(const sched::Config& config) { return sched::Scheduler(config).timezone(); }

}  // namespace

TEST_CASE("a scheduler has the machine's zone when it is made, unless one is given") {
    Tz tz("America/New_York");
    CHECK(sched::local_timezone() == "America/New_York");
    const sched::Config none = manual_config();
    CHECK(zone_of(none) == "America/New_York");
    tz.set("Europe/Madrid");
    CHECK(zone_of(none) == "Europe/Madrid");
    CHECK(zone_of(manual_config().set_timezone("local")) == "Europe/Madrid");
    CHECK(zone_of(manual_config().set_timezone("Asia/Tokyo")) == "Asia/Tokyo");
    CHECK(zone_of(sched::Config::from_json(R"({"timezone": "local"})")) == "Europe/Madrid");
    CHECK(zone_of(sched::Config::from_json(R"({"asyncz.timezone": "UTC"})")) == "UTC");
    CHECK(zone_of(sched::Config::from_json("{}")) == "Europe/Madrid");
    tz.set("");
    CHECK(zone_of(none) == "UTC");
}

TEST_CASE("a machine's zone that is none is an error, unless one is given") {
    const Tz tz("CET-1CEST,M3.5.0,M10.5.0/3");
    char name[UVSCHED_ZONE_NAME_SIZE];
    CHECK_FAILS(sched_local_timezone(name), UVSCHED_EINVAL,
                "TZ is \"CET-1CEST,M3.5.0,M10.5.0/3\", which names no zone");
    CHECK_FAILS(sched_local_timezone(nullptr), UVSCHED_EINVAL, "out: NULL");
    sched_scheduler* made = nullptr;
    const sched::Config none = manual_config();
    CHECK_FAILS(sched_new(&made, none.get()), UVSCHED_EINVAL, "set TZ to an IANA name");
    CHECK_FAILS(sched_config_set_timezone(none.get(), "local"), UVSCHED_EINVAL, "the machine's time zone");
    CHECK(zone_of(manual_config().set_timezone("UTC")) == "UTC");
    sched_task* task = nullptr;
    REQUIRE(sched_task_new(&task, "count") == UVSCHED_OK);
    CHECK(sched_task_set_cron(task, "0 9 * * *", nullptr) == UVSCHED_OK);  // the scheduler's zone, which is to come
    sched_task_free(task);
}

TEST_CASE("a trigger that is asked by itself is in the machine's zone") {
    const Tz tz("Europe/Madrid");
    const sched::Instant nine = sched::from_c(1'767'254'400'000'000);  // 2026-01-01T09:00+01:00
    const char* const naive = R"({"type": "date", "run_at": "2026-01-01T09:00"})";
    const char* const interval = R"({"type": "interval", "days": 1, "start_at": "2026-01-01T09:00"})";
    sched_cron_fields fields = UVSCHED_CRON_FIELDS_INIT;
    fields.hour = "9";
    for (const char* zone : {"", "local", "Europe/Madrid"}) {
        CAPTURE(zone);
        CHECK(sched::Trigger::from_cron("0 9 * * *", zone).next(nine - sched::Micros(1))->instant == nine);
        CHECK(sched::Trigger::from_json(naive, zone).next(sched::from_c(0))->instant == nine);
        CHECK(sched::Trigger::from_json(interval, zone).next(sched::from_c(0))->instant == nine);
        CHECK(sched::Trigger::from_fields(fields, zone).next(nine - sched::Micros(1))->instant == nine);
        CHECK(sched::Trigger::from_cron("0 9 * * *", zone).next(nine - sched::Micros(1))->offset ==
              std::chrono::hours(1));
    }
}

TEST_CASE("\"local\" is stored as the zone that it is when a task is described") {
    Tz tz("Europe/Madrid");
    sched::Scheduler scheduler(manual_config().set_timezone("UTC"));
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    const auto trigger_of = [&](sched::Task task) {
        scheduler.add_task(task);
        return task.trigger_json();
    };
    const std::string madrid = R"("timezone":"Europe/Madrid")";
    CHECK(trigger_of(std::move(sched::Task("count").set_cron("@daily", "local"))).find(madrid) != std::string::npos);
    CHECK(trigger_of(std::move(sched::Task("count").set_cron("@daily").set_timezone("local"))).find(madrid) !=
          std::string::npos);
    CHECK(trigger_of(std::move(sched::Task("count").set_interval(kMinute).set_timezone("local"))).find(madrid) !=
          std::string::npos);
}
