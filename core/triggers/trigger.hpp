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

// Why a nominal time is one (SEMANTICS: "DST and other offset changes").
enum class Why : std::uint8_t {
    match,        // the rule names it
    gap,          // the end of a gap that swallowed a time the rule names
    first_pass,   // the rule names it, and its local time comes again
    second_pass,  // the rule names it, and its local time was there before
};
[[nodiscard]] const char* why_text(Why why) noexcept;  // "match", "gap", "first pass", "second pass"

// How many nominal times lie in a range; exact until the limit was reached, then "at least".
struct Count {
    std::int64_t number = 0;
    bool exact = true;
};

// Immutable; every member is thread-safe. Times are nominal: jitter is added by whoever plans a run.
//
// `anchor` is what "now" filled in when the task was added (SEMANTICS: "Declaring tasks" calls it state): the phase of
// an interval without start, the time of a date trigger without a date. Triggers that need none ignore it.
class Trigger {
public:
    Trigger() = default;
    Trigger(const Trigger&) = delete;
    Trigger& operator=(const Trigger&) = delete;
    virtual ~Trigger() = default;

    [[nodiscard]] virtual TriggerKind kind() const noexcept = 0;

    // The smallest nominal time strictly after `after`; nothing when there is none. For any int64.
    [[nodiscard]] virtual std::optional<Instant> next(Instant after, Instant anchor) const = 0;

    // The largest nominal time strictly before `before`; nothing when there is none. For any int64.
    [[nodiscard]] virtual std::optional<Instant> previous(Instant before, Instant anchor) const = 0;

    // Whether next(after, anchor) is nothing only because the search was given up (children of an `and` that do not meet).
    [[nodiscard]] virtual bool gave_up(Instant after, Instant anchor) const;

    // How many nominal times lie in [first, last]: at most `limit`, and not exact where there are more (SEMANTICS:
    // "exact to 10,000"). The default asks next() up to limit + 1 times; a trigger that can compute it does so.
    [[nodiscard]] virtual Count count(Instant first, Instant last, Instant anchor, std::int64_t limit) const;

    // Why `time`, which next() or previous() gave for the same anchor, is a nominal time.
    [[nodiscard]] virtual Why why(Instant time, Instant anchor) const;

    // Whether it is an event of the scheduler's life (shutdown, boot) and not of the clock: next() is then none.
    [[nodiscard]] bool event() const noexcept { return kind() == TriggerKind::shutdown || kind() == TriggerKind::boot; }

    // The same rule with the `H` of its cron fields settled by `key` (SEMANTICS: "Cron strings"); nothing where it has
    // no `H`, or its key already. Asking an `H` without a key throws Error(invalid).
    [[nodiscard]] virtual std::shared_ptr<const Trigger> with_key(const std::string& key) const;

    // The zone its rule is read in, or that was named for its times; nothing where there is none. Throws Error(invalid)
    // where the data of a zone is gone.
    [[nodiscard]] virtual std::optional<TimeZone> zone() const { return std::nullopt; }

    // The instant a date trigger names itself; nothing for all others.
    [[nodiscard]] virtual std::optional<Instant> explicit_date() const { return std::nullopt; }

    // Whether due times are measured in elapsed time and so move with a clock step (an interval without start_at).
    [[nodiscard]] virtual bool elapsed() const noexcept { return false; }

    // Up to where next() tells the truth: kLatest, for all but custom triggers, whose times others give. Beyond it the
    // next time is not known before the trigger's function has answered.
    [[nodiscard]] virtual Instant known_until() const noexcept { return kLatest; }
    [[nodiscard]] bool asked() const noexcept { return known_until() != kLatest; }

    // For a plain interval: its length, so that the next time is the last plus this, where that lies before kHorizon. 0
    // for all others, and for an interval with an end, jitter, or a length from kHorizon on (the sum never overflows).
    // What lets a fire be planned without a virtual call.
    [[nodiscard]] virtual Micros plain_period() const noexcept { return 0; }

    // The longest delay that jitter adds, and the longest it adds to this nominal time (they differ where children of an
    // `or` have jitter of their own).
    [[nodiscard]] virtual Micros jitter() const noexcept { return 0; }
    [[nodiscard]] virtual Micros jitter_at(Instant nominal, Instant anchor) const;
    [[nodiscard]] virtual std::optional<Instant> end_at() const noexcept { return std::nullopt; }

    // The canonical form: equal definitions give equal text. Defaults and what "now" filled in are absent.
    [[nodiscard]] virtual nlohmann::json to_json() const = 0;

    // One line for people: "interval of 10 s", "once at 2026-03-29T01:30:00Z".
    [[nodiscard]] virtual std::string describe() const = 0;
};

using TriggerPtr = std::shared_ptr<const Trigger>;

// Reads what to_json() writes, and hand-written JSON:
//
//   {"type": "date", "run_at": "2026-03-29T01:30:00Z"}           without run_at: when added
//   {"type": "interval", "hours": 1, "seconds": 0.5,              weeks, days, hours, minutes, seconds, microseconds;
//    "start_at": …, "end_at": …}                                  added up, rounded once; all absent or 0: 1 s
//   {"type": "cron", "expression": "*/5 * * * *"}                 or keyword fields: "hour": 8, "day_of_week": "mon-fri"
//   {"type": "calendar_interval", "months": 1, "hour": 9}         years, months, weeks, days; hour, minute, second
//   {"type": "and", "triggers": [...]}, {"type": "or", "triggers": [...]}
//   {"type": "shutdown"}
//   {"type": "custom", "name": "tides", "arguments": {"port": 3}}   what its function is registered as; any JSON
//
// and in all but shutdown "jitter" (seconds), "start_at", "end_at" and "timezone"; in cron "gap" ("run_at_end", "skip"),
// "overlap" ("first", "both") and "key"; in calendar_interval "gap". Null is absent. A cron or calendar rule without a
// zone of its own takes that of start_at (its offset), else of end_at, else `zone`, and writes it: a stored rule does
// not change with the scheduler's configuration. Children take their parent's zone for `zone`. The canonical length of
// an interval is "seconds", with a fraction where it has whole milliseconds, else "microseconds"; its times are in UTC.
// Naive times are read in the trigger's own zone, else in `zone` (the scheduler's). Throws Error(invalid); the message
// starts with the JSON path of the fault, prefixed by `path` ("trigger.start_at: …").
[[nodiscard]] TriggerPtr trigger_from_json(const nlohmann::json& value, const TimeZone& zone, const std::string& path);

// The delay that jitter adds to one nominal time: the same on every node and after a restart (SEMANTICS: "Jitter").
[[nodiscard]] Micros jitter_delay(std::uint64_t uid, Instant nominal, Micros jitter);

// min(nominal + delay, end_at): when a run at this nominal time is due; by the anchor that gave it. Never before the
// nominal time, which lies after the end where a first run was asked for there. `to_wall` is added to the times of a
// task to get wall time, which the end is in.
[[nodiscard]] Instant due_time(const Trigger& trigger, std::uint64_t uid, Instant nominal, Instant anchor,
                               Micros to_wall = 0);

}  // namespace uvsched
