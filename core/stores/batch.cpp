#include "core/stores/store.hpp"

namespace uvsched {

bool Batch::empty() const noexcept {
    return finishes.empty() && releases.empty() && starts.empty() && adds.empty() && changes.empty() &&
           removes.empty() && runs.empty() && takes.empty() && claims.empty() && !shift;
}

void Batch::clear() {
    finishes.clear();
    releases.clear();
    starts.clear();
    adds.clear();
    changes.clear();
    removes.clear();
    runs.clear();
    takes.clear();
    claims.clear();
    shift.reset();
}

}  // namespace uvsched
