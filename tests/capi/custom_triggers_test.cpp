// Custom triggers through the C ABI. What they do in the engine is tested in tests/core/engine.
#include <string>
#include <vector>

#include "support.hpp"

using namespace capi_test;

namespace {

// A function's script, and what it was asked.
struct Rule {
    std::string name;
    std::string arguments;
    std::string timezone;
    std::string task;
    std::vector<std::int64_t> previous;
    std::vector<std::int64_t> now;
    int status = UVSCHED_TRIGGER_TIME;
    sched::Micros period = kSecond;
    std::atomic<int> destroyed{0};

    static int next(std::int64_t* next, const sched_ask* ask, void* user_data) {
        auto& rule = *static_cast<Rule*>(user_data);
        rule.name = sched_ask_trigger(ask);
        rule.arguments = sched_ask_arguments(ask);
        rule.timezone = sched_ask_timezone(ask);
        rule.task = sched_ask_task_id(ask);
        rule.previous.push_back(sched_ask_previous(ask));
        rule.now.push_back(sched_ask_now(ask));
        const std::int64_t from = sched_ask_previous(ask) == INT64_MIN ? sched_ask_now(ask) : sched_ask_previous(ask);
        *next = from + micros(rule.period);
        if (rule.status < 0) CHECK(sched_ask_set_error(ask, "no tide \xff", 9) == UVSCHED_OK);
        return rule.status;
    }
    static void destroy(void* user_data) { ++static_cast<Rule*>(user_data)->destroyed; }
    const sched_trigger_table table{sizeof table, next};
};

struct World {
    World() { scheduler.register_function("count", count_run, &runs); }
    std::atomic<int> runs{0};
    sched::Scheduler scheduler{manual_config()};
    ShutDownAtEnd end{scheduler};

    void add(const std::string& id, const std::string& trigger, const std::string& arguments = {}) {
        sched::Task task("count");
        scheduler.add_task(task.set_id(id).set_custom_trigger(trigger, arguments));
        scheduler.start();
        pass(scheduler, sched::Micros(0));
    }
    sched::TaskInfo info(const std::string& id) { return scheduler.get_task(id).info(); }
};

// What the history tells of the trigger that failed last.
std::string failure(sched::Scheduler& scheduler) {
    for (sched::HistoryRow& row : scheduler.history().all()) {
        if (row.reason == "trigger_failed") return row.error;
    }
    FAIL("no trigger has failed");
    return {};
}

}  // namespace

