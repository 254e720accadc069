#include "core/platform/fork.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>

namespace uvsched {
namespace {

constexpr std::string_view kReturned =
    "uvsched: a function that the scheduler called has forked and returned in the child too. The child ends here: it "
    "must call exec() or _exit() in the function.\n";

std::atomic<std::uint32_t> behind{0};

void set_up(void (*prepare)(), void (*in_parent)(), void (*in_child)()) {
    if (pthread_atfork(prepare, in_parent, in_child) != 0) throw std::bad_alloc();
}

}  // namespace

void at_fork(void (*prepare)(), void (*in_parent)(), void (*in_child)()) {
    static const bool counts = [] {
        set_up(nullptr, nullptr, [] { behind.fetch_add(1, std::memory_order_relaxed); });
        return true;
    }();
    static_cast<void>(counts);
    set_up(prepare, in_parent, in_child);
}

std::uint32_t forks_behind() noexcept { return behind.load(std::memory_order_relaxed); }

void ReturnsOnce::end_child() noexcept {
    static_cast<void>(::write(STDERR_FILENO, kReturned.data(), kReturned.size()));
    _exit(EXIT_FAILURE);
}

}  // namespace uvsched
