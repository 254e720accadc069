#include <string>

#include "support.hpp"

using namespace capi_test;

TEST_CASE("a config refuses bad stores and executors") {
    const sched::Config config;
    sched_config* const raw = config.get();
    CHECK_FAILS(sched_config_add_store(raw, "a", "oracle:x"), UVSCHED_ENOTFOUND, "oracle");
    CHECK_FAILS(sched_config_add_store(raw, "a", "sqlite:"), UVSCHED_EINVAL, "stores.a");
    CHECK_FAILS(sched_config_add_store(raw, "a", "sqlite:x.db?synchronous=perhaps"), UVSCHED_EINVAL, "perhaps");
    CHECK_FAILS(sched_config_add_store(raw, "a", nullptr), UVSCHED_EINVAL, "sched_config_add_store: url: NULL");
    CHECK_FAILS(sched_config_add_store(raw, nullptr, "memory"), UVSCHED_EINVAL, "sched_config_add_store: alias: NULL");
    CHECK_FAILS(sched_config_add_store(raw, "", "memory"), UVSCHED_EINVAL, "alias: empty");
    CHECK_FAILS(sched_config_add_store(raw, "\xFF", "memory"), UVSCHED_EINVAL, "alias: \"\\xff\" is not UTF-8");
    CHECK_FAILS(sched_config_add_store(raw, std::string(256, 'a').c_str(), "memory"), UVSCHED_EINVAL, "256 bytes");
    CHECK_FAILS(sched_config_add_executor(raw, "a", "threads"), UVSCHED_ENOTFOUND, "threads");
    CHECK_FAILS(sched_config_add_executor(raw, "a", "threadpool:0"), UVSCHED_EINVAL, "\"0\"");
    CHECK_FAILS(sched_config_add_executor(raw, "a", "threadpool:-4"), UVSCHED_EINVAL, "\"-4\"");
    CHECK_FAILS(sched_config_add_executor(raw, "a", "inline:2"), UVSCHED_EINVAL, "inline:2");
    CHECK(sched_config_add_store(raw, "a", "memory") == UVSCHED_OK);
    CHECK_FAILS(sched_config_add_store(raw, "a", "memory"), UVSCHED_EALREADY, "stores.a");
    CHECK(sched_config_add_executor(raw, "a", "inline") == UVSCHED_OK);
    CHECK_FAILS(sched_config_add_executor(raw, "a", "inline"), UVSCHED_EALREADY, "executors.a");
}

