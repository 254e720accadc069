#include <fstream>

#include "core/platform/host.hpp"

namespace uvsched {

std::string boot_id() {
    std::string id;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
    return id;
}

}  // namespace uvsched
