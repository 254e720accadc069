#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#include "core/platform/host.hpp"

namespace uvsched {

std::string boot_id() {
#ifdef __APPLE__
    char id[64] = {};
    std::size_t size = sizeof id - 1;
    if (sysctlbyname("kern.bootsessionuuid", id, &size, nullptr, 0) == 0) return id;
#endif
    return {};
}

}  // namespace uvsched
