// Whole engines, from one seed each: what the ledger says, and what was called, is as promised; and the checker would
// see it if it were not.
#include <doctest/doctest.h>

#include "tests/core/time/seed.hpp"
#include "tests/simulation/seeds.hpp"

using namespace uvsched::simulation;

namespace {

// Seconds, also where nothing is optimised; `./dev simulate` runs as many as you like.
constexpr std::uint64_t kSeeds = 500;

}  // namespace

TEST_CASE("each seed keeps the promises; `./dev simulate --seeds 1 --first SEED --trace` shows one") {
    const Seeds seeds{.first = 1, .count = static_cast<std::uint64_t>(rounds(kSeeds))};
    run_seeds(seeds, [](std::uint64_t seed, const Verdict& verdict) {
        CAPTURE(seed);
        for (const std::string& fault : verdict.faults) FAIL_CHECK(fault);
        return true;
    });
}

TEST_CASE("each planted fault is found") {
    for (const PlantedName& planted : kPlanted) {
        CAPTURE(std::string(planted.name));
        bool found = false;
        run_seeds({.first = 1, .count = kSeeds, .stores = Stores::sqlite, .planted = planted.fault},
                  [&](std::uint64_t, const Verdict& verdict) {
                      found = !verdict.faults.empty();
                      return !found;
                  });
        CHECK(found);
    }
}

TEST_CASE("a seed tells the same story each time") {
    std::vector<std::string> first;
    run_seeds({.first = 7, .count = 1}, [&](std::uint64_t, const Verdict& verdict) {
        first = verdict.trace;
        return false;
    });
    CHECK(first.size() > 20);
    run_seeds({.first = 7, .count = 1}, [&](std::uint64_t, const Verdict& verdict) {
        CHECK(verdict.trace == first);
        return false;
    });
}
