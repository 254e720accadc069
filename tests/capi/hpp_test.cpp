// What uvsched.hpp adds to uvsched.h.
#include <string>
#include <type_traits>
#include <utility>

#include "support.hpp"

using namespace capi_test;

static_assert(!std::is_copy_constructible_v<sched::Scheduler>);
static_assert(std::is_nothrow_move_constructible_v<sched::Scheduler>);
static_assert(std::is_nothrow_move_assignable_v<sched::Task>);

TEST_CASE("an error has code, name and text") {
    try {
        sched::Task task("");
        FAIL("an empty name was taken");
    } catch (const sched::Error& error) {
        CHECK(error.code() == UVSCHED_EINVAL);
        CHECK(std::string(error.name()) == "UVSCHED_EINVAL");
        CHECK(doctest::String(error.what()) == doctest::Contains("function"));
    }
}

TEST_CASE("owners free what they own, once") {
    sched::Task first("f");
    sched_task* const raw = first.get();
    sched::Task second = std::move(first);
    CHECK(second.get() == raw);
    sched::Task third("g");
    third = std::move(second);
    CHECK(third.get() == raw);
    sched::Task& same = third;
    third = std::move(same);
    CHECK(third.function() == "f");
    sched_task* const released = third.release();
    CHECK_FALSE(third);
    CHECK(sched_task_id(released) != nullptr);
    sched_task_free(released);
    CHECK(sched_task_id(released) == nullptr);
}

TEST_CASE("a getter of a freed task throws") {
    sched::Task task("f");
    sched_task_free(task.get());
    CHECK(code_of([&] { static_cast<void>(task.id()); }) == UVSCHED_EHANDLE);
    CHECK(code_of([&] { static_cast<void>(task.info()); }) == UVSCHED_EHANDLE);
}

TEST_CASE("functions hold what they capture until they are let go") {
    auto held = std::make_shared<int>(5);
    const std::weak_ptr<int> watch = held;
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> seen{0};
    scheduler.register_function("f", [held = std::move(held), &seen](const sched::Run&) { seen = *held; });
    CHECK(code_of([&] { scheduler.register_function("f", [](const sched::Run&) {}); }) == UVSCHED_EALREADY);
    scheduler.add_task(sched::Task("f"));
    scheduler.start();
    scheduler.wait_idle(kLong);
    CHECK(seen == 5);
    CHECK_FALSE(watch.expired());
    scheduler.unregister_function("f");
    CHECK(watch.expired());
    scheduler.shutdown(kLong);
}

TEST_CASE("a bad question throws, a good one without an answer does not") {
    sched::Scheduler scheduler(manual_config());
    CHECK(code_of([&] {
              sched::HistoryQuery query;
              query.state = "asleep";
              static_cast<void>(scheduler.history(query).all());
          }) == UVSCHED_EINVAL);
    CHECK(scheduler.history().all().empty());
}

TEST_CASE("an answer keeps its text") {
    const sched::Answer answer(7, "a reason that is too long for a string's own room");
    const sched::Answer copy = answer;
    const sched_answer raw = copy.get();
    CHECK(raw.ask_id == 7);
    CHECK(raw.status == UVSCHED_TRIGGER_FAILED);
    CHECK(std::string(raw.error, raw.error_length) == "a reason that is too long for a string's own room");
    CHECK(sched::Answer(8, kStart).get().time == sched::to_c(kStart));
}

TEST_CASE("times are those of the system's clock, and a timeout that an int does not hold is a long one") {
    CHECK(sched::from_c(0) == std::chrono::system_clock::time_point());
    CHECK(sched::to_c(kStart + kMinute) == 1'767'225'660'000'000);
    CHECK(sched::to_c(sched::kForever) == -1);
    CHECK(sched::to_c(std::chrono::hours(24 * 365)) == INT32_MAX);
}

TEST_CASE("the numbers of a task have nothing where nothing is") {
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    sched::Task task = every_second("count", "a");
    scheduler.start();
    scheduler.add_task(task);
    CHECK(task.info().next_run_time == kStart + kSecond);
    CHECK_FALSE(task.info().mistrigger_grace_time);
    CHECK(task.info().on_crash == sched::OnCrash::rerun);
    scheduler.pause_task("a");
    CHECK(scheduler.get_task("a").info().paused);
    CHECK_FALSE(scheduler.get_task("a").info().next_run_time);
    scheduler.shutdown(kLong);
}

TEST_CASE("an iterator gives its elements, then nothing, again and again") {
    sched::Scheduler scheduler(manual_config());
    std::atomic<int> runs{0};
    scheduler.register_function("count", count_run, &runs);
    for (const char* id : {"a", "b"}) scheduler.add_task(every_second("count", id));
    sched::TaskIterator tasks = scheduler.get_tasks();
    CHECK(tasks.next()->id() == "a");
    CHECK(tasks.next()->id() == "b");
    for (int i = 0; i < 2; ++i) CHECK_FALSE(tasks.next());
    CHECK(scheduler.get_tasks().all().size() == 2);
}
