// Trigger: the pure rule that says when a task is due. It reads no clock and keeps no state.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/time/instant.hpp"
#include "core/time/zone.hpp"

namespace uvsched {

enum class TriggerKind : std::uint8_t { date, interval, cron, calendar, and_, or_, shutdown, boot, custom };

// Why a time is a nominal time (docs/triggers.md, "When the clocks change").
enum class Why : std::uint8_t {
    match,        // the rule names it
    gap,          // the end of a gap that contained a time the rule names
    first_pass,   // the rule names it, and its local time comes again
    second_pass,  // the rule names it, and its local time was there before
};

// The number of nominal times in a range. If it is not exact, it means "at least".
struct Count {
    std::int64_t number = 0;
    bool exact = true;
};

// Immutable; every member is thread-safe. Times are nominal: the planner adds jitter.
//
// `anchor` is the moment at which the task was added: the phase of an interval without a start, the time of a date
// trigger without a date. Other triggers ignore it.
class Trigger {
public:
    Trigger() = default;
    Trigger(const Trigger&) = delete;
    Trigger& operator=(const Trigger&) = delete;
    virtual ~Trigger() = default;

    [[nodiscard]] virtual TriggerKind kind() const noexcept = 0;

    // The first nominal time after `after`; nullopt if there is none. For any int64.
    [[nodiscard]] virtual std::optional<Instant> next(Instant after, Instant anchor) const = 0;

    // The last nominal time before `before`; nullopt if there is none. For any int64.
    [[nodiscard]] virtual std::optional<Instant> previous(Instant before, Instant anchor) const = 0;

    // Whether the last next(after, …) gave nullopt only because it gave up the search (children of an `and` that do not
    // meet). Does not search again.
    [[nodiscard]] virtual bool gave_up(Instant after) const;

    // The number of nominal times in [first, last]; if there are more than `limit`, it is `limit` and not exact. The
    // default calls next() up to limit + 1 times; a trigger that can compute the number overrides it.
    [[nodiscard]] virtual Count count(Instant first, Instant last, Instant anchor, std::int64_t limit) const;

    // Why `time` is a nominal time. next() or previous() must have given it, with this anchor.
    [[nodiscard]] virtual Why why(Instant time, Instant anchor) const;

    // Whether the trigger is an event of the scheduler (shutdown, boot), not a time: next() is then always nullopt.
    [[nodiscard]] bool is_event() const noexcept {
        return kind() == TriggerKind::shutdown || kind() == TriggerKind::boot;
    }

    // This rule with the values of its cron fields' `H` computed from `key`; nullptr if it has no `H`, or already a
    // key. Asking a rule for times while an `H` has no key throws Error(invalid).
    [[nodiscard]] virtual std::shared_ptr<const Trigger> with_key(const std::string& key) const;

    // The zone that the rule is read in, or that was named for its times; nullopt if there is none. Throws
    // Error(invalid) if the data of the zone is gone.
    [[nodiscard]] virtual std::optional<TimeZone> zone() const { return std::nullopt; }

    // The instant that a date trigger was given; nullopt for all other triggers.
    [[nodiscard]] virtual std::optional<Instant> explicit_date() const { return std::nullopt; }

    // Whether due times are measured in elapsed time, and so move on the wall clock when it is set (an interval without
    // start_at).
    [[nodiscard]] virtual bool elapsed() const noexcept { return false; }

    // next() is reliable up to here: kLatest, except for custom triggers, whose times come from outside. After this
    // instant the next time is unknown until the trigger's function has answered.
    [[nodiscard]] virtual Instant known_until() const noexcept { return kLatest; }
    [[nodiscard]] bool must_be_asked() const noexcept { return known_until() != kLatest; }

    // For a plain interval: its length. The next time is the last time plus the length, if that is before kHorizon. 0
    // for all other triggers, and for an interval with an end, jitter, or a length of kHorizon or more (so the sum
    // never overflows). With it a fire can be planned without a virtual call.
    [[nodiscard]] virtual Micros plain_period() const noexcept { return 0; }

    // The longest delay that jitter adds to any time, and the longest that it adds to this nominal time. They differ if
    // children of an `or` have jitter of their own.
    [[nodiscard]] virtual Micros jitter() const noexcept { return 0; }
    [[nodiscard]] virtual Micros jitter_at(Instant nominal, Instant anchor) const;
    [[nodiscard]] virtual std::optional<Instant> end_at() const noexcept { return std::nullopt; }

    // The canonical form: equal definitions give equal text. Defaults and values that "now" filled in are absent.
    [[nodiscard]] virtual nlohmann::json to_json() const = 0;

    // One line for people: "interval of 10 s", "once at 2026-03-29T01:30:00Z".
    [[nodiscard]] virtual std::string describe() const = 0;
};

using TriggerPtr = std::shared_ptr<const Trigger>;

// Reads what to_json() writes, and hand-written JSON:
//
//   {"type": "date", "run_at": "2026-03-29T01:30:00Z"}            without run_at: when the task is added
//   {"type": "interval", "hours": 1, "seconds": 0.5,              weeks, days, hours, minutes, seconds, microseconds;
//    "start_at": …, "end_at": …}                                  added up, rounded once; all absent or 0: 1 s
//   {"type": "cron", "expression": "*/5 * * * *"}                 or fields: "hour": 8, "day_of_week": "mon-fri"
//   {"type": "calendar_interval", "months": 1, "hour": 9}         years, months, weeks, days; hour, minute, second
//   {"type": "and", "triggers": [...]}, {"type": "or", "triggers": [...]}
//   {"type": "shutdown"}
//   {"type": "custom", "name": "tides", "arguments": {"port": 3}}   the registered name of its function; any JSON
//
// and in all but shutdown "jitter" (seconds), "start_at", "end_at" and "timezone"; in cron "gap" ("run_at_end" or
// "skip"), "overlap" ("first", "both") and "key"; in calendar_interval "gap". Null is absent. A cron or calendar rule
// without a zone of its own takes that of start_at (its offset), else of end_at, else `zone`, and writes it: a stored
// rule does not change with the scheduler's configuration. Children take their parent's zone for `zone`. The canonical
// length of an interval is "seconds", with a fraction where it has whole milliseconds, else "microseconds"; its times
// are in UTC. Naive times are read in the trigger's own zone, else in `zone` (the scheduler's). Throws Error(invalid);
// the message starts with the JSON path of the fault, prefixed by `path` ("trigger.start_at: …").
[[nodiscard]] TriggerPtr trigger_from_json(const nlohmann::json& value, const TimeZone& zone, const std::string& path);

// The delay that jitter adds to one nominal time: the same on every node and after a restart.
[[nodiscard]] Micros jitter_delay(std::uint64_t uid, Instant nominal, Micros jitter);

// When a run at this nominal time is due: min(nominal + delay, end_at), but never before the nominal time, which is
// after the end if a first run was requested there. `anchor` is the one that gave the nominal time. `to_wall` is added
// to the task's times to get wall time, in which end_at is given.
[[nodiscard]] Instant due_time(const Trigger& trigger, std::uint64_t uid, Instant nominal, Instant anchor,
                               Micros to_wall = 0);

}  // namespace uvsched
