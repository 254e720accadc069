#include "core/stores/store_clock.hpp"

#include <cstdlib>

#include "core/platform/clocks.hpp"

namespace uvsched {

Micros StoreClock::tick() noexcept { return elapsed_microseconds(); }

// What is known stands until an answer contradicts it, or says it much better: timers are set by it, and must not move
// with every answer.
void StoreClock::measured(Instant server, Micros asked) noexcept {
    const Micros unsure = (tick() - asked) / 2;
    const Micros behind = server - asked - unsure;
    const Micros known = behind_.load();
    const bool agrees = known != kUnknown && std::abs(behind - known) <= unsure + unsure_.load();
    if (agrees && unsure * 4 >= unsure_.load()) return;
    unsure_ = unsure;
    behind_ = behind;
}

Now StoreClock::now(const Now& here) const noexcept {
    const Micros behind = behind_.load();
    const Instant wall = manual_.load() || behind == kUnknown ? here.wall : tick() + behind;
    return {.wall = wall, .elapsed = wall};
}

}  // namespace uvsched
