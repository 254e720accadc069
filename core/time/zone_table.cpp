#include "core/time/zone_table.hpp"

#include <algorithm>

namespace uvsched {
namespace {

// Two days: the local time of an instant is nearer to it than this.
constexpr std::int64_t kBeyondAnyOffset = 172'800;

// In the year 1425. A damaged file may have earlier changes; they are searched one by one.
constexpr std::int64_t kFirstBucket = -(std::int64_t{1} << 34);

}  // namespace

ZoneTable::ZoneTable(const std::vector<ZoneStretch>& stretches) {
    stretches_.reserve(stretches.size() + 1);
    for (const ZoneStretch& stretch : stretches) {
        if (stretches_.empty() || stretch.offset != stretches_.back().offset) stretches_.push_back(stretch);
    }
    stretches_.push_back({.begin = kEnd, .offset = stretches_.back().offset});
    stretches_.shrink_to_fit();
    if (size() == 1) {
        buckets_ = {0};
        return;
    }
    first_ = std::max(begin(1), kFirstBucket);
    buckets_ = {0};
    std::size_t at = 0;
    for (std::int64_t second = first_; second <= begin(size() - 1);) {
        second += std::int64_t{1} << kBucketBits;
        while (end(at) <= second) ++at;
        buckets_.push_back(static_cast<std::uint32_t>(at));
    }
}

ZoneOffsets ZoneTable::offsets_of_local(std::int64_t local) const noexcept {
    std::size_t at = find(local + kBeyondAnyOffset);
    // Back to the last change that begins, on the local line, at or before that time.
    while (at > 0 && begin(at) + std::min(offset(at - 1), offset(at)) > local) --at;
    if (at > 0 && local < begin(at) + std::max(offset(at - 1), offset(at))) return {offset(at - 1), offset(at)};
    return {offset(at), offset(at)};
}

}  // namespace uvsched
