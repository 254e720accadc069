// Claims of the memory store where executors are full.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/stores/memory/memory_store.hpp"
#include "core/triggers/interval.hpp"

using namespace uvsched;

namespace {

constexpr Instant kNow = 1'000 * kSecond;

class World {
public:
    MemoryIndex add(const std::string& id, Instant due, std::uint16_t executor = 0) {
        TaskState state;
        state.uid = ++last_uid_;
        state.anchor = due - kHour;
        state.next_slot = due;
        state.next_due = due;
        return store_.add(definition(id), state, executor);
    }

    static Now now() { return {.wall = kNow, .elapsed = kNow}; }

    static std::shared_ptr<const Definition> definition(const std::string& id) {
        Definition out;
        out.id = out.name = out.function = id;
        out.executor = "default";
        out.trigger = make_interval_trigger({.period = kHour});
        return std::make_shared<const Definition>(std::move(out));
    }

    // The ids that a claim gives, with so much room at executors 0 and 1.
    std::vector<std::string> claim(std::size_t room, std::size_t other_room = 0) {
        std::vector<std::size_t> rooms{room, other_room};
        std::vector<MemoryFire> fires;
        std::vector<MemoryMiss> misses;
        store_.claim(now(), 64, rooms, fires, misses);
        CHECK(misses.empty());
        std::vector<std::string> ids;
        for (const MemoryFire& fire : fires) ids.push_back(store_.at(fire.task).definition->id);
        return ids;
    }

    MemoryStore& store() { return store_; }

private:
    MemoryStore store_{16};
    Uid last_uid_ = 0;
};

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("due tasks of a full executor wait, and go on in the order of their times") {
    World world;
    for (int i = 0; i < 5; ++i) world.add(std::to_string(i), kNow - 10 + i);
    CHECK(world.claim(0).empty());
    CHECK(world.store().next_due(ClockLine::wall) == kLatest);  // nothing to wake for: room will
    CHECK(world.claim(2) == Ids{"0", "1"});
    CHECK(world.claim(0).empty());
    CHECK(world.claim(64) == Ids{"2", "3", "4"});
}

TEST_CASE("room is looked at by every claim, whoever made it") {
    World world;
    world.add("a", kNow);
    world.add("b", kNow);
    CHECK(world.claim(1) == Ids{"a"});
    CHECK(world.claim(1) == Ids{"b"});
}

TEST_CASE("a full executor holds up no other") {
    World world;
    world.add("slow", kNow - 2, 0);
    world.add("quick", kNow - 1, 1);
    CHECK(world.claim(0, 1) == Ids{"quick"});
    CHECK(world.claim(1, 1) == Ids{"slow"});
}

TEST_CASE("a task that waits for room and changes its executor asks there") {
    World world;
    const MemoryIndex task = world.add("a", kNow);
    CHECK(world.claim(0, 8).empty());
    std::vector<Dropped> dropped;
    world.store().rewrite(task, World::definition("a"), 1, world.store().at(task).state(), World::now(), dropped);
    CHECK(world.claim(0, 1) == Ids{"a"});
    CHECK(world.claim(8, 8).empty());
}

TEST_CASE("a task that was removed or paused while it waited for room does not run") {
    World world;
    const MemoryIndex removed = world.add("removed", kNow);
    const MemoryIndex paused = world.add("paused", kNow);
    CHECK(world.claim(0).empty());
    std::vector<Dropped> dropped;
    world.store().remove(removed, World::now(), dropped);
    TaskState state;
    state.status = TaskStatus::paused;
    world.store().reschedule(paused, state);
    world.add("other", kNow);  // in the slot of the removed one
    CHECK(world.claim(8) == Ids{"other"});
}

TEST_CASE("where nothing is queued nothing is due, at the end of time too") {
    MemoryStore store(0);
    std::vector<std::size_t> rooms{1};
    std::vector<MemoryFire> fires;
    std::vector<MemoryMiss> misses;
    for (const Instant now : {kLatest, kEarliest, Instant{0}}) {
        store.claim({.wall = now, .elapsed = now}, 64, rooms, fires, misses);
        store.claim({.wall = now, .elapsed = saturating_sub(0, now)}, 64, rooms, fires, misses);
    }
    CHECK(fires.empty());
    CHECK(misses.empty());
}
