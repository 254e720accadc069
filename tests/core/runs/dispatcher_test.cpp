#include "core/runs/dispatcher.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <vector>

#include "core/base/error.hpp"
#include "core/runs/runs.hpp"

using namespace uvsched;

namespace {

// What executors call back.
class Sink final : public RunSink {
public:
    void begin(std::span<Run*> /*runs*/, std::span<RunResult> /*ended*/, bool /*roomy*/) noexcept override {
        if (on_begin) on_begin();
    }
    void finished(std::span<RunResult> /*results*/) noexcept override {}
    void returned(std::span<Run* const> runs) noexcept override { came_back += runs.size(); }
    void has_room() override { ++told_of_room; }
    void lacking(const Executor& /*executor*/, const std::string& /*what*/) noexcept override {}
    void took_asks(std::span<const std::uint64_t> /*asks*/) noexcept override {}
    void answered(std::span<TriggerAnswer> /*answers*/) override {}

    std::function<void()> on_begin;
    std::size_t came_back = 0;
    int told_of_room = 0;
};

struct Rooms {
    ManualClock clock{1'000};
    EventBus bus{this};
    TimeZone zone = TimeZone::load("UTC");
    Notices notices{bus, clock, zone};
    Sink sink;
    Releases releases;
    Runs runs{1, releases};
    Definition task;
    const std::string store = "default";
    Dispatcher dispatcher{
        {{"here", {.type = ExecutorType::inline_}}, {"queue", {.type = ExecutorType::queue}}}, this, clock, notices};

    Rooms() {
        dispatcher.connect(sink);
        each([this](Executor& executor) { executor.start(sink); });
    }
    ~Rooms() {
        each([](Executor& executor) { executor.close(); });
        each([](Executor& executor) { executor.stop(); });
    }

    template <class Visit>
    void each(Visit&& visit) {
        for (std::uint16_t i = 0; i < dispatcher.count(); ++i) {
            if (const auto executor = dispatcher.at_work(i)) visit(*executor);
        }
    }

    RunSlot& push(const std::string& executor, NativeFunction function = nullptr, void* data = nullptr) {
        RunSlot& slot = runs.make();
        slot.executor = dispatcher.index(executor);
        runs.begin(slot, task, nullptr);
        slot.run.store = &store;
        slot.run.function = function;
        slot.run.user_data = data;
        dispatcher.reserve(slot.executor);
        dispatcher.push(slot);
        return slot;
    }
    std::size_t room(const std::string& executor) {
        dispatcher.measure();
        return dispatcher.rooms()[dispatcher.index(executor)];
    }
};

}  // namespace

TEST_CASE("dispatcher: an unknown executor is named, and so are those that there are") {
    const Rooms rooms;
    CHECK(rooms.dispatcher.find("nowhere") == std::nullopt);
    CHECK_THROWS_WITH_AS((void)rooms.dispatcher.index("nowhere"),
                         "executor \"nowhere\": there is no such executor; known are \"here\", \"queue\"", Error);
}

TEST_CASE("dispatcher: inline runs are called by whoever hands over, in order, and how they ended is known") {
    Rooms rooms;
    std::vector<int> called;
    const auto good = [](const Run*, void* data) {
        static_cast<std::vector<int>*>(data)->push_back(1);
        return 0;
    };
    const auto bad = [](const Run*, void* data) {
        static_cast<std::vector<int>*>(data)->push_back(2);
        return 5;
    };
    CHECK_FALSE(rooms.dispatcher.take());
    RunSlot& first = rooms.push("here", good, &called);
    RunSlot& second = rooms.push("here", bad, &called);
    CHECK(called.empty());
    CHECK(rooms.dispatcher.take());
    rooms.dispatcher.hand_over(rooms.runs);
    CHECK(called == std::vector<int>{1, 2});
    CHECK(rooms.runs.back(0).empty());
    rooms.runs.end_called();
    REQUIRE(rooms.runs.back(0).size() == 2);
    CHECK(rooms.runs.back(0).pop() == &first);
    CHECK(rooms.runs.back(0).pop() == &second);
    CHECK(first.end_state == FireState::done);
    CHECK(second.end_state == FireState::failed);
    CHECK(second.ended_at == 1'000);
    CHECK_FALSE(rooms.dispatcher.take());
}

TEST_CASE("dispatcher: there is no room while a run is on its way, or waits to be taken") {
    Rooms rooms;
    CHECK(rooms.room("queue") == 0);  // nobody is attached
    const ConsumerId consumer = rooms.dispatcher.queue(rooms.dispatcher.index("queue"))->attach(3);
    CHECK(rooms.room("queue") == 3);
    rooms.push("queue");
    CHECK(rooms.room("queue") == 0);
    REQUIRE(rooms.dispatcher.take());
    rooms.dispatcher.hand_over(rooms.runs);
    CHECK(rooms.room("queue") == 0);
    QueueItem item;
    CHECK(rooms.dispatcher.queue(rooms.dispatcher.index("queue"))->take(consumer, {&item, 1}, std::nullopt) == 1);
    CHECK(rooms.room("queue") == 3);
    rooms.dispatcher.reserve(rooms.dispatcher.index("queue"));
    CHECK(rooms.room("queue") == 0);
}

// What came to be due while the run waited would meet it in the store, and be skipped at max_instances.
TEST_CASE("dispatcher: there is no room before the engine knows that what was taken is called") {
    for (const Room kind : {Room::waiting, Room::workers}) {
        Rooms rooms;
        const std::shared_ptr<RunQueue> queue = rooms.dispatcher.queue(rooms.dispatcher.index("queue"));
        const ConsumerId consumer = queue->attach(2, kind);
        rooms.push("queue");
        REQUIRE(rooms.dispatcher.take());
        rooms.dispatcher.hand_over(rooms.runs);
        std::vector<std::size_t> seen;
        rooms.sink.on_begin = [&] { seen.push_back(queue->room()); };
        rooms.sink.told_of_room = 0;
        QueueItem item;
        REQUIRE(queue->take(consumer, {&item, 1}, std::nullopt) == 1);
        CHECK(seen == std::vector<std::size_t>{0});
        CHECK(queue->room() > 0);
        CHECK(rooms.sink.told_of_room == 1);
    }
}

TEST_CASE("dispatcher: who has left is not waited for") {
    Rooms rooms;
    const std::uint16_t queue = rooms.dispatcher.index("queue");
    CHECK(rooms.dispatcher.unattended()[queue]);
    CHECK_FALSE(rooms.dispatcher.unattended()[rooms.dispatcher.index("here")]);
    const ConsumerId consumer = rooms.dispatcher.queue(queue)->attach(1);
    CHECK_FALSE(rooms.dispatcher.unattended()[queue]);
    rooms.push("queue");
    REQUIRE(rooms.dispatcher.take());
    rooms.dispatcher.queue(queue)->detach(consumer);
    rooms.dispatcher.hand_over(rooms.runs);
    CHECK(rooms.sink.came_back == 1);
}

// Its threads may wait for the lock that an add holds, and the loop thread may still be inside its submit().
TEST_CASE("a pool that was removed and replaced at once is left for the loop thread to stop") {
    Rooms rooms;
    const ExecutorConfig pool{.type = ExecutorType::thread_pool, .threads = 1};
    std::vector<std::weak_ptr<Executor>> removed;
    for (int round = 0; round < 3; ++round) {
        const std::uint16_t number = rooms.dispatcher.add("pool", pool, rooms.runs);
        rooms.dispatcher.executor(number)->start(rooms.sink);
        removed.push_back(rooms.dispatcher.executor(number));
        rooms.dispatcher.remove(number);
    }
    rooms.dispatcher.add("pool", pool, rooms.runs);
    for (const auto& each : removed) CHECK(!each.expired());
    CHECK(rooms.dispatcher.any_leaving());
    for (const auto& each : rooms.dispatcher.left(rooms.runs)) each->stop();
    CHECK(!rooms.dispatcher.any_leaving());
    for (const auto& each : removed) CHECK(each.expired());
}
