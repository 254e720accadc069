// Weather: which requests to a store fail, lose their reply, or kill the process.
#pragma once

#include "tests/simulation/chance.hpp"

namespace uvsched::simulation {

class Weather {
public:
    explicit Weather(Chance& chance) : chance_(chance) {}

    enum class Luck : std::uint8_t { good, fails, reply_lost, dies_before, dies_after };

    // One of so many requests goes wrong; 0: none.
    void set(std::int64_t fails, std::int64_t loses, std::int64_t dies) {
        fails_ = fails;
        loses_ = loses;
        dies_ = dies;
    }
    void clear_up() { set(0, 0, 0); }

    // Of the next request. `may_lose`: it can be made again though it was done.
    Luck next(bool may_lose) {
        if (dead_) return Luck::fails;
        if (dies_ != 0 && chance_.one_in(dies_)) {
            dead_ = true;
            return chance_.one_in(2) ? Luck::dies_before : Luck::dies_after;
        }
        if (fails_ != 0 && chance_.one_in(fails_)) return Luck::fails;
        if (may_lose && loses_ != 0 && chance_.one_in(loses_)) return Luck::reply_lost;
        return Luck::good;
    }

    // The process is dead: nothing that it does from now on may have an effect.
    [[nodiscard]] bool dead() const noexcept { return dead_; }
    void die() noexcept { dead_ = true; }
    void begin_life() noexcept { dead_ = false; }

private:
    Chance& chance_;
    std::int64_t fails_ = 0;
    std::int64_t loses_ = 0;
    std::int64_t dies_ = 0;
    bool dead_ = false;
};

}  // namespace uvsched::simulation
