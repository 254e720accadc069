#include "tests/support/lacking_memory.hpp"

#include <cstddef>
#include <cstdlib>

namespace {

thread_local long left = 0;  // until the one that fails; less than 1: none
thread_local bool one_failed = false;

void* allocate(std::size_t size, std::size_t alignment) {
    if (left > 0 && --left == 0) {
        one_failed = true;
        throw std::bad_alloc();
    }
    void* const memory = alignment == 0 ? std::malloc(size)
                                        : std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

}  // namespace

namespace uvsched::test {

LackingMemory::LackingMemory(long n) noexcept {
    left = n;
    one_failed = false;
}
LackingMemory::~LackingMemory() { left = 0; }
bool LackingMemory::failed() const noexcept { return one_failed; }

}  // namespace uvsched::test

void* operator new(std::size_t size) { return allocate(size, 0); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, const std::nothrow_t& /*nothrow*/) noexcept {
    try {
        return allocate(size, 0);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t& /*nothrow*/) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
