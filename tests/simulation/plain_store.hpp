// PlainStore: one process's store over the plain ledger, which fails, loses replies, is stopped in the middle of a call
// and has planted faults; and its membership.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/stores/store.hpp"
#include "tests/simulation/book.hpp"
#include "tests/simulation/leases.hpp"
#include "tests/simulation/plain_ledger.hpp"
#include "tests/simulation/weather.hpp"

namespace uvsched::simulation {

// Faults of several nodes, planted so that it is known that the checker would find them.
enum class PlantedAmongNodes : std::uint8_t {
    nothing,
    recovery_of_everybody,  // recovery compares no owners
    recovery_forgets,       // the row of a dead node goes, and its fires stay
    recovery_runs_lost,     // recovery takes what ran for what had only been claimed
    dead_at_one_look,       // a node is said to have ended that is only slow
    beats_uncounted,        // a beat raises nothing
    lease_too_long,         // a node trusts its lease for longer than the others wait
    row_untested,           // a node writes on after its row is gone
    changes_untold,         // what a node makes, the others do not find
    claims_uncompared,      // a due time is claimed, whoever claimed it before
    takes_uncompared,       // a ready fire is taken, whoever took it before
    answers_forgotten,      // what a node holds after a lost answer, nobody can tell it
    clock_of_node,          // what is due is told by the node's clock, and not by the store's
};
struct PlantedAmongNodesName {
    PlantedAmongNodes fault;
    const char* name;
};
inline constexpr std::array<PlantedAmongNodesName, 12> kPlantedAmongNodes = {{
    {PlantedAmongNodes::recovery_of_everybody, "recovery_of_everybody"},
    {PlantedAmongNodes::recovery_forgets, "recovery_forgets"},
    {PlantedAmongNodes::recovery_runs_lost, "recovery_runs_lost"},
    {PlantedAmongNodes::dead_at_one_look, "dead_at_one_look"},
    {PlantedAmongNodes::beats_uncounted, "beats_uncounted"},
    {PlantedAmongNodes::lease_too_long, "lease_too_long"},
    {PlantedAmongNodes::row_untested, "row_untested"},
    {PlantedAmongNodes::changes_untold, "changes_untold"},
    {PlantedAmongNodes::claims_uncompared, "claims_uncompared"},
    {PlantedAmongNodes::takes_uncompared, "takes_uncompared"},
    {PlantedAmongNodes::answers_forgotten, "answers_forgotten"},
    {PlantedAmongNodes::clock_of_node, "clock_of_node"},
}};

// What the stores of all processes work with, and what belongs to one process. It outlives the store.
struct PlainSurroundings {
    PlainLedger& ledger;
    Book& book;
    Leases& leases;
    Chance& chance;
    Weather& weather;  // of this process
    PlantedAmongNodes planted = PlantedAmongNodes::nothing;
    bool tells_gone = true;                         // the system says when a process has ended
    std::function<Micros()> time;                   // of the simulation
    std::function<std::optional<Instant>()> clock;  // the store's own; nothing: each node goes by its clock
    std::function<void()> linger;                   // the process may be stopped here, while the others go on
    std::function<void(NodeNumber)> joined;         // this process is that node now
    std::function<void(const std::string&)> fault;
};

[[nodiscard]] std::unique_ptr<Store> make_plain_store(PlainSurroundings around);

}  // namespace uvsched::simulation
