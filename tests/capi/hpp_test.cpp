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
              static_cast<void>(scheduler.query_history(query));
          }) == UVSCHED_EINVAL);
    CHECK(scheduler.query_history({}).empty());
}
