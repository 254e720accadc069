#include <pthread.h>

#include "core/platform/native_thread.hpp"

namespace uvsched {

void name_this_thread(const std::string& name) noexcept {
    char shown[16] = {};  // the kernel refuses longer ones
    name.copy(shown, sizeof shown - 1);
    pthread_setname_np(pthread_self(), shown);
}

}  // namespace uvsched
