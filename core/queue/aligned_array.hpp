// AlignedArray: memory for plain values that begins on a cache line, and on huge pages where it is large enough for
// them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace uvsched {

// At least `bytes` of memory. From 2 MiB on it is asked of the system as huge pages: random access to megabytes of
// small pages spends half its time on finding the pages. Throws std::bad_alloc.
[[nodiscard]] void* allocate_aligned(std::size_t bytes);
void free_aligned(void* memory, std::size_t bytes) noexcept;

template <class Value>
class AlignedArray {
    static_assert(std::is_trivially_copyable_v<Value> && alignof(Value) <= 64);

public:
    AlignedArray() = default;
    AlignedArray(const AlignedArray&) = delete;
    AlignedArray& operator=(const AlignedArray&) = delete;
    ~AlignedArray() { free_aligned(values_, size_ * sizeof(Value)); }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] Value* data() noexcept { return values_; }
    [[nodiscard]] const Value* data() const noexcept { return values_; }

    // Becomes larger, keeping the first `keep` values; the others are not initialised.
    void grow(std::size_t size, std::size_t keep) {
        auto* const values = static_cast<Value*>(allocate_aligned(size * sizeof(Value)));
        std::copy_n(values_, keep, values);
        free_aligned(values_, size_ * sizeof(Value));
        values_ = values;
        size_ = size;
    }

private:
    Value* values_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace uvsched
