// In what order a look gives what it found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace uvsched {

// Takes from both in turn, so that thousands of fires that came back together do not hold up what is due, nor the other
// way round. A candidate is due `at` some time, in wall time.
template <class Candidate>
[[nodiscard]] std::vector<Candidate> take_turns(std::vector<Candidate>& first, std::vector<Candidate>& second,
                                                std::size_t limit) {
    std::vector<Candidate> out;
    for (std::vector<Candidate>* each : {&first, &second}) {
        std::stable_sort(each->begin(), each->end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    }
    for (std::size_t i = 0; out.size() < limit && i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) out.push_back(std::move(first[i]));
        if (i < second.size() && out.size() < limit) out.push_back(std::move(second[i]));
    }
    return out;
}

}  // namespace uvsched
