// Tools for a lack of memory: ask for it before anything changes, or wait for it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <new>
#include <thread>

namespace uvsched {

// Room for `more` further elements, so that adding them cannot fail. Grows as push_back does.
template <class Vector>
void reserve_more(Vector& vector, std::size_t more) {
    const std::size_t wanted = vector.size() + more;
    if (wanted > vector.capacity()) vector.reserve(std::max(wanted, 2 * vector.capacity()));
}

// Calls `what`, again and again, until memory for it is there. For small allocations of which no caller could be told
// that they failed; `what` may be started several times.
template <class What>
void insist(What&& what) noexcept {
    while (true) {
        try {
            what();
            return;
        } catch (const std::bad_alloc&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
}

}  // namespace uvsched
