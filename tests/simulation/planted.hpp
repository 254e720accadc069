// Faults that are planted, so that it is known that the checker would find them.
#pragma once

#include <array>
#include <cstdint>

namespace uvsched::simulation {

enum class Planted : std::uint8_t {
    nothing,
    gate_without_token,  // a start passes although its fire was taken away
    start_not_written,   // a start passes, and the ledger does not know
    finish_ignored,      // a finish is answered, and not written
    hwm_not_raised,      // a claim leaves its due time to be claimed again
    overlap_uncounted,   // a due time is run whatever runs already
    wake_lost,           // the store says that nothing will be due
    clock_ahead,         // a look goes by a clock that is a second ahead
    miss_forgotten,      // a claim's misses are not written
    fold_forgotten,      // a run that folded several due times names the latest alone
    crash_uncounted,     // recovery takes what ran for what had only been claimed
    mine_empty,          // the store says that a node holds nothing
    asking_forgotten,    // the store knows no task whose trigger is to be asked
};

struct PlantedName {
    Planted fault;
    const char* name;
};
inline constexpr std::array<PlantedName, 12> kPlanted = {{
    {Planted::gate_without_token, "gate_without_token"},
    {Planted::start_not_written, "start_not_written"},
    {Planted::finish_ignored, "finish_ignored"},
    {Planted::hwm_not_raised, "hwm_not_raised"},
    {Planted::overlap_uncounted, "overlap_uncounted"},
    {Planted::wake_lost, "wake_lost"},
    {Planted::clock_ahead, "clock_ahead"},
    {Planted::miss_forgotten, "miss_forgotten"},
    {Planted::fold_forgotten, "fold_forgotten"},
    {Planted::crash_uncounted, "crash_uncounted"},
    {Planted::mine_empty, "mine_empty"},
    {Planted::asking_forgotten, "asking_forgotten"},
}};

}  // namespace uvsched::simulation
