// Seeds: many simulations, one after the other.
#pragma once

#include <cstdint>
#include <functional>

#include "tests/simulation/world.hpp"

namespace uvsched::simulation {

enum class Stores : std::uint8_t { memory, sqlite, both };  // both: three of four simulations are over SQLite

struct Seeds {
    std::uint64_t first = 1;
    std::uint64_t count = 1;
    Stores stores = Stores::both;
    Planted planted = Planted::nothing;
};

// What one seed came to. False: no further seed is wanted.
using Report = std::function<bool(std::uint64_t seed, const Verdict& verdict)>;

// Files are in a folder of their own in memory, if the system has such a file system, and removed afterwards.
void run_seeds(const Seeds& seeds, const Report& report);

}  // namespace uvsched::simulation
