// World: one run of the simulation, all of it drawn from one seed: an engine driven by hand on a manual clock, over a
// memory store or SQLite on a file system in memory, its executor, its tasks, and what befalls them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/planted.hpp"

namespace uvsched::simulation {

struct Scene {
    std::uint64_t seed = 1;
    bool durable = true;
    Planted planted = Planted::nothing;
    std::string folder;  // for the file of a durable store; empty when the simulation ends
};

struct Verdict {
    std::vector<std::string> faults;  // what the checker found; none: all is as promised
    std::vector<std::string> trace;   // what happened
};

[[nodiscard]] Verdict simulate(const Scene& scene);

}  // namespace uvsched::simulation
