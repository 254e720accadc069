#include <pthread.h>

#include "core/platform/native_thread.hpp"

namespace uvsched {

void name_this_thread([[maybe_unused]] const std::string& name) noexcept {
#ifdef __APPLE__
    pthread_setname_np(name.c_str());
#endif
}

}  // namespace uvsched
