// fork(): who has to be ready for it, and who must not go on in the child.
#pragma once

#include <cstdint>

namespace uvsched {

// Calls these around each fork() of this process from now on; nullptr is nothing to call. Those that were set up first
// prepare last. Throws bad_alloc.
void at_fork(void (*prepare)(), void (*in_parent)(), void (*in_child)());

// How many forks lie behind this process, since at_fork() was called first.
[[nodiscard]] std::uint32_t forks_behind() noexcept;

// Stands around a call of the program's function on a thread that then goes on with the engine's work. If the function
// forks and returns in the child as well, the child ends here, with a message and status 1: it has none of the threads,
// locks and stores to go on with.
class ReturnsOnce {
public:
    ReturnsOnce() noexcept : forks_(forks_behind()) {}
    ~ReturnsOnce() {
        if (forks_behind() != forks_) end_child();
    }
    ReturnsOnce(const ReturnsOnce&) = delete;
    ReturnsOnce& operator=(const ReturnsOnce&) = delete;

private:
    [[noreturn]] static void end_child() noexcept;

    const std::uint32_t forks_;
};

}  // namespace uvsched
