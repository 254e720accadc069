// NodesWorld: one run of the simulation of several processes on one store, all of it drawn from one seed. Whole engines
// are driven by hand, each on a clock of its own; the store is a plain model of the contract. A process may be stopped
// in the middle of a call of its store, and the others go on meanwhile.
#pragma once

#include <cstdint>

#include "tests/simulation/plain_store.hpp"
#include "tests/simulation/world.hpp"

namespace uvsched::simulation {

[[nodiscard]] Verdict simulate_nodes(std::uint64_t seed, PlantedAmongNodes planted = PlantedAmongNodes::nothing);

}  // namespace uvsched::simulation