TEST_CASE("bad arguments of custom triggers are refused") {
    World world;
    sched_scheduler* const s = world.scheduler.get();
    const Rule rule;
    sched_trigger_table table = rule.table;
    CHECK_FAILS(sched_register_trigger(s, nullptr, &table, nullptr, nullptr), UVSCHED_EINVAL, "name: NULL");
    CHECK_FAILS(sched_register_trigger(s, "", &table, nullptr, nullptr), UVSCHED_EINVAL, "name: empty");
    CHECK_FAILS(sched_register_trigger(s, "x", nullptr, nullptr, nullptr), UVSCHED_EINVAL, "table: NULL");
    table.next = nullptr;
    CHECK_FAILS(sched_register_trigger(s, "x", &table, nullptr, nullptr), UVSCHED_EINVAL, "table->next: NULL");
    table.size = 3;
    CHECK_FAILS(sched_register_trigger(s, "x", &table, nullptr, nullptr), UVSCHED_EINVAL,
                "table->size: 3 is not the size of the struct");
    CHECK_FAILS(sched_register_trigger_token(s, "x", 1, nullptr), UVSCHED_EHANDLE, "queue: NULL");
    CHECK_FAILS(sched_unregister_trigger(s, "x"), UVSCHED_ENOTFOUND, "trigger \"x\" is not registered");
    CHECK(sched_register_trigger(s, "x", &rule.table, nullptr, nullptr) == UVSCHED_OK);
    CHECK_FAILS(sched_register_trigger(s, "x", &rule.table, nullptr, nullptr), UVSCHED_EALREADY,
                "trigger \"x\" is already registered");
    sched::Task task("count");
    CHECK_FAILS(sched_task_set_custom_trigger(task.get(), nullptr, nullptr), UVSCHED_EINVAL, "name: NULL");
    CHECK_FAILS(sched_task_set_custom_trigger(task.get(), "x", "{"), UVSCHED_EINVAL, "arguments: ");
    CHECK(sched_task_set_custom_trigger(task.get(), "y", "[1]") == UVSCHED_OK);
    CHECK_FAILS(sched_add_task(s, task.get(), 0), UVSCHED_ENOTFOUND, "trigger \"y\" is not registered");
    sched_answer answer{};
    const sched::Queue queue = world.scheduler.get_queue("queue");
    CHECK_FAILS(sched_queue_answer(queue.get(), nullptr, 1), UVSCHED_EINVAL, "answers: NULL");
    CHECK(sched_queue_answer(queue.get(), nullptr, 0) == UVSCHED_OK);
    answer.error_length = 4;
    CHECK_FAILS(sched_queue_answer(queue.get(), &answer, 1), UVSCHED_EINVAL, "answers[0].error: NULL");
    answer.error_length = 0;
    answer.ask_id = 12345;
    CHECK(sched_queue_answer(queue.get(), &answer, 1) == UVSCHED_OK);  // nobody waits for it
    CHECK_FAILS(sched_ask_set_error(nullptr, "x", 1), UVSCHED_EINVAL, "ask: NULL");
    CHECK(sched_ask_trigger(nullptr) == nullptr);
    CHECK(sched_ask_previous(nullptr) == 0);
}

TEST_CASE("a C function says when a task is due") {
    Rule rule;
    {
        World world;
        CHECK(sched_register_trigger(world.scheduler.get(), "tides", &rule.table, &rule, Rule::destroy) == UVSCHED_OK);
        world.add("t", "tides", R"({"port": 3})");
        CHECK(rule.name == "tides");
        CHECK(rule.arguments == R"({"port":3})");
        CHECK(rule.timezone == "UTC");
        CHECK(rule.task == "t");
        CHECK(rule.previous == std::vector<std::int64_t>{INT64_MIN});
        CHECK(rule.now == std::vector{sched::to_c(kStart)});
        CHECK(world.info("t").next_run_time == kStart + kSecond);
        for (int i = 0; i < 3; ++i) pass(world.scheduler, kSecond);
        CHECK(world.runs == 3);
        CHECK(rule.previous.back() == sched::to_c(kStart + 3 * kSecond));
        const std::string json = world.scheduler.get_task("t").trigger_json();
        CHECK(json == R"({"arguments":{"port":3},"name":"tides","timezone":"UTC","type":"custom"})");
        CHECK(world.scheduler.get_task("t").trigger_text() == std::string("custom tides with {\"port\":3}, UTC"));
        CHECK(rule.destroyed == 0);
        world.scheduler.shutdown();
    }
    CHECK(rule.destroyed == 1);
}

TEST_CASE("a function that fails pauses its task, which says why; resumed, it is asked again") {
    World world;
    Rule rule;
    rule.status = UVSCHED_TRIGGER_FAILED;
    CHECK(sched_register_trigger(world.scheduler.get(), "tides", &rule.table, &rule, nullptr) == UVSCHED_OK);
    Signal told;
    std::string message;
    std::string reason;
    world.scheduler.add_listener(UVSCHED_EVENT_TRIGGER_ERROR, [&](const sched::Event& event) {
        message = event.message();
        reason = event.reason();
        told.set();
    });
    world.add("t", "tides");
    REQUIRE(told.wait());
    CHECK(reason == "trigger_failed");
    CHECK(message ==
          "trigger \"tides\" of task \"t\" failed: no tide \xEF\xBF\xBD; the task is paused until it is "
          "resumed or changed");
    CHECK(world.info("t").paused == 1);
    const auto rows = world.scheduler.history().all();
    REQUIRE(rows.size() == 1);
    CHECK(rows[0].state == "missed");
    CHECK(rows[0].reason == "trigger_failed");
    CHECK(rows[0].error == "trigger \"tides\" of task \"t\" failed: no tide \xEF\xBF\xBD");
    rule.status = UVSCHED_TRIGGER_TIME;
    world.scheduler.resume_task("t");
    pass(world.scheduler, kSecond);
    CHECK(world.runs == 1);
    rule.status = UVSCHED_TRIGGER_NEVER;
    pass(world.scheduler, kSecond);
    CHECK(world.scheduler.get_task("t").info().finished == 1);
    world.scheduler.shutdown();
}

