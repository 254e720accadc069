#include "core/homes/lanes.hpp"

#include <doctest/doctest.h>

using namespace uvsched;

namespace {

Now at(Instant time) { return {.wall = time, .elapsed = time}; }

struct Known {
    Lanes lanes{2};
    std::vector<std::size_t> rooms{3, 3};

    Known() {
        assign();
        regroup();
    }
    bool assign(std::vector<Lane> more = {}) {
        std::vector<Lane> all = {{.number = 1, .executor = "a", .function = "f", .example = 10, .example_id = "t"},
                                 {.number = 2, .executor = "b", .function = "f", .example = 11, .example_id = "u"},
                                 {.number = 3, .executor = "a", .function = "g", .example = 0, .example_id = {}}};
        all.insert(all.end(), more.begin(), more.end());
        return lanes.assign(std::move(all));
    }
    void regroup() {
        lanes.regroup([](const Lane& lane) {
            return lane.executor == "a" ? std::optional<std::uint16_t>(0) : std::optional<std::uint16_t>();
        });
    }
    void wake_at(Instant time) { lanes.set_wakes({lanes.groups(), {{.wall = time, .elapsed = {}}}}); }
};

}  // namespace

TEST_CASE("lanes: those of one executor form a group, and others none") {
    Known known;
    REQUIRE(known.lanes.groups()->size() == 1);
    CHECK(known.lanes.groups()->front().executor == 0);
    CHECK(known.lanes.groups()->front().lanes == std::vector<LaneNumber>{1, 3});
}

TEST_CASE("lanes: what is not known yet is looked for at once, with no more than there is room for") {
    Known known;
    const auto wanted = known.lanes.wanted(at(100), known.rooms);
    REQUIRE(wanted.size() == 1);
    CHECK(wanted[0].limit == 3);
    known.rooms[0] = 0;
    CHECK(known.lanes.wanted(at(100), known.rooms).empty());
    CHECK(known.lanes.next_deadline(at(100), known.rooms) == kLatest);
}

TEST_CASE("lanes: the store says when to look") {
    Known known;
    known.wake_at(500);
    CHECK(known.lanes.wanted(at(499), known.rooms).empty());
    CHECK(known.lanes.next_deadline(at(499), known.rooms) == 500);
    CHECK(known.lanes.wanted(at(500), known.rooms).size() == 1);
}

TEST_CASE("lanes: a look that finds nothing although something is due is not repeated at once") {
    Known known;
    known.wake_at(500);
    REQUIRE(known.lanes.wanted(at(600), known.rooms).size() == 1);
    known.lanes.posted();
    CHECK(known.lanes.pending());
    known.lanes.looked(at(600), true, 600);
    CHECK_FALSE(known.lanes.pending());
    CHECK(known.lanes.wanted(at(601), known.rooms).empty());
    CHECK(known.lanes.next_deadline(at(601), known.rooms) == 600 + kSecond);
    known.wake_at(601);  // another matter
    CHECK(known.lanes.wanted(at(601), known.rooms).size() == 1);
}

TEST_CASE("lanes: a look that was under way says nothing of lanes that came since") {
    Known known;
    known.wake_at(500);
    const LaneGroups before = known.lanes.groups();
    REQUIRE(known.lanes.wanted(at(600), known.rooms).size() == 1);
    known.lanes.posted();
    known.regroup();
    known.lanes.set_wakes({before, {{.wall = 9'000, .elapsed = {}}}});
    known.lanes.looked(at(600), true, 600);
    CHECK(known.lanes.wanted(at(601), known.rooms).size() == 1);
}

TEST_CASE("lanes: one that has a task is reported once") {
    Known known;
    std::vector<LaneNumber> seen;
    const auto visit = [&](const Lane& lane) {
        seen.push_back(lane.number);
        return lane.number == 2;
    };
    known.lanes.each_unreported(visit);
    known.lanes.each_unreported(visit);
    CHECK(seen == std::vector<LaneNumber>{1, 2, 1});
    known.assign();
    known.lanes.each_unreported(visit);
    CHECK(seen == std::vector<LaneNumber>{1, 2, 1, 1});
    known.lanes.clear();
    known.assign();
    known.lanes.each_unreported(visit);
    CHECK(seen == std::vector<LaneNumber>{1, 2, 1, 1, 1, 2});
}

TEST_CASE("lanes: those of another node are in a group after the next sorting") {
    Known known;
    known.wake_at(500);
    CHECK_FALSE(known.assign());
    CHECK(known.assign({{.number = 4, .executor = "a", .function = "h", .example = 12, .example_id = "v"}}));
    CHECK(known.lanes.wanted(at(499), known.rooms).empty());
    known.regroup();
    const auto wanted = known.lanes.wanted(at(499), known.rooms);
    REQUIRE(wanted.size() == 1);
    CHECK(wanted[0].lanes == std::vector<LaneNumber>{1, 3, 4});
}
