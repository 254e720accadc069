#include "core/stores/rows/lane_list.hpp"

#include <charconv>

namespace uvsched {

std::string lane_list(std::span<const LaneNumber> lanes) {
    std::string out;
    for (const LaneNumber lane : lanes) {
        if (!out.empty()) out += ' ';
        out += std::to_string(lane);
    }
    return out;
}

std::optional<std::vector<LaneNumber>> read_lane_list(std::string_view text) {
    std::vector<LaneNumber> out;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        LaneNumber lane = 0;
        const auto read = std::from_chars(at, end, lane);
        if (read.ec != std::errc()) return std::nullopt;
        out.push_back(lane);
        at = read.ptr;
        if (at != end && *at++ != ' ') return std::nullopt;
    }
    return out;
}

}  // namespace uvsched
