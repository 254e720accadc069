// simulate [--seeds N] [--first S] [--store memory|sqlite] [--planted NAME] [--trace]: runs simulations and prints what
// the checker found. tools/simulate.sh explains the options.
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "tests/simulation/seeds.hpp"

using namespace uvsched::simulation;

namespace {

struct Options {
    Seeds seeds{.first = 1, .count = 2'000, .stores = Stores::both, .planted = Planted::nothing};
    bool trace = false;
};

[[noreturn]] void refuse(const std::string& what) { throw std::runtime_error("simulate: " + what); }

Planted planted_by(const std::string& name) {
    for (const PlantedName& each : kPlanted) {
        if (name == each.name) return each.fault;
    }
    refuse("--planted: there is no fault '" + name + "'");
}

Options read(int argc, char** argv) {
    Options out;
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--trace") {
            out.trace = true;
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
            out.seeds.planted = planted_by(value);
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
        run_seeds(options.seeds, [&](std::uint64_t seed, const Verdict& verdict) {
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
