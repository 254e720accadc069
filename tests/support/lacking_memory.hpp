// Memory that lacks when a test says so: `new` fails once.
#pragma once

#include <new>

namespace uvsched::test {

// During its life, the n-th `new` of this thread fails, counted from 1, and no other.
class LackingMemory {
public:
    explicit LackingMemory(long n) noexcept;
    ~LackingMemory();
    LackingMemory(const LackingMemory&) = delete;
    LackingMemory& operator=(const LackingMemory&) = delete;

    [[nodiscard]] bool failed() const noexcept;
};

// Calls body(n) for n = 1, 2, … until it returns false: the memory that it used was enough.
template <class Body>
void for_each_lack(Body&& body) {
    for (long n = 1; body(n);) ++n;
}

// Whether `call` threw bad_alloc.
template <class Call>
bool lacks(Call&& call) {
    try {
        call();
    } catch (const std::bad_alloc&) {
        return true;
    }
    return false;
}

}  // namespace uvsched::test
