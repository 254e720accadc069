// Chance: everything that a simulation draws comes from one seed, the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace uvsched::simulation {

class Chance {
public:
    explicit Chance(std::uint64_t seed) noexcept : state_(seed) {}

    // Both ends included.
    std::int64_t between(std::int64_t least, std::int64_t most) noexcept {
        const auto span = static_cast<std::uint64_t>(most - least) + 1;
        return least + static_cast<std::int64_t>(next() % span);
    }
    [[nodiscard]] bool one_in(std::int64_t times) noexcept { return between(1, times) == 1; }
    template <class Kind>
    const Kind& any(const std::vector<Kind>& of) noexcept {
        return of[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(of.size()) - 1))];
    }

private:
    // splitmix64
    std::uint64_t next() noexcept {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }
    std::uint64_t state_;
};

}  // namespace uvsched::simulation
