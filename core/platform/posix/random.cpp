#include "core/platform/random.hpp"

#include <sys/random.h>  // where macOS has getentropy
#include <unistd.h>      // where POSIX has it

namespace uvsched {

std::optional<std::uint64_t> system_random() noexcept {
    std::uint64_t number = 0;
    if (getentropy(&number, sizeof number) != 0) return std::nullopt;
    return number;
}

}  // namespace uvsched
