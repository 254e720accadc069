// Several processes on one store, from one seed each; and the checker would see it if a promise were not kept.
#include <doctest/doctest.h>

#include "tests/core/time/seed.hpp"
#include "tests/simulation/nodes_world.hpp"

using namespace uvsched::simulation;

namespace {

// Seconds, also where nothing is optimised; `./dev simulate --nodes` runs as many as you like.
constexpr std::uint64_t kSeeds = 200;

}  // namespace

TEST_CASE("several nodes: each seed keeps the promises; `./dev simulate --nodes --seeds 1 --first SEED --trace`") {
    for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(rounds(kSeeds)); ++seed) {
        CAPTURE(seed);
        for (const std::string& fault : simulate_nodes(seed).faults) FAIL_CHECK(fault);
    }
}

TEST_CASE("several nodes: each planted fault is found") {
    for (const PlantedAmongNodesName& planted : kPlantedAmongNodes) {
        CAPTURE(std::string(planted.name));
        bool found = false;
        for (std::uint64_t seed = 1; seed <= kSeeds && !found; ++seed) {
            found = !simulate_nodes(seed, planted.fault).faults.empty();
        }
        CHECK(found);
    }
}

TEST_CASE("several nodes: a seed tells the same story each time") {
    const Verdict first = simulate_nodes(7);
    CHECK(first.trace.size() > 20);
    CHECK(simulate_nodes(7).trace == first.trace);
}
