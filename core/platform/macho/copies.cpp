#include "core/platform/copies.hpp"

#include <mach-o/dyld.h>
#include <mach-o/getsect.h>

#include <atomic>
#include <cstdint>

namespace uvsched {
namespace {

using Flag = std::atomic<std::uint32_t>;

constexpr std::uint32_t kInUse = 0x75767363;  // no value that stands there by chance

// The mark is a section of its own, which holds the flag: kInUse when this copy has made a scheduler.
[[gnu::section("__DATA,__uvsched"), gnu::used]] constinit Flag in_use{0};

// The flag of the copy in a loaded object; none if the object holds no copy.
const Flag* flag_in(const mach_header* object) noexcept {
    unsigned long size = 0;
    const auto* const found =
        getsectiondata(reinterpret_cast<const mach_header_64*>(object), "__DATA", "__uvsched", &size);
    return size == sizeof(Flag) ? reinterpret_cast<const Flag*>(found) : nullptr;
}

}  // namespace

std::optional<std::string> take_process() {
    if (in_use.load() == kInUse) return std::nullopt;
    // Ours first, so that of two that come at the same time at least one sees the other.
    in_use.store(kInUse);
    for (std::uint32_t i = 0; i < _dyld_image_count(); ++i) {
        const mach_header* const object = _dyld_get_image_header(i);
        const Flag* const flag = object == nullptr ? nullptr : flag_in(object);
        if (flag == nullptr || flag == &in_use || flag->load() != kInUse) continue;
        in_use.store(0);
        const char* const name = _dyld_get_image_name(i);
        return name == nullptr ? "the program itself" : name;
    }
    return std::nullopt;
}

}  // namespace uvsched
