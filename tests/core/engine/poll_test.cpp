// A scheduler without a thread, driven by its caller.
#include <doctest/doctest.h>
#include <poll.h>

#include <filesystem>
#include <iterator>
#include <thread>

#include "core/triggers/custom.hpp"
#include "tests/core/engine/support.hpp"

using namespace uvsched;
using namespace uvsched::test;

namespace {

std::ptrdiff_t threads() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

bool readable(int descriptor, int timeout_ms = 0) {
    pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, timeout_ms) == 1;
}

// Everything that a scheduler tells or calls is noted in one list.
struct Polled {
    TemporaryFolder folder;
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(kStart);
    std::shared_ptr<Scheduler> scheduler;
    std::vector<std::string> noted;
    std::vector<std::thread::id> at{};

    explicit Polled(const std::string& store) { make(store); }

    // The scheduler that was there is dropped first: it has the file.
    void make(const std::string& store) {
        scheduler.reset();
        Config config;
        config.clock = clock;
        config.identity = "test";
        config.driver = Driver::caller;
        config.add_store("default", store == "memory" ? store : "sqlite:" + (folder / "tasks.db"));
        config.add_executor("default", "inline");
        config.add_executor("queue", "queue");
        scheduler = Scheduler::create(std::move(config));
        const auto call = [](const Run* run, void* data) {
            static_cast<Polled*>(data)->note(run->task->id);
            return 0;
        };
        scheduler->register_function("note", {.call = call, .token = 0, .user_data = this, .release = {}}, true);
        scheduler->register_function("token", {.call = nullptr, .token = 7, .user_data = nullptr, .release = {}}, true);
        scheduler->add_observer(mask_of(EventCode::scheduler_shutdown), [this](const Event&) { note("heard the end"); },
                                {});
        scheduler->add_observer(mask_of(EventCode::task_executed),
                                [this](const Event& event) { note("heard " + event.task_id); }, {});
        scheduler->register_trigger("soon",
                                    {.call =
                                         [this](const TriggerAsk& ask) {
                                             note("asked");
                                             return TriggerAnswer{.kind = TriggerAnswer::Kind::time,
                                                                  .ask = ask.id,
                                                                  .time = ask.previous.value_or(ask.now) + kSecond,
                                                                  .error = {}};
                                         }},
                                    true);
    }

    void note(const std::string& what) {
        noted.push_back(what);
        at.push_back(std::this_thread::get_id());
    }
    std::ptrdiff_t times(const std::string& what) const { return std::count(noted.begin(), noted.end(), what); }

    void add(const std::string& id, TriggerPtr trigger, const std::string& executor = "default",
             const std::string& function = "note") const {
        TaskSpec spec;
        spec.id = id;
        spec.function = function;
        spec.executor = executor;
        spec.trigger = std::move(trigger);
        scheduler->add(std::move(spec), AddMode::declare);
    }

    // As a program's loop does: while there is something to do.
    void turn() const {
        while (readable(scheduler->poll_descriptor())) scheduler->poll();
    }
    void advance(Micros span) const {
        clock->advance(span);
        turn();
    }
};

}  // namespace

TEST_CASE("tasks, stores, custom triggers and observers are at work where they are polled, and no thread is started") {
    for (const std::string store : {"memory", "sqlite"}) {
        CAPTURE(store);
        const std::ptrdiff_t before = threads();
        Polled each(store);
        each.add("tick", Fixture::every(kSecond));
        each.add("custom", make_custom_trigger({.name = "soon", .arguments = {}}));
        each.scheduler->start(false);
        each.turn();
        CHECK(each.noted == std::vector<std::string>{"asked"});
        for (int i = 0; i < 5; ++i) each.advance(kSecond);
        CHECK(each.times("tick") == 5);
        CHECK(each.times("heard tick") == 5);
        CHECK(each.times("custom") >= 4);
        CHECK(each.times("heard custom") == each.times("custom"));
        CHECK(threads() <= before);  // a thread of an earlier test may end meanwhile
        CHECK(each.scheduler->history("default", {}).size() >= 9);
        each.scheduler->stop(StopMode::wait);
        each.turn();
        CHECK(each.scheduler->state() == SchedulerState::stopped);
        CHECK(each.times("heard the end") == 1);
        each.scheduler->settle();
        for (const std::thread::id caller : each.at) CHECK(caller == std::this_thread::get_id());
        CHECK(threads() <= before);  // a thread of an earlier test may end meanwhile
    }
}

