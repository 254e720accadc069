// CronValueSet: a set of up to 256 small values, filled while one field is read.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace uvsched {

// Every `step`-th value from `first` to `last`.
struct CronRange {
    int first = 0;
    int last = 0;
    int step = 1;
};

class CronValueSet {
public:
    void add(int bit) { words_[static_cast<std::size_t>(bit) / 64] |= std::uint64_t{1} << (bit % 64); }

    void add(const CronRange& range) {
        if (range.step != 1) {
            for (int bit = range.first; bit <= range.last; bit += range.step) add(bit);
            return;
        }
        for (int word = range.first / 64; word <= range.last / 64; ++word) {
            const int low = std::max(range.first - word * 64, 0);
            const int high = std::min(range.last - word * 64, 63);
            words_[static_cast<std::size_t>(word)] |= (~std::uint64_t{0} >> (63 - high)) & (~std::uint64_t{0} << low);
        }
    }

    [[nodiscard]] std::uint64_t low() const { return words_[0]; }  // the values 0 to 63
    [[nodiscard]] const std::array<std::uint64_t, 4>& all() const { return words_; }

private:
    std::array<std::uint64_t, 4> words_{};
};

}  // namespace uvsched
