#include "core/stores/lease.hpp"

#include "core/time/span_text.hpp"

namespace uvsched {

std::string other_lease(Micros there, Micros asked) {
    return "the lease is " + span_text(there) + ", as whoever came first set it, and not " + span_text(asked) +
           "; give all processes the same";
}

}  // namespace uvsched
