// What the tests of all backends begin with.
#pragma once

#include "core/stores/store.hpp"

inline constexpr uvsched::Instant kStart = 1'700'000'000 * uvsched::kSecond;

// What nodes left in a store that were dead when it was opened.
inline uvsched::Recovered recover_dead(uvsched::Store& store, const uvsched::Opened& opened,
                                       uvsched::Instant now = kStart) {
    uvsched::Recovered out;
    const auto append = [](auto& from, auto& into) { into.insert(into.end(), from.begin(), from.end()); };
    for (const uvsched::NodeNumber dead : opened.dead) {
        do {
            const uvsched::Recovered piece = store.recover(dead, now, 100);
            append(piece.ready, out.ready);
            append(piece.lost, out.lost);
            append(piece.quarantined, out.quarantined);
            out.more = piece.more;
        } while (out.more);
    }
    return out;
}
