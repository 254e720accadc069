// StoreClock: the server's clock, as well as this process knows it. Each answer that brings the server's time is a
// measurement; between them the machine's own elapsed clock, which nobody sets, says how much time has passed.
#pragma once

#include <atomic>

#include "core/model/clock_line.hpp"
#include "core/time/instant.hpp"

namespace uvsched {

// Thread-safe.
class StoreClock {
public:
    // `manual`: the process that uses the store has a clock of its own, which is moved by hand: it alone counts.
    // What is known of the server's stays: if the store is opened anew, others go by it meanwhile.
    void begin(bool manual) noexcept { manual_ = manual; }
    [[nodiscard]] bool manual() const noexcept { return manual_.load(); }

    // By the machine's elapsed clock; for measured().
    [[nodiscard]] static Micros tick() noexcept;
    // The server said `server`; it was asked at `asked`, and the answer has just come.
    void measured(Instant server, Micros asked) noexcept;

    // The present. There is one line only: what the clocks of several machines were set by is nobody's to know.
    [[nodiscard]] Now now(const Now& here) const noexcept;

private:
    static constexpr Micros kUnknown = kEarliest;
    std::atomic<bool> manual_{false};
    std::atomic<Micros> behind_{kUnknown};  // the machine's elapsed clock, behind the server's time
    std::atomic<Micros> unsure_{0};         // by how much that may be wrong
};

}  // namespace uvsched
