// ZoneTable: the offset changes of one zone, arranged for look-up. It knows no time-zone library and no file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace uvsched {

// From `begin` until the next stretch begins, local time is UTC + `offset`. Both in seconds.
struct ZoneStretch {
    std::int64_t begin = 0;
    std::int64_t offset = 0;
    friend bool operator==(const ZoneStretch&, const ZoneStretch&) = default;
};

// The offsets that a local time can have: twice the same one, or, if a change skips or repeats that local time, the
// offset before the change and the offset after it.
struct ZoneOffsets {
    std::int64_t before = 0;
    std::int64_t after = 0;
};

// Immutable; thread-safe. Seconds count from 1970-01-01T00:00:00Z. No call allocates, and none overflows for seconds
// that int64 microseconds can hold.
class ZoneTable {
public:
    // Before the first stretch and after the last one: far beyond any instant, and still safe to add an offset to.
    static constexpr std::int64_t kBegin = -(std::int64_t{1} << 60);
    static constexpr std::int64_t kEnd = std::int64_t{1} << 60;

    // A zone with one offset.
    explicit ZoneTable(std::int64_t offset) : ZoneTable({{.begin = kBegin, .offset = offset}}) {}

    // The stretches are in order, and the first begins at kBegin. Neighbours with equal offsets are merged.
    explicit ZoneTable(const std::vector<ZoneStretch>& stretches);

    // The number of the stretch that contains a second.
    [[nodiscard]] std::size_t find(std::int64_t second) const noexcept {
        std::size_t bucket = 0;
        if (second > first_) bucket = static_cast<std::size_t>(second - first_) >> kBucketBits;
        std::size_t at = buckets_[bucket < buckets_.size() ? bucket : buckets_.size() - 1];
        while (stretches_[at + 1].begin <= second) ++at;
        return at;
    }

    [[nodiscard]] std::size_t size() const noexcept { return stretches_.size() - 1; }
    [[nodiscard]] std::int64_t begin(std::size_t at) const noexcept { return stretches_[at].begin; }
    [[nodiscard]] std::int64_t end(std::size_t at) const noexcept { return stretches_[at + 1].begin; }
    [[nodiscard]] std::int64_t offset(std::size_t at) const noexcept { return stretches_[at].offset; }

    // The offsets of a local time by PEP 495: `before` for fold 0, `after` for fold 1.
    [[nodiscard]] ZoneOffsets offsets_of_local(std::int64_t local) const noexcept;

private:
    // 97 days: short enough for one or two changes, long enough for a table of a few kilobytes.
    static constexpr int kBucketBits = 23;

    std::vector<ZoneStretch> stretches_;  // and one more, which begins at kEnd
    std::vector<std::uint32_t> buckets_;  // the stretch at each bucket's first second; the first bucket also covers all
                                          // earlier seconds
    std::int64_t first_ = 0;              // the second that the buckets count from
};

}  // namespace uvsched