TEST_CASE("each custom trigger is asked in its turn, without a wait") {
    Polled each("memory");
    for (const char* id : {"a", "b", "c"}) each.add(id, make_custom_trigger({.name = "soon", .arguments = {}}));
    each.scheduler->start(false);
    each.turn();
    CHECK(each.times("asked") == 3);
    each.advance(kSecond);
    for (const char* id : {"a", "b", "c"}) CHECK(each.times(id) == 1);
}

TEST_CASE("a run queue is served on the thread that polls") {
    for (const std::string store : {"memory", "sqlite"}) {
        CAPTURE(store);
        Polled each(store);
        const auto queue = each.scheduler->queue("queue");
        const ConsumerId consumer = queue->attach(4);
        each.add("tick", Fixture::every(kSecond), "queue", "token");
        each.scheduler->start(false);
        each.turn();
        each.advance(kSecond);
        REQUIRE(readable(queue->descriptor()));
        std::vector<QueueItem> items(4);
        REQUIRE(queue->take(consumer, items, std::chrono::milliseconds(0)) == 1);
        RunResult result{.run = items[0].run_id, .state = FireState::done, .result = {}, .error = {}};
        queue->finish({&result, 1});
        each.turn();
        CHECK(each.noted == std::vector<std::string>{"heard tick"});
        each.scheduler->stop(StopMode::wait);
        CHECK(each.scheduler->wait(std::nullopt) == Code::ok);
        queue->detach(consumer);
    }
}

TEST_CASE("calls that wait drive the scheduler") {
    for (const std::string store : {"memory", "sqlite"}) {
        CAPTURE(store);
        Polled each(store);
        each.scheduler->start(false);
        each.add("tick", Fixture::every(kSecond));
        each.clock->advance(kSecond);
        CHECK(each.scheduler->wait_idle(std::nullopt) == Code::ok);
        CHECK(each.times("tick") == 1);
        CHECK(each.scheduler->get("default", "tick").state.runs <= 1);
        CHECK(each.scheduler->wait(20 * kMillisecond) == Code::timed_out);
        each.scheduler->stop(StopMode::wait);
        CHECK(each.scheduler->wait(std::nullopt) == Code::ok);
        CHECK(each.scheduler->wait(std::nullopt) == Code::not_running);

        SUBCASE("and it may be started again") {
            each.scheduler->start(false);
            each.advance(kSecond);
            CHECK(each.times("tick") == 2);
        }
    }
}

TEST_CASE("each thread's call ends in its time, whoever drives") {
    Polled each("memory");
    each.add("tick", Fixture::every(kSecond));
    each.scheduler->start(false);
    std::thread other([&] { CHECK(each.scheduler->wait(std::nullopt) == Code::ok); });
    while (each.scheduler->stats().wakeups == 0) std::this_thread::yield();
    CHECK(each.scheduler->wait(20 * kMillisecond) == Code::timed_out);
    CHECK(each.scheduler->wait(0) == Code::timed_out);
    CHECK(code_of([&] { each.scheduler->start(false); }) == Code::already);
    for (int i = 1; i <= 20; ++i) {
        each.clock->advance(kSecond);
        each.scheduler->poll();  // whoever takes the turn, it is over when this returns
        CHECK(each.scheduler->stats().finished == i);
    }
    each.clock->advance(kSecond);
    CHECK(each.scheduler->wait_idle(std::nullopt) == Code::ok);
    each.scheduler->stop(StopMode::wait);
    other.join();
    CHECK(each.times("tick") == 21);
    each.scheduler->start(false);
    each.scheduler->stop(StopMode::wait);
    CHECK(each.scheduler->wait(std::nullopt) == Code::ok);
}

