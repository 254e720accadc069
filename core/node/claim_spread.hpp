// ClaimSpread: where among all that is due a node looks. Nodes that all begin with what is due first lose most of their
// claims to each other while more is due than they can claim at once. Then each begins at one of several places, drawn
// anew each time, so that what is due first waits for nobody.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>

namespace uvsched {

class ClaimSpread {
public:
    // Another node begins, whose number is random.
    void begin(std::uint64_t seed) {
        random_.seed(static_cast<std::minstd_rand::result_type>(seed % std::minstd_rand::modulus));
        crowded_ = false;
    }

    // How much of what is due first a look for `limit` passes over; `others`: the other nodes.
    [[nodiscard]] std::size_t skip(std::size_t limit, std::size_t others) {
        if (!crowded_ || others == 0) return 0;
        const std::size_t places = 2 * (std::min(others, kMostOthers) + 1);
        return limit * (random_() % places);
    }

    // What became of the claims and takes of a cycle.
    void claimed(std::size_t made, std::size_t lost) noexcept {
        if (lost * kFewOf > made + lost) crowded_ = true;
    }
    // A look found all there is.
    void found_all() noexcept { crowded_ = false; }

private:
    static constexpr std::size_t kMostOthers = 31;
    static constexpr std::size_t kFewOf = 10;  // one lost of so many is nothing

    std::minstd_rand random_;
    bool crowded_ = false;
};

}  // namespace uvsched
