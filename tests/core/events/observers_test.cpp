#include "core/events/observers.hpp"

#include <doctest/doctest.h>

#include <latch>
#include <thread>

#include "tests/support/lacking_memory.hpp"

using namespace uvsched;
using uvsched::test::for_each_lack;
using uvsched::test::LackingMemory;
using uvsched::test::lacks;

namespace {

std::shared_ptr<const Event> event_of(EventCode code) {
    auto event = std::make_shared<Event>();
    event->code = code;
    return event;
}

// They are called where a test pumps.
struct Pumped {
    int rings = 0;
    std::shared_ptr<Observers> observers = std::make_shared<Observers>(this, [this] { ++rings; });
};

}  // namespace

TEST_CASE("observers: an end waits for a call that another thread is making") {
    Pumped each;
    std::latch called(1);
    std::latch go_on(1);
    std::atomic<bool> in_call{false};
    bool released_in_call = false;
    each.observers->add(
        kAllEvents,
        [&](const Event&) {
            in_call = true;
            called.count_down();
            go_on.wait();
            in_call = false;
        },
        [&] { released_in_call = in_call; });
    each.observers->tell(event_of(EventCode::scheduler_shutdown));
    std::thread other([&] { each.observers->pump(); });
    called.wait();
    std::thread ending([&] { each.observers->close(); });
    // An end that does not wait is over within this time.
    const auto patience = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
    while (each.observers->mask() != 0 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
    go_on.count_down();
    other.join();
    ending.join();
    CHECK_FALSE(released_in_call);
}

TEST_CASE("observers: how many events were dropped is told when there is memory for that") {
    for_each_lack([](long n) {
        CAPTURE(n);
        Pumped each;
        std::int64_t told = 0;
        each.observers->add(kAllEvents,
                            [&](const Event& event) {
                                if (event.code == EventCode::events_dropped) told += event.count;
                            },
                            {});
        each.observers->tell(nullptr);
        each.observers->tell(event_of(EventCode::task_added));
        const auto next = event_of(EventCode::task_added);
        bool failed = false;
        {
            const LackingMemory lacking(n);
            CHECK_FALSE(lacks([&] { each.observers->pump(); }));
            failed = lacking.failed();
        }
        each.observers->tell(next);
        each.observers->pump();
        CHECK(told == each.observers->dropped());
        return failed;
    });
}
