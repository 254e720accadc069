#include "core/platform/host.hpp"

#include <unistd.h>

namespace uvsched {

ProcessId process_id() noexcept { return getpid(); }

std::string host_name() {
    char name[256] = {};
    if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
    return name;
}

}  // namespace uvsched
