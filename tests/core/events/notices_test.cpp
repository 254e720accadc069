#include "core/events/notices.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "core/triggers/date.hpp"

using namespace uvsched;

namespace {

struct Heard {
    ManualClock clock{1'767'225'600 * kSecond};
    EventBus bus{this};
    TimeZone zone = TimeZone::load("UTC");
    Notices notices{bus, clock, zone};
    std::shared_ptr<RunQueue> queue = make_run_queue();
    ConsumerId consumer = queue->attach(1);

    explicit Heard(EventMask mask = kAllEvents) {
        bus.add_queue(queue);
        queue->subscribe(mask);
    }
    std::vector<Event> take() {
        std::vector<QueueItem> items(8);
        items.resize(queue->take(consumer, items, std::chrono::milliseconds(0)));
        std::vector<Event> events;
        for (const QueueItem& item : items) events.push_back(*item.event);
        return events;
    }
};

Definition daily() {
    Definition task;
    task.id = "backup";
    task.name = "Backup";
    task.trigger = make_date_trigger({.run_at = 1'000'000});
    return task;
}

}  // namespace

TEST_CASE("notices: missed times are told in wall time, and counted even if nobody listens") {
    const PlannedMiss miss{.first = 10, .last = 30, .count = 3};
    Heard heard;
    heard.notices.missed("default", daily(), miss, 5, 99);
    const std::vector<Event> events = heard.take();
    REQUIRE(events.size() == 1);
    CHECK(events[0].code == EventCode::task_missed);
    CHECK(events[0].task_id == "backup");
    CHECK(events[0].task_name == "Backup");
    CHECK(events[0].first == 15);
    CHECK(events[0].scheduled == 35);
    CHECK(events[0].count == 3);
    CHECK(events[0].at == 99);
    Heard deaf(0);
    deaf.notices.missed("default", daily(), miss, 5, 99);
    CHECK(deaf.take().empty());
    CHECK(deaf.notices.missed() == 3);
}

TEST_CASE("notices: times that max_instances kept back have an event of their own") {
    Heard heard;
    heard.notices.missed("default", daily(), {.state = FireState::skipped, .reason = Reason::max_instances}, 0, 1);
    CHECK(heard.take().at(0).code == EventCode::task_max_instances);
}

TEST_CASE("notices: the end of a run tells its result and how long it ran; one that never began, since its claim") {
    const Definition task = daily();
    const std::string store = "default";
    Run run;
    run.task = &task;
    run.store = &store;
    run.result = "17";
    run.started = 400;
    const Event done = end_event(run, FireState::done, Reason::none, 100, 1'000);
    CHECK(done.code == EventCode::task_executed);
    CHECK(done.result == "17");
    CHECK(done.duration == 600);
    run.started = 0;
    CHECK(end_event(run, FireState::cancelled, Reason::cancelled, 100, 1'000).duration == 900);
    CHECK(end_code(FireState::failed) == EventCode::task_error);
}

TEST_CASE("notices: a trigger that fails tells how many due times are lost") {
    Heard heard;
    heard.notices.trigger_failed("default", "backup", "trigger \"moon\" failed", 1);
    const std::vector<Event> events = heard.take();
    REQUIRE(events.size() == 1);
    CHECK(events[0].message == "trigger \"moon\" failed; the task is paused until it is resumed or changed");
    CHECK(events[0].count == 1);
    CHECK(events[0].reason == Reason::trigger_failed);
    CHECK(heard.notices.missed() == 1);
}
