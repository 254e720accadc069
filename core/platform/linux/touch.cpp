// A write makes inotify tell of a change, a touch of attributes.
#include "core/platform/touch.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace uvsched {

void touch(int descriptor) noexcept { futimens(descriptor, nullptr); }

TouchWatch::TouchWatch() noexcept : descriptor_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {}

TouchWatch::~TouchWatch() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

bool TouchWatch::watch(const std::string& path) noexcept {
    if (descriptor_ < 0) return false;
    if (watched_ >= 0) inotify_rm_watch(descriptor_, watched_);
    watched_ = inotify_add_watch(descriptor_, path.c_str(), IN_ATTRIB);
    return watched_ >= 0;
}

void TouchWatch::clear() noexcept {
    std::array<char, 4096> events;
    while (::read(descriptor_, events.data(), events.size()) > 0) {
    }
}

}  // namespace uvsched
