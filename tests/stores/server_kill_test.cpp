// A process that is killed at each step of a run, before the server has heard of it and after the server has done it:
// another node recovers what it held, and the run ends once.
#include <algorithm>

#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"

using namespace ledger;

namespace {

using Step = std::function<void(Store&)>;

// A process that does the steps, and is killed in the last of them.
void die_in(const ServerPlace& place, const std::vector<Step>& steps, Fault fault) {
    Child child([&](Child&) {
        const auto store = place.make_faulty_store();
        static_cast<void>(store->open({.wall = kStart, .label = "worker", .retention = {}}));
        for (std::size_t i = 0; i + 1 < steps.size(); ++i) steps[i](*store);
        const Faults kills([&](const std::string& name) { return place.is_commit(name) ? fault : Fault::none; });
        steps.back()(*store);
        return 0;
    });
    CHECK(child.exit_status() == 1000 + SIGKILL);
}

// What is ready or due by now is run to its end; the number of starts that took.
int run_all(Store& store) {
    int starts = 0;
    while (true) {
        const Look found = look(store, kStart);
        std::vector<FireRef> fires;
        for (const OpenFire& fire : found.ready) {
            const Take take = apply(store, Take{.fire = ref(fire), .now_wall = kStart});
            REQUIRE(take.outcome == Outcome::done);
            fires.push_back({fire.task.number, fire.key, take.token});
        }
        for (const StoredTask& task : found.due) {
            const Claim claim = apply(store, claiming(task, kStart));
            REQUIRE(claim.outcome == Outcome::done);
            fires.push_back(ref(claim.fires.at(0)));
        }
        if (fires.empty()) return starts;
        for (const FireRef& fire : fires) {
            REQUIRE(start(store, fire) == Outcome::done);
            REQUIRE(finish(store, fire) == Outcome::done);
            ++starts;
        }
    }
}

}  // namespace

TEST_CASE("a process that is killed at a step of a run loses nothing, and nothing runs twice that need not") {
    OpenFire held;
    const std::vector<Step> whole{[&](Store& store) { held = claim(store, "digest"); },
                                  [&](Store& store) { start(store, ref(held)); },
                                  [&](Store& store) { finish(store, ref(held)); }};
    const std::vector<Step> given_back{whole[0], [&](Store& store) { release(store, ref(held)); }};
    for (const Fault fault : {Fault::killed_unsent, Fault::killed_unheard}) {
        for (std::size_t steps = 1; steps <= 4; ++steps) {
            const bool releases = steps == 4;
            const bool heard = fault == Fault::killed_unheard;
            CAPTURE(steps);
            CAPTURE(heard);
            const auto place = make_server_place();
            const auto store = place->make_store();
            const Opened opened = store->open({.wall = kStart, .label = "survivor", .retention = {}});
            add(*store, every("digest", kDay));
            die_in(*place,
                   releases ? given_back
                            : std::vector<Step>(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(steps)),
                   fault);
            const NodeNumber dead = place->node_beside(opened.node);
            const Recovered left = store->recover(dead, kStart, 100);
            CHECK_FALSE(left.more);
            const bool ended = steps == 3 && heard;
            const bool back = releases && heard;  // it was ready already
            const bool held_some = !ended && !back && (steps > 1 || heard);
            CHECK(left.ready.size() == (held_some ? 1 : 0));
            CHECK(run_all(*store) == (ended ? 0 : 1));
            CHECK(place->done_rows() == 1);
            CHECK(place->open_fires() == 0);
            CHECK(place->nodes() == std::vector<NodeNumber>{opened.node});
            store->close();
        }
    }
}

TEST_CASE("a process that is killed in a recovery leaves it to the next one") {
    for (const Fault fault : {Fault::killed_unsent, Fault::killed_unheard}) {
        const bool heard = fault == Fault::killed_unheard;
        CAPTURE(heard);
        const auto place = make_server_place();
        const auto store = place->make_store();
        static_cast<void>(store->open({.wall = kStart, .label = "survivor", .retention = {}}));
        add(*store, every("digest", kDay));
        const auto first = place->make_store();
        const NodeNumber dead = first->open({.wall = kStart, .label = "worker", .retention = {}}).node;
        claim(*first, "digest");
        die_in(*place, {[&](Store& other) { static_cast<void>(other.recover(dead, kStart, 100)); }}, fault);
        const Recovered left = store->recover(dead, kStart, 100);
        CHECK(left.ready.size() == (heard ? 0 : 1));
        CHECK(run_all(*store) == 1);
        const std::vector<NodeNumber> nodes = place->nodes();
        CHECK(std::count(nodes.begin(), nodes.end(), dead) == 0);
        CHECK_THROWS_AS(static_cast<void>(first->mine()), NodeLost);
        first->close();
        store->close();
    }
}
