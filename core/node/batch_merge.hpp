// BatchMerge: several requests become one batch, and get their parts of it back with the outcomes. split() is for a
// batch of which one part is at fault.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

#include "core/base/memory.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

// Visits the kinds of requests, as members of Batch, in the order in which they are applied.
template <class Visit>
void each_kind(Visit&& visit) {
    visit(&Batch::starts);
    visit(&Batch::finishes);
    visit(&Batch::releases);
    visit(&Batch::adds);
    visit(&Batch::changes);
    visit(&Batch::removes);
    visit(&Batch::runs);
    visit(&Batch::takes);
    visit(&Batch::claims);
}

class BatchMerge {
public:
    // Moves what `part` holds. Throws bad_alloc, and has then moved nothing of it.
    void append(Batch& part) {
        each(part, [](auto& from, auto& into) { reserve_more(into, from.size()); });
        if (part.shift) batch_.shift = part.shift;  // the latest is right
        each(part, [](auto& from, auto& into) { std::move(from.begin(), from.end(), std::back_inserter(into)); });
    }

    [[nodiscard]] Batch& batch() noexcept { return batch_; }

    // Moves back what the next part held, in the order of appending. `part` is as append() left it.
    void give_back(Batch& part) noexcept {
        std::size_t i = 0;
        each(part, [&](auto& into, auto& from) {
            const auto begin = from.begin() + static_cast<std::ptrdiff_t>(offsets_[i]);
            std::move(begin, begin + static_cast<std::ptrdiff_t>(into.size()), into.begin());
            offsets_[i++] += into.size();
        });
    }

private:
    static constexpr std::size_t kKinds = 9;

    template <class Visit>
    void each(Batch& part, Visit&& visit) {
        each_kind([&](auto kind) { visit(part.*kind, batch_.*kind); });
    }

    Batch batch_;
    std::array<std::size_t, kKinds> offsets_{};
};

// One batch for each thing that this one asks for, in the order in which they are applied. Throws bad_alloc, and has
// then moved nothing.
[[nodiscard]] inline std::vector<Batch> split(Batch&& batch) {
    std::vector<Batch> parts;
    if (batch.shift) parts.emplace_back().shift = batch.shift;
    each_kind([&](auto kind) {
        for (std::size_t i = 0; i < (batch.*kind).size(); ++i) (parts.emplace_back().*kind).reserve(1);
    });
    // From here on nothing fails.
    auto part = parts.begin() + (batch.shift ? 1 : 0);
    each_kind([&](auto kind) {
        for (auto& request : batch.*kind) ((*part++).*kind).push_back(std::move(request));
    });
    return parts;
}

// The task that a part is about, if the part does not come from a caller.
[[nodiscard]] inline std::optional<TaskNumber> subject(const Batch& part) {
    if (!part.starts.empty()) return part.starts.front().fire.task;
    if (!part.finishes.empty()) return part.finishes.front().fire.task;
    if (!part.releases.empty()) return part.releases.front().fire.task;
    if (!part.takes.empty()) return part.takes.front().fire.task;
    if (!part.claims.empty()) return part.claims.front().task;
    return std::nullopt;
}

}  // namespace uvsched
