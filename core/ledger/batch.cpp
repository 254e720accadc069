#include "core/ledger/batch.hpp"

namespace uvsched {

bool Batch::empty() const noexcept {
    return finishes.empty() && releases.empty() && starts.empty() && adds.empty() && changes.empty() &&
           removes.empty() && runs.empty() && takes.empty() && claims.empty() && !shift;
}

}  // namespace uvsched
