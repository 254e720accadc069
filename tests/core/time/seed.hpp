// Random tests: how many rounds, and their numbers: another seed each time, printed when a check fails, fixed by
// UVSCHED_TEST_SEED.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kSlowness = 10;  // a sanitizer's
#else
inline constexpr int kSlowness = 1;
#endif

// How many rounds this build makes of a random test: work is bounded by the build, and not by time.
constexpr int rounds(int plain) { return plain < kSlowness ? 1 : plain / kSlowness; }

struct Seeded {
    std::uint64_t seed = read_seed();
    std::mt19937_64 engine{seed};

    std::int64_t between(std::int64_t least, std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>(least, most)(engine);
    }

    // Any int64, with the ends, small numbers and powers of two far more likely than by chance.
    std::int64_t any() {
        switch (between(0, 5)) {
            case 0:
                return INT64_MIN + between(0, 3);
            case 1:
                return INT64_MAX - between(0, 3);
            case 2:
                return between(-1000, 1000);
            case 3:
                return (between(0, 1) == 0 ? 1 : -1) * (std::int64_t{1} << between(0, 62));
            default:
                return static_cast<std::int64_t>(engine());
        }
    }

private:
    static std::uint64_t read_seed() {
        if (const char* given = std::getenv("UVSCHED_TEST_SEED")) return std::stoull(given);
        return std::random_device{}();
    }
};
