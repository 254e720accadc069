// Lanes: the lanes of a durable store that this process can run, and when to look into the store for them. A lane is an
// executor and a function; the lanes of one executor form a group, because they share its room. Guarded by the engine's
// mutex.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/ledger/records.hpp"
#include "core/node/store_request.hpp"

namespace uvsched {

class Lanes {
public:
    explicit Lanes(std::size_t executors);
    // There are so many executors by now. Throws bad_alloc; nothing has changed then.
    void make_room(std::size_t executors);

    // No lane is known, and none was reported.
    void clear() noexcept;
    // All lanes of the store. True if others are among them than before: those are in no group before regroup().
    [[nodiscard]] bool assign(std::vector<Lane> lanes) noexcept;
    // Adds the lane of a task; false if the lane is known.
    bool add(const StoredTask& task);

    // Sorts the lanes for which executor_of gives an executor into groups. Their due times are not known yet, so the
    // next look comes at once. Throws bad_alloc; nothing has changed then.
    void regroup(const std::function<std::optional<std::uint16_t>(const Lane&)>& executor_of);
    [[nodiscard]] const LaneGroups& groups() const noexcept { return groups_; }

    // When the store has something due, by group. Ignored if the groups have changed since.
    void set_wakes(const GroupWakes& found) noexcept;

    // The groups to look for now: due, with room in their executors. The look is pending until looked().
    [[nodiscard]] std::vector<LookWant> wanted(const Now& now, std::span<const std::size_t> rooms);
    void posted() noexcept;
    // The look was made for the time `then`. `fruitless`: it claimed nothing; groups that are still due then rest for a
    // while.
    void looked(const Now& then, bool fruitless, Instant now) noexcept;
    [[nodiscard]] bool pending() const noexcept { return pending_; }
    [[nodiscard]] bool any_due(const Now& now) const noexcept;

    // When to look again, in wall time.
    [[nodiscard]] Instant next_deadline(const Now& now, std::span<const std::size_t> rooms) const noexcept;

    // Calls visit(lane) for each lane that has a task and that no visit has accepted since clear().
    template <class Visit>
    void each_unreported(Visit&& visit) {
        for (const Lane& lane : lanes_) {
            if (lane.example != 0 && !reported_.contains(lane.number) && visit(lane)) reported_.insert(lane.number);
        }
    }

private:
    std::vector<Lane> lanes_;
    std::unordered_set<LaneNumber> reported_;
    LaneGroups groups_;
    // By executor.
    std::vector<Store::Wake> wakes_;
    std::vector<Store::Wake> asked_;   // the wakes when the pending look was posted
    std::vector<Store::Wake> asking_;  // the wakes of the look that is being made
    std::vector<Instant> not_before_;  // a look that found nothing is not repeated before (wall)
    bool pending_ = false;
};

}  // namespace uvsched
