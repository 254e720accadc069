// TimeZone: a named set of offsets from UTC. Its data is read (tzif.hpp) into one table that all its users share.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/time/instant.hpp"

namespace uvsched {

class ZoneTable;

// A wall-clock time without a zone: microseconds since local 1970-01-01T00:00:00.
using LocalTime = std::int64_t;

// A stretch of time with one offset from UTC: the instants in [begin, end). The first stretch of a zone begins at
// kEarliest, the last one ends at kLatest; neighbours differ in their offset.
struct ZoneSegment {
    Instant begin = kEarliest;
    Instant end = kLatest;
    Micros offset = 0;  // local time - UTC
};

// Immutable and cheap to copy; thread-safe.
class TimeZone {
public:
    // UTC.
    TimeZone();

    // The zone that this machine is set to (local_zone.hpp), by its name. Looks again at each call: TZ may have
    // changed. Throws Error(invalid) with the text that names no zone.
    static TimeZone local();

    // Accepts `local`, `UTC`, `Z`, `±HH:MM[:SS]`, `UTC±HH:MM[:SS]` (east is +), else an IANA name, spelt exactly as in
    // the zone data. Refuses `UTC+2`, `GMT+2`, POSIX strings, absolute paths, `..`, `right/…` and `localtime`. Throws
    // Error(invalid) that names the text and, if no zone data is installed, the package to install.
    static TimeZone load(const std::string& name);

    // Sets the folder that zone files are read from: `explicit_folder`, else $TZDIR, else the system's, else
    // `fallback`. Takes effect for zones that are not loaded yet. An empty string means "none".
    static void set_data_folder(std::string explicit_folder, std::string fallback);

    [[nodiscard]] const std::string& name() const noexcept;  // as it was spelt

    // The local wall-clock time at an instant, and the offset in seconds east of UTC.
    [[nodiscard]] LocalTime to_local(Instant instant) const;
    [[nodiscard]] int offset_seconds(Instant instant) const;

    // The stretch that contains an instant. Exact before kHorizon; the stretch that contains kHorizon counts as the
    // last.
    [[nodiscard]] ZoneSegment segment(Instant instant) const;

    // All stretches, in seconds, for callers that walk from one to the next. Lives as long as a copy of this zone does.
    [[nodiscard]] const ZoneTable& table() const noexcept;

    // The instant of a local time by PEP 495: in a gap, fold 0 uses the offset before it and fold 1 the offset after;
    // in an overlap, fold 0 is the first pass and fold 1 the second.
    [[nodiscard]] Instant to_instant(LocalTime local, int fold = 0) const;

    // Reads ISO 8601 text. A text without `Z` or an offset is read in this zone (fold 0); a date alone means midnight.
    // nullopt if the text is not a date-time.
    [[nodiscard]] std::optional<Instant> parse(std::string_view text) const;

private:
    struct Data;
    struct Registry;
    static Registry& registry();
    explicit TimeZone(std::shared_ptr<const Data> data);
    std::shared_ptr<const Data> data_;
};

}  // namespace uvsched