TEST_CASE("a config refuses bad numbers and names") {
    const sched::Config config;
    sched_config* const raw = config.get();
    CHECK_FAILS(sched_config_set_timezone(raw, "Mars/Olympus"), UVSCHED_EINVAL, "Mars/Olympus");
    CHECK_FAILS(sched_config_set_timezone(raw, "UTC+2"), UVSCHED_EINVAL, "UTC+2");
    CHECK_FAILS(sched_config_set_timezone(raw, "/etc/passwd"), UVSCHED_EINVAL, "/etc/passwd");
    CHECK_FAILS(sched_config_set_identity(raw, "a\nb"), UVSCHED_EINVAL, "control character");
    CHECK_FAILS(sched_config_set_mistrigger_grace_time(raw, -2), UVSCHED_EINVAL, "mistrigger_grace_time: -2");
    CHECK_FAILS(sched_config_set_coalesce(raw, 2), UVSCHED_EINVAL, "coalesce: 2");
    CHECK_FAILS(sched_config_set_max_instances(raw, 0), UVSCHED_EINVAL, "max_instances: 0 is less than 1");
    CHECK_FAILS(sched_config_set_max_catch_up(raw, -1), UVSCHED_EINVAL, "max_catch_up: -1 is less than 1");
    CHECK_FAILS(sched_config_set_max_catch_up(raw, 100'001), UVSCHED_EINVAL, "max_catch_up: 100001 is more than");
    CHECK_FAILS(sched_config_set_manual_clock(raw, -1), UVSCHED_EINVAL, "start: -1");
    CHECK_FAILS(sched_config_set_manual_clock(raw, INT64_MAX), UVSCHED_EINVAL, "1970 to 2199");
    CHECK_FAILS(sched_config_set_undeclared(raw, static_cast<sched_undeclared>(3)), UVSCHED_EINVAL,
                "undeclared: 3 is not one of");
    CHECK_FAILS(sched_config_set_retention(raw, "other", 0, 0), UVSCHED_ENOTFOUND, "other");
    CHECK(sched_config_add_store(raw, "default", "memory") == UVSCHED_OK);
    CHECK_FAILS(sched_config_set_retention(raw, "default", -1, 0), UVSCHED_EINVAL, "age_microseconds: -1");
    CHECK_FAILS(sched_config_set_retention(raw, "default", 0, -1), UVSCHED_EINVAL, "rows_per_task: -1");
    CHECK(sched_config_set_retention(raw, "default", 0, 0) == UVSCHED_OK);
    CHECK(sched_config_set_timezone(raw, "Europe/Madrid") == UVSCHED_OK);
    CHECK(sched_config_set_timezone(raw, "+02:00") == UVSCHED_OK);
    CHECK(sched_config_set_identity(raw, "node one") == UVSCHED_OK);
    CHECK_FAILS(sched_config_new(nullptr), UVSCHED_EINVAL, "sched_config_new: out: NULL");
    CHECK_FAILS(sched_set_zone_data("\xFF", nullptr), UVSCHED_EINVAL, "folder");
    CHECK(sched_set_zone_data(nullptr, nullptr) == UVSCHED_OK);
}

TEST_CASE("JSON of the wrong shape is refused with the path of the fault") {
    const auto refused = [](const char* json, const char* part, int code = UVSCHED_EINVAL) {
        CAPTURE(json);
        sched_config* out = nullptr;
        CHECK_FAILS(sched_config_from_json(&out, json), code, part);
        CHECK(out == nullptr);
    };
    refused("", "");
    refused("{", "not JSON");
    refused("[]", "");
    refused(R"({"stores": []})", "stores");
    refused(R"({"stores": {"default": {"type": "oracle"}}})", "stores.default.type", UVSCHED_ENOTFOUND);
    refused(R"({"stores": {"default": "sqlalchemy://host"}})", "stores.default", UVSCHED_EUNSUPPORTED);
    refused(R"({"stores": {"default": 3}})", "stores.default");
    refused(R"({"executors": {"default": {"type": "threadpool", "max_workers": "many"}}})",
            "executors.default.max_workers");
    refused(R"({"executors": {"default": {"type": "threadpool", "max_workers": 0}}})", "executors.default.max_workers");
    refused(R"({"asyncz.executors.default.type": "threads"})", "executors.default.type", UVSCHED_ENOTFOUND);
    refused(R"({"task_defaults": {"max_instances": 0}})", "task_defaults");
    refused(R"({"timezone": "Mars/Olympus"})", "timezone");
    refused(R"({"colour": 1})", "colour");
    refused("{\"timezone\": \"\xFF\"}", "");
    sched_config* out = nullptr;
    CHECK_FAILS(sched_config_from_json(&out, nullptr), UVSCHED_EINVAL, "sched_config_from_json: json: NULL");
}

TEST_CASE("a config is told as JSON, which makes it again") {
    sched::Config config;
    config.add_store("disk", "sqlite:///tasks.db?on_file_lost=reopen").add_executor("pool", "threadpool:3");
    config.set_retention("disk", sched::Micros(0), 7).set_timezone("Europe/Madrid");
    const std::string told = config.json();
    CHECK(told.find(R"("path":"tasks.db")") != std::string::npos);
    CHECK(told.find(R"("on_file_lost":"reopen")") != std::string::npos);
    CHECK(told.find(R"("retention_per_task":7)") != std::string::npos);
    CHECK(told.find(R"("max_workers":3)") != std::string::npos);
    CHECK(sched::Config::from_json(told).json() == told);
}

TEST_CASE("the spellings of a configuration dictionary come to one") {
    sched::Config config;
    CHECK(config.nest_json(R"({"asyncz.stores.a.type": 1, "uvsched": {"timezone": [2]}, "colour": null})") ==
          R"({"stores":{"a":{"type":1}},"timezone":[2]})");
    const char* out = nullptr;
    CHECK_FAILS(sched_config_nest_json(&out, config.get(), R"({"a": 1, "asyncz.a": 2})"), UVSCHED_EINVAL,
                "a: given twice");
    CHECK_FAILS(sched_config_nest_json(&out, config.get(), "[]"), UVSCHED_EINVAL, "not an object");
    CHECK_FAILS(sched_config_nest_json(nullptr, config.get(), "{}"), UVSCHED_EINVAL, "out: NULL");
    CHECK_FAILS(sched_config_nest_json(&out, config.get(), nullptr), UVSCHED_EINVAL, "json: NULL");
    CHECK(out == nullptr);
}

TEST_CASE("a config from JSON makes a scheduler") {
    const sched::Config config = sched::Config::from_json(R"({
        "asyncz.stores.default.type": "memory",
        "asyncz.executors.default.type": "threadpool",
        "asyncz.executors.default.max_workers": "2",
        "asyncz.task_defaults.coalesce": "false",
        "asyncz.task_defaults.max_instances": "3",
        "asyncz.timezone": "UTC"
    })");
    sched::Scheduler scheduler(config);
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    sched::Task task = every_second("count", "a");
    scheduler.add_task(task);
    CHECK(task.info().coalesce == 0);
    CHECK(task.info().max_instances == 3);
}

TEST_CASE("a config may be used again, and freed before its schedulers") {
    auto config = std::make_unique<sched::Config>(manual_config());
    sched::Scheduler first(*config);
    sched::Scheduler second(*config);
    config.reset();
    first.clock_advance(kMinute);
    CHECK(first.clock_now() == kStart + kMinute);
    CHECK(second.clock_now() == kStart + kMinute);
}

TEST_CASE("the defaults of a config are those of its tasks") {
    sched::Config config = manual_config();
    config.set_mistrigger_grace_time(5 * kSecond).set_coalesce(false).set_max_instances(7).set_max_catch_up(9);
    sched::Scheduler scheduler(config);
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    sched::Task task = every_second("count", "a");
    scheduler.add_task(task);
    const sched::TaskInfo info = task.info();
    CHECK(info.mistrigger_grace_time == 5 * kSecond);
    CHECK(!info.coalesce);
    CHECK(info.max_instances == 7);
    CHECK(info.max_catch_up == 9);
    CHECK(info.max_crashes == 3);
    CHECK(info.on_crash == sched::OnCrash::rerun);
}

TEST_CASE("a grace time of 0 is one, of a config, of its JSON and of a task") {
    const auto grace_of = [](const sched::Config& config, sched::Task task) {
        sched::Scheduler scheduler(config);
        std::atomic<int> runs{0};
        scheduler.register_function("count", count_run, &runs);
        scheduler.add_task(task);
        return task.info().mistrigger_grace_time;
    };
    CHECK(grace_of(manual_config(), every_second("count", "a")) == std::nullopt);
    CHECK(grace_of(manual_config().set_mistrigger_grace_time(sched::Micros(0)), every_second("count", "a")) ==
          sched::Micros(0));
    CHECK(grace_of(sched::Config::from_json(R"({"task_defaults": {"mistrigger_grace_time": 0}})"),
                   every_second("count", "a")) == sched::Micros(0));
    CHECK(
        grace_of(manual_config(), std::move(every_second("count", "a").set_mistrigger_grace_time(sched::Micros(0)))) ==
        sched::Micros(0));
    CHECK(grace_of(manual_config().set_mistrigger_grace_time(sched::Micros(0)),
                   std::move(every_second("count", "a").set_mistrigger_grace_time(std::nullopt))) == std::nullopt);
}
