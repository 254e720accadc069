#include "core/platform/fork.hpp"

#include <pthread.h>

#include <new>

namespace uvsched {

void at_fork(void (*prepare)(), void (*in_parent)(), void (*in_child)()) {
    if (pthread_atfork(prepare, in_parent, in_child) != 0) throw std::bad_alloc();
}

}  // namespace uvsched
