// Notices: each decision of the engine becomes an event here, and is told. An event is built only if somebody wants it,
// and one that there is no memory for counts as dropped.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/events/event_bus.hpp"
#include "core/executors/executor.hpp"
#include "core/ledger/batch.hpp"
#include "core/model/event.hpp"
#include "core/plan/planner.hpp"
#include "core/time/clock.hpp"
#include "core/time/zone.hpp"

namespace uvsched {

// A step of a run, at `now`.
[[nodiscard]] Event run_event(EventCode code, const Run& run, Instant claimed_at, Instant now);

// Its end. The result and the error are those in the run.
[[nodiscard]] EventCode end_code(FireState state) noexcept;
[[nodiscard]] Event end_event(const Run& run, FireState state, Reason reason, Instant claimed_at, Instant now);

// Why a task that is added has no time at all; `gave_up`: or none that was looked for.
struct Over {
    std::string why;
    bool gave_up = false;
};
[[nodiscard]] Over why_over(const Definition& task, const PlannedMiss& miss, Instant now);

// Thread-safe, except for what counts missed times: the engine's mutex guards that.
class Notices {
public:
    // `zone` is the scheduler's, for messages.
    Notices(EventBus& bus, const Clock& clock, TimeZone zone) : bus_(bus), clock_(clock), zone_(std::move(zone)) {}

    // An event about a store or an executor (`alias`), a task (`id`), or, with neither, the scheduler.
    void tell(EventCode code, const std::string& alias, const std::string& id, std::string_view message = {}) noexcept;

    // The same, for what a caller asked for: before the call returns.
    void asked(EventCode code, const std::string& alias, const std::string& id) noexcept;

    void run(EventCode code, const Run& run, Instant claimed_at, Instant now) noexcept {
        bus_.tell(code, [&] { return run_event(code, run, claimed_at, now); });
    }
    void ended(const Run& run, FireState state, Reason reason, Instant claimed_at, Instant now) noexcept {
        bus_.tell(end_code(state), [&] { return end_event(run, state, reason, claimed_at, now); });
    }

    // A run ended as `state` when another node had its fire.
    void lease_lost(const Run& run, FireState state, Instant claimed_at, Instant now) noexcept;

    // Due times that are not run. Add `to_wall` to the times of the miss to get wall time. They are counted.
    void missed(const std::string& alias, const Definition& task, const PlannedMiss& miss, Micros to_wall, Instant now,
                std::string_view message = {}) noexcept;
    [[nodiscard]] std::int64_t missed() const noexcept { return missed_; }

    // A task that is added, or gets another trigger, is over at once.
    void over(const std::string& alias, const Definition& task, const PlannedMiss& miss, const Over& over,
              const Now& now) noexcept;

    // What a change or a deletion of its task ended. It is counted.
    void dropped(const std::string& alias, std::span<const Dropped> dropped, Instant now) noexcept;

    // A task without a further time after `after` may have one that nobody looks for (docs/triggers.md, "And, or").
    void given_up(const std::string& alias, const Definition& task, Instant after) noexcept;

    // A custom trigger failed: its task is paused, and `lost` due times are missed. They are counted.
    void trigger_failed(const std::string& alias, const std::string& id, const std::string& what,
                        std::int64_t lost) noexcept;

    // An executor lacks threads; `what` says why and what becomes of its runs.
    void lacking(const std::string& alias, const std::string& what) noexcept;

    // The executor of a task was removed; `count` tasks of the store had it.
    void without_executor(const std::string& alias, const Definition& task, std::size_t count) noexcept;

    // A run that is called now waited long for that.
    void delayed(const Run& run, Instant claimed_at, Instant now) noexcept;

    void clock_step(Instant at, Micros change) noexcept;
    void slow_inline(const std::string& id, Instant at, Micros duration) noexcept;

    // Several tasks; `id` is one of them.
    void undeclared(const std::string& alias, const std::string& id, std::size_t count,
                    std::string_view message) noexcept;

private:
    [[nodiscard]] std::string past_text(const Trigger& trigger, Instant date, Instant now) const;

    EventBus& bus_;
    const Clock& clock_;
    const TimeZone zone_;
    std::int64_t missed_ = 0;
};

}  // namespace uvsched