TEST_CASE("a thread may ask how long to wait while another one drives") {
    Polled each("memory");
    each.add("tick", Fixture::every(kSecond));
    each.scheduler->start(false);
    std::thread other([&] {
        while (each.scheduler->state() != SchedulerState::stopped) {
            static_cast<void>(each.scheduler->poll_timeout());
        }
    });
    for (int i = 0; i < 200; ++i) each.advance(kSecond);
    CHECK(each.times("tick") == 200);
    each.scheduler->stop(StopMode::wait);
    CHECK(each.scheduler->wait(std::nullopt) == Code::ok);
    other.join();
}

TEST_CASE("the descriptor, or the timeout, wakes for a time of the machine's clock and for what another thread adds") {
    Polled each("memory");
    Config config;
    config.driver = Driver::caller;
    config.add_executor("default", "inline");
    const auto scheduler = Scheduler::create(std::move(config));
    int runs = 0;
    const auto count = [](const Run*, void* data) {
        ++*static_cast<int*>(data);
        return 0;
    };
    scheduler->register_function("count", {.call = count, .token = 0, .user_data = &runs, .release = {}}, true);
    CHECK_THROWS_AS(static_cast<void>(scheduler->poll_descriptor()), Error);
    scheduler->start(false);
    const int descriptor = scheduler->poll_descriptor();
    while (readable(descriptor)) scheduler->poll();
    CHECK_FALSE(scheduler->poll_timeout());
    std::thread([&] {
        TaskSpec spec;
        spec.id = "once";
        spec.function = "count";
        spec.trigger = Fixture::once(scheduler->clock()->wall() + 50 * kMillisecond);
        scheduler->add(std::move(spec), AddMode::declare);
    }).join();
    while (runs == 0) {
        const auto timeout = scheduler->poll_timeout();  // only where the system has no timer for the wall clock
        const bool woken = readable(descriptor, timeout ? static_cast<int>(timeout->count()) : 10'000);
        REQUIRE((woken || timeout));
        scheduler->poll();
    }
    CHECK(scheduler->clock()->wall() >= 0);
}

TEST_CASE("a scheduler that is dropped while it runs ends, and its file is free") {
    Polled each("sqlite");
    each.add("tick", Fixture::every(kSecond));
    each.scheduler->start(false);
    each.advance(kSecond);
    each.scheduler.reset();
    Config config;
    config.add_store("default", "sqlite:" + (each.folder / "tasks.db"));
    const auto other = Scheduler::create(std::move(config));
    other->start(true);
    CHECK(other->get("default", "tick").state.hwm > kStart);
    other->stop(StopMode::wait);
    other->wait(std::nullopt);
}

TEST_CASE("a run that did not begin before its scheduler was dropped begins under the next one") {
    for (int polls = 0; polls < 8; ++polls) {
        CAPTURE(polls);
        Polled each("sqlite");
        TaskSpec spec;
        spec.id = "once";
        spec.function = "note";
        spec.executor = "default";
        spec.trigger = Fixture::once(kStart + kSecond);
        spec.policies.on_crash = OnCrash::mark_lost;
        each.scheduler->add(std::move(spec), AddMode::declare);
        each.scheduler->start(false);
        each.turn();
        each.clock->advance(kSecond);
        for (int i = 0; i < polls; ++i) each.scheduler->poll();
        each.make("sqlite");
        each.scheduler->start(false);
        each.turn();
        CHECK(each.times("once") == 1);
        const auto rows = each.scheduler->history("default", {});
        REQUIRE(rows.size() == 1);
        CHECK(rows[0].state == FireState::done);
    }
}

TEST_CASE("who may poll") {
    Polled each("memory");
    std::vector<Code> codes;
    each.scheduler->add_observer(mask_of(EventCode::task_executed),
                                 [&](const Event&) {
                                     try {
                                         each.scheduler->poll();
                                     } catch (const Error& error) {
                                         codes.push_back(error.code());
                                     }
                                 },
                                 {});
    each.scheduler->poll();  // before the start: nothing
    each.add("tick", Fixture::every(kSecond));
    each.scheduler->start(false);
    each.turn();
    each.advance(kSecond);
    CHECK(codes == std::vector<Code>{Code::deadlock});
    Fixture threaded;
    CHECK_THROWS_AS(threaded.scheduler->poll(), Error);
}
