#include "core/homes/task_ids.hpp"

#include "core/base/hex.hpp"

namespace uvsched {

std::string TaskIds::id() {
    const std::string first = hex_text(next_random(seed_));
    return first + hex_text(next_random(seed_));
}

bool TaskIds::is_random(const std::string& id) noexcept {
    return id.size() == 32 && id.find_first_not_of(kHexDigits) == std::string::npos;
}

}  // namespace uvsched
