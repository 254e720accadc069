// simulate [--seeds N] [--first S] [--store memory|sqlite | --nodes] [--planted NAME] [--trace]: runs simulations and
// prints what the checker found. tools/simulate.sh explains the options.
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "tests/simulation/nodes_world.hpp"
#include "tests/simulation/seeds.hpp"

using namespace uvsched::simulation;

namespace {

struct Options {
    Seeds seeds{.first = 1, .count = 2'000, .stores = Stores::both, .planted = Planted::nothing};
    bool nodes = false;
    PlantedAmongNodes planted_among_nodes = PlantedAmongNodes::nothing;
    bool trace = false;
};

[[noreturn]] void refuse(const std::string& what) { throw std::runtime_error("simulate: " + what); }

void plant(Options& options, const std::string& name) {
    for (const PlantedName& each : kPlanted) {
        if (name == each.name) return void(options.seeds.planted = each.fault);
    }
    for (const PlantedAmongNodesName& each : kPlantedAmongNodes) {
        if (name == each.name) return void(options.planted_among_nodes = each.fault);
    }
    refuse("--planted: there is no fault '" + name + "'");
}

void run(const Options& options, const Report& report) {
    if (!options.nodes) return run_seeds(options.seeds, report);
    for (std::uint64_t seed = options.seeds.first; seed < options.seeds.first + options.seeds.count; ++seed) {
        if (!report(seed, simulate_nodes(seed, options.planted_among_nodes))) return;
    }
}

Options read(int argc, char** argv) {
    Options out;
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--trace" || name == "--nodes") {
            (name == "--trace" ? out.trace : out.nodes) = true;
            continue;
        }
        if (++i == argc) refuse(name + ": a value is missing");
        const std::string value = argv[i];
        if (name == "--seeds") {
            out.seeds.count = std::stoull(value);
        } else if (name == "--first") {
            out.seeds.first = std::stoull(value);
        } else if (name == "--store" && (value == "memory" || value == "sqlite")) {
            out.seeds.stores = value == "memory" ? Stores::memory : Stores::sqlite;
        } else if (name == "--planted") {
            plant(out, value);
        } else {
            refuse("unknown option '" + name + " " + value + "'");
        }
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const Options options = read(argc, argv);
        std::uint64_t faulty = 0;
        run(options, [&](std::uint64_t seed, const Verdict& verdict) {
            if (!verdict.faults.empty()) ++faulty;
            if (!verdict.faults.empty() || options.trace) std::printf("seed %s\n", std::to_string(seed).c_str());
            if (options.trace) {
                for (const std::string& line : verdict.trace) std::printf("  %s\n", line.c_str());
            }
            for (const std::string& fault : verdict.faults) std::printf("  FAULT %s\n", fault.c_str());
            return true;
        });
        std::printf("%s of %s seeds found faults\n", std::to_string(faulty).c_str(),
                    std::to_string(options.seeds.count).c_str());
        return faulty == 0 ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
