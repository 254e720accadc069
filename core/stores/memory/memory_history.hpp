// MemoryHistory: a ring of the last fires that ended, for the memory store. Not thread-safe.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "core/base/memory.hpp"
#include "core/stores/memory/memory_task.hpp"

namespace uvsched {

struct MemoryHistoryRow {
    MemoryFire fire;
    FireState state = FireState::done;
    Reason reason = Reason::none;
    Instant claimed_at = 0;
    Instant started_at = 0;
    Instant finished_at = 0;
    struct Texts {
        std::string result;
        std::string error;
    };
    std::unique_ptr<Texts> texts;  // most runs say nothing
};

class MemoryHistory {
public:
    explicit MemoryHistory(std::size_t limit) : limit_(limit) {}

    // The next so many push() cannot fail.
    void reserve(std::size_t more) {
        if (rows_.size() < limit_) reserve_more(rows_, std::min(more, limit_ - rows_.size()));
    }

    // Makes room for one more row and returns it; `evicted` is called for the row that had to go.
    template <class Evicted>
    MemoryHistoryRow& push(Evicted&& evicted) {
        if (rows_.size() < limit_) {
            MemoryHistoryRow& row = rows_.emplace_back();
            ++last_;
            return row;
        }
        MemoryHistoryRow& row = rows_[static_cast<std::size_t>(last_++) % limit_];
        evicted(row);
        row.texts.reset();
        return row;
    }

    // A row that goes a few rows from now; nullptr as long as none goes.
    [[nodiscard]] const MemoryHistoryRow* leaves_soon() const {
        constexpr std::size_t kFew = 8;
        return rows_.size() < limit_ ? nullptr : &rows_[(static_cast<std::size_t>(last_) + kFew) % limit_];
    }

    // Calls visit(seq, row) from new to old, from `before` (exclusive) on, until it returns false.
    template <class Visit>
    void backwards(std::int64_t before, Visit&& visit) const {
        const std::int64_t first = last_ - static_cast<std::int64_t>(rows_.size()) + 1;
        for (std::int64_t seq = std::min(last_, saturating_sub(before, 1)); seq >= first; --seq) {
            if (!visit(seq, rows_[static_cast<std::size_t>(seq - 1) % limit_])) return;
        }
    }

    [[nodiscard]] bool enabled() const noexcept { return limit_ > 0; }

private:
    std::size_t limit_;
    std::int64_t last_ = 0;
    std::vector<MemoryHistoryRow> rows_;
};

}  // namespace uvsched