TEST_CASE("C++ functions are triggers too") {
    World world;
    int calls = 0;
    world.scheduler.register_trigger("thrice", [&](const sched::Ask& ask) -> std::optional<sched::Instant> {
        if (++calls > 3) return std::nullopt;
        return ask.previous().value_or(ask.now()) + kSecond;
    });
    world.scheduler.register_trigger(
        "bad", [](const sched::Ask&) -> std::optional<sched::Instant> { throw std::runtime_error("thrown"); });
    sched::Task bad("count");
    world.scheduler.add_task(bad.set_id("bad").set_custom_trigger("bad"));
    world.add("t", "thrice");
    for (int i = 0; i < 5; ++i) pass(world.scheduler, kSecond);
    CHECK(world.runs == 3);
    CHECK(world.info("bad").paused == 1);
    CHECK(failure(world.scheduler) == "trigger \"bad\" of task \"bad\" failed: thrown");
    world.scheduler.unregister_trigger("bad");
    world.scheduler.shutdown();
}

TEST_CASE("a trigger of another language answers through a queue") {
    World world;
    const sched::Queue queue = world.scheduler.get_queue("queue");
    world.scheduler.register_trigger_token("far", 77, queue);
    sched::Consumer consumer(queue, 1);
    sched::Task task("count");
    world.scheduler.add_task(task.set_id("t").set_custom_trigger("far", "5"));
    world.scheduler.start();
    auto items = consumer.take(1, kLong);
    REQUIRE(items.size() == 1);
    REQUIRE(items[0].tag() == sched::ItemTag::trigger_next);
    CHECK(items[0].token() == 77);
    const sched::Ask ask = items[0].ask();
    CHECK(ask.trigger() == std::string("far"));
    CHECK(ask.arguments() == std::string("5"));
    CHECK_FALSE(ask.previous().has_value());
    CHECK(ask.now() == kStart);
    queue.answer({ask.id(), kStart + 2 * kSecond});
    pass(world.scheduler, sched::Micros(0));
    CHECK(world.info("t").next_run_time == kStart + 2 * kSecond);
    CHECK(sched_clock_advance(world.scheduler.get(), micros(2 * kSecond)) == UVSCHED_OK);
    items = consumer.take(1, kLong);
    REQUIRE(items.size() == 1);
    REQUIRE(items[0].tag() == sched::ItemTag::trigger_next);
    const std::string error = "asleep";
    queue.answer({items[0].ask().id(), error});
    pass(world.scheduler, sched::Micros(0));
    CHECK(world.runs == 1);
    CHECK(world.info("t").paused == 1);
    CHECK(failure(world.scheduler) == "trigger \"far\" of task \"t\" failed: asleep");
    // Another token takes the place of the first, which comes back.
    world.scheduler.register_trigger_token("far", 78, queue);
    items = consumer.take(1, kLong);
    REQUIRE(items.size() == 1);
    CHECK(items[0].tag() == sched::ItemTag::release);
    CHECK(items[0].token() == 77);
    world.scheduler.shutdown();
}

TEST_CASE("custom triggers do not stand inside others") {
    sched_trigger* trigger = nullptr;
    CHECK_FAILS(
        sched_trigger_from_json(
            &trigger, R"({"type":"or","triggers":[{"type":"custom","name":"tides"},{"type":"date"}]})", nullptr),
        UVSCHED_EINVAL, "triggers[0]: custom tides, UTC is asked for its times one by one");
}
