// JoinedStarts: runs that begin and end in one batch. Their ends say that they were called, and since when, so that
// their starts need not be written before.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/ledger/batch.hpp"
#include "core/ledger/fire_set.hpp"

namespace uvsched {

class JoinedStarts {
public:
    // Takes them out of `batch`. Throws bad_alloc, and has then taken none.
    explicit JoinedStarts(Batch& batch) : batch_(batch) {
        if (batch.starts.empty() || batch.finishes.empty()) return;
        std::unordered_map<FireRef, std::size_t, FireHash> ends;
        for (std::size_t i = 0; i < batch.finishes.size(); ++i) {
            if (batch.finishes[i].started_at != 0) ends.emplace(batch.finishes[i].fire, i);
        }
        std::vector<Start> others;
        others.reserve(batch.starts.size());
        ends_.reserve(batch.starts.size());
        for (const Start& start : batch.starts) {
            const auto end = ends.find(start.fire);
            ends_.push_back(end == ends.end() ? std::nullopt : std::optional(end->second));
            if (!ends_.back()) others.push_back(start);
        }
        all_ = std::exchange(batch.starts, std::move(others));
    }
    // Puts them back, each with the outcome of its end.
    ~JoinedStarts() {
        if (all_.empty()) return;
        std::size_t other = 0;
        for (std::size_t i = 0; i < all_.size(); ++i) {
            all_[i].outcome = ends_[i] ? batch_.finishes[*ends_[i]].outcome : batch_.starts[other++].outcome;
        }
        batch_.starts = std::move(all_);
    }
    JoinedStarts(const JoinedStarts&) = delete;
    JoinedStarts& operator=(const JoinedStarts&) = delete;

private:
    Batch& batch_;
    std::vector<Start> all_;
    std::vector<std::optional<std::size_t>> ends_;  // of all_: its place among the finishes
};

}  // namespace uvsched
