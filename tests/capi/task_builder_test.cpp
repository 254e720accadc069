// Task handles by themselves: what can be set, in any order, and what is refused.
#include <string>

#include "support.hpp"

using namespace capi_test;

namespace {

constexpr sched::Instant kLater = kStart + 3600 * kSecond;

}  // namespace

TEST_CASE("setters refuse bad text") {
    const sched::Task task("f");
    sched_task* const raw = task.get();
    sched_task* out = nullptr;
    CHECK_FAILS(sched_task_new(nullptr, "f"), UVSCHED_EINVAL, "sched_task_new: out: NULL");
    CHECK_FAILS(sched_task_new(&out, ""), UVSCHED_EINVAL, "function: empty");
    CHECK(out == nullptr);
    for (const auto set : {sched_task_set_function, sched_task_set_id, sched_task_set_name, sched_task_set_store,
                           sched_task_set_executor, sched_task_set_timezone}) {
        CHECK(set(raw, nullptr) == UVSCHED_EINVAL);
        CHECK_FAILS(set(raw, ""), UVSCHED_EINVAL, "empty");
        CHECK_FAILS(set(raw, "\xC3\x28"), UVSCHED_EINVAL, "is not UTF-8");
        CHECK_FAILS(set(raw, "a\tb"), UVSCHED_EINVAL, "control character");
        CHECK_FAILS(set(raw, std::string(256, 'x').c_str()), UVSCHED_EINVAL, "256 bytes");
    }
    CHECK_FAILS(sched_task_set_timezone(raw, "Mars/Olympus"), UVSCHED_EINVAL, "Mars/Olympus");
    CHECK(sched_task_set_id(raw, std::string(255, 'x').c_str()) == UVSCHED_OK);
    CHECK(sched_task_set_id(raw, "\xC3\xA9t\xC3\xA9") == UVSCHED_OK);
    CHECK(task.id() == "\xC3\xA9t\xC3\xA9");
}

TEST_CASE("setters refuse bad numbers") {
    const sched::Task task("f");
    sched_task* const raw = task.get();
    CHECK_FAILS(sched_task_set_interval(raw, 0), UVSCHED_EINVAL, "interval: 0 us is less than 1 us");
    CHECK_FAILS(sched_task_set_interval(raw, INT64_MAX), UVSCHED_EINVAL, "is longer than the years 1970 to 2199");
    CHECK_FAILS(sched_task_set_interval(raw, INT64_MIN), UVSCHED_EINVAL, "interval: -9223372036854775808 us");
    CHECK_FAILS(sched_task_set_interval(raw, -5), UVSCHED_EINVAL, "interval: -5");
    CHECK_FAILS(sched_task_set_jitter(raw, -1), UVSCHED_EINVAL, "jitter: -1");
    CHECK_FAILS(sched_task_set_mistrigger_grace_time(raw, INT64_MIN), UVSCHED_EINVAL,
                "mistrigger_grace_time: -9223372036854775808");
    CHECK_FAILS(sched_task_set_coalesce(raw, -1), UVSCHED_EINVAL, "coalesce: -1 is neither 0 nor 1");
    CHECK_FAILS(sched_task_set_max_instances(raw, 0), UVSCHED_EINVAL, "max_instances: 0");
    CHECK_FAILS(sched_task_set_max_catch_up(raw, 0), UVSCHED_EINVAL, "max_catch_up: 0");
    CHECK_FAILS(sched_task_set_max_catch_up(raw, INT32_MAX), UVSCHED_EINVAL, "is more than 100000");
    CHECK_FAILS(sched_task_set_next_run_time(raw, INT64_MAX), UVSCHED_EINVAL, "next_run_time");
    CHECK_FAILS(sched_task_set_next_run_time(raw, INT64_MIN), UVSCHED_EINVAL, "1970 to 2199");
    CHECK_FAILS(sched_task_set_max_crashes(raw, 0), UVSCHED_EINVAL, "max_crashes: 0");
    CHECK_FAILS(sched_task_set_on_crash(raw, static_cast<sched_on_crash>(2)), UVSCHED_EINVAL, "on_crash: 2");
    sched_task_info info{};
    CHECK_FAILS(sched_task_get_info(&info, raw), UVSCHED_EINVAL, "out->size: 0");
    CHECK_FAILS(sched_task_get_info(nullptr, raw), UVSCHED_EINVAL, "out: NULL");
}

TEST_CASE("arguments are a JSON array or object") {
    sched::Task task("f");
    for (const char* bad :
         {"", "{", "1", "\"text\"", "null", "[1,]", "{\"a\": 1, \"a\": 2}", "[123456789012345678901]"}) {
        CAPTURE(bad);
        CHECK_FAILS(sched_task_set_arguments(task.get(), bad), UVSCHED_EINVAL, "arguments");
    }
    CHECK(task.arguments().empty());
    task.set_arguments(R"({"to": ["a", 1, null]})");
    CHECK(task.arguments() == R"({"to": ["a", 1, null]})");
    task.set_no_arguments();
    CHECK(task.arguments().empty());
    CHECK_FAILS(sched_task_set_arguments(task.get(), ("[" + std::string(1 << 20, ' ') + "]").c_str()), UVSCHED_EINVAL,
                "arguments: longer than");
}

