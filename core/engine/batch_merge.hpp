// BatchMerge: several requests become one batch, and get their parts of it back with the outcomes.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "core/stores/store.hpp"

namespace uvsched {

class BatchMerge {
public:
    void append(Batch&& part) {
        Sizes& sizes = sizes_.emplace_back();
        std::size_t i = 0;
        each(part, [&](auto& from, auto& into) {
            sizes[i++] = from.size();
            std::move(from.begin(), from.end(), std::back_inserter(into));
        });
        shifts_.push_back(part.shift);
        if (part.shift) batch_.shift = batch_.shift.value_or(0) + *part.shift;
    }

    [[nodiscard]] Batch& batch() noexcept { return batch_; }

    // The next part, in the order of appending.
    [[nodiscard]] Batch take() {
        Batch part;
        part.shift = shifts_[taken_];
        const Sizes& sizes = sizes_[taken_++];
        std::size_t i = 0;
        each(part, [&](auto& into, auto& from) {
            const auto begin = from.begin() + static_cast<std::ptrdiff_t>(offsets_[i]);
            const auto end = begin + static_cast<std::ptrdiff_t>(sizes[i]);
            into.assign(std::make_move_iterator(begin), std::make_move_iterator(end));
            offsets_[i] += sizes[i];
            ++i;
        });
        return part;
    }

private:
    static constexpr std::size_t kKinds = 9;
    using Sizes = std::array<std::size_t, kKinds>;

    template <class Visit>
    void each(Batch& part, Visit&& visit) {
        visit(part.finishes, batch_.finishes);
        visit(part.releases, batch_.releases);
        visit(part.starts, batch_.starts);
        visit(part.adds, batch_.adds);
        visit(part.changes, batch_.changes);
        visit(part.removes, batch_.removes);
        visit(part.runs, batch_.runs);
        visit(part.takes, batch_.takes);
        visit(part.claims, batch_.claims);
    }

    Batch batch_;
    std::vector<Sizes> sizes_;
    std::vector<std::optional<Micros>> shifts_;
    Sizes offsets_{};
    std::size_t taken_ = 0;
};

}  // namespace uvsched
