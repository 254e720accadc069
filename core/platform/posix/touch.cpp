// POSIX has nothing that tells of a change.
#include "core/platform/touch.hpp"

namespace uvsched {

void touch(int /*descriptor*/) noexcept {}

TouchWatch::TouchWatch() noexcept = default;

TouchWatch::~TouchWatch() = default;

bool TouchWatch::watch(const std::string& /*path*/) noexcept { return false; }

void TouchWatch::clear() noexcept {}

}  // namespace uvsched