TEST_CASE("a trigger in JSON is checked at once, with the path of the fault") {
    sched::Task task("f");
    const auto refused = [&](const char* json, int code, const char* part) {
        CAPTURE(json);
        CHECK_FAILS(sched_task_set_trigger_json(task.get(), json), code, part);
    };
    refused(nullptr, UVSCHED_EINVAL, "json: NULL");
    refused("[", UVSCHED_EINVAL, "trigger: not JSON");
    refused("[]", UVSCHED_EINVAL, "trigger");
    refused("{}", UVSCHED_EINVAL, "trigger.type");
    refused(R"({"type": "sundial"})", UVSCHED_EINVAL, "trigger.type: \"sundial\"");
    refused(R"({"type": "cron"})", UVSCHED_EINVAL, "trigger.");
    refused(R"({"type": "interval", "seconds": -1})", UVSCHED_EINVAL, "trigger.seconds: -1 is negative");
    refused(R"({"type": "interval", "seconds": 1, "start_at": "soon"})", UVSCHED_EINVAL, "trigger.start_at");
    refused(R"({"type": "interval", "fortnights": 1})", UVSCHED_EINVAL, "trigger.fortnights");
    CHECK(task.trigger_json().empty());
}

TEST_CASE("members of a trigger are set in any order") {
    const std::string expected =
        R"({"end_at":"2026-01-01T01:00:00Z","jitter":2,"seconds":10,"start_at":"2026-01-01T00:00:00Z",)"
        R"("timezone":"Europe/Madrid","type":"interval"})";
    sched::Task after("f");
    after.set_interval(10 * kSecond).set_start_at(kStart).set_end_at(kLater);
    after.set_jitter(2 * kSecond).set_timezone("Europe/Madrid");
    CHECK(after.trigger_json() == expected);
    sched::Task before("f");
    before.set_timezone("Europe/Madrid").set_jitter(2 * kSecond).set_end_at(kLater).set_start_at(kStart);
    before.set_interval(10 * kSecond);
    CHECK(before.trigger_json() == expected);
    sched::Task json("f");
    json.set_end_at(kLater).set_trigger_json(
        R"({"type": "interval", "seconds": 10, "start_at": "2026-01-01T01:00:00+01:00"})");
    json.set_jitter(2 * kSecond).set_timezone("Europe/Madrid");
    CHECK(json.trigger_json() == expected);
    CHECK(doctest::String(json.trigger_text().c_str()) == doctest::Contains("interval of 10 s"));
}

TEST_CASE("members that do not fit the trigger are refused when it is added") {
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    sched::Task backwards = every_second("count", "a");
    backwards.set_start_at(kLater).set_end_at(kStart);
    CHECK_FAILS(sched_add_task(scheduler.get(), backwards.get(), 0), UVSCHED_EINVAL, "end_at: 2026-01-01T00:00:00Z");
    sched::Task last("count");
    last.set_start_at(kStart).set_trigger_json(R"({"type": "shutdown"})");
    CHECK_FAILS(sched_add_task(scheduler.get(), last.get(), 0), UVSCHED_EINVAL, "trigger.start_at: unknown key");
    sched::Task early("count");
    early.set_date(sched::from_c(-1));
    CHECK_FAILS(sched_add_task(scheduler.get(), early.get(), 0), UVSCHED_EINVAL, "run_at: 1969-12-31");
    sched::Task nameless = sched::Task::changes();
    CHECK_FAILS(sched_add_task(scheduler.get(), nameless.get(), 0), UVSCHED_EINVAL, "function: not set");
    CHECK_FAILS(sched_add_task(scheduler.get(), last.get(), 3), UVSCHED_EINVAL, "flags: 3");
}

TEST_CASE("a failed setter changes nothing") {
    sched::Task task = every_second("f", "a");
    CHECK(sched_task_set_id(task.get(), "") == UVSCHED_EINVAL);
    CHECK(sched_task_set_interval(task.get(), 0) == UVSCHED_EINVAL);
    CHECK(task.id() == "a");
    CHECK(task.trigger_json() == R"({"seconds":1,"type":"interval"})");
}

TEST_CASE("getters show what was set") {
    sched::Task task("f");
    CHECK(task.function() == "f");
    CHECK(task.id().empty());
    CHECK(task.store().empty());
    CHECK(task.trigger_json().empty());
    CHECK(task.trigger_text().empty());
    task.set_store("s")
        .set_executor("e")
        .set_name("n")
        .set_mistrigger_grace_time(sched::Micros(5))
        .set_max_catch_up(6)
        .set_max_crashes(7);
    task.set_on_crash(sched::OnCrash::mark_lost).set_coalesce(false).set_max_instances(8).set_next_run_time(kLater);
    CHECK(task.store() == "s");
    CHECK(task.executor() == "e");
    CHECK(task.name() == "n");
    const sched::TaskInfo info = task.info();
    CHECK(info.mistrigger_grace_time == sched::Micros(5));
    CHECK(info.max_catch_up == 6);
    CHECK(info.max_crashes == 7);
    CHECK(info.on_crash == sched::OnCrash::mark_lost);
    CHECK_FALSE(info.coalesce);
    CHECK(info.max_instances == 8);
    CHECK(info.next_run_time == kLater);
    task.set_paused();
    CHECK(task.info().paused == 1);
    CHECK_FALSE(task.next_run_time());
}

TEST_CASE("a caller that knows a longer struct gets zeros behind ours") {
    const sched::Task task("f");
    struct {
        sched_task_info known;
        std::int64_t later;
    } longer{};
    longer.known.size = sizeof longer;
    longer.later = 5;
    CHECK(sched_task_get_info(&longer.known, task.get()) == UVSCHED_OK);
    CHECK(longer.known.size == sizeof longer);
    CHECK(longer.later == 0);
    CHECK(longer.known.max_instances == 1);
}
