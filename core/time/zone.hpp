// TimeZone: a named set of offsets from UTC. Its data is read (tzif.hpp) into one table that all who use the zone share.
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

    // Accepts `UTC`, `Z`, `±HH:MM[:SS]`, `UTC±HH:MM[:SS]` (east is +), else an IANA name exactly as the data has it.
    // Refuses `UTC+2`, `GMT+2`, POSIX strings, absolute paths, `..`, `right/…` and `localtime` (SEMANTICS: time zones).
    // Throws Error(invalid) that names the text and, where no zone data is installed, the package to install.
    static TimeZone load(const std::string& name);

    // Where zone files are read from: an explicit folder, else $TZDIR, else the system's, else `fallback`.
    // Takes effect for zones not loaded before. Empty strings mean "none".
    static void set_data_folder(std::string explicit_folder, std::string fallback);

    [[nodiscard]] const std::string& name() const noexcept;  // as it was spelt

    // The local wall-clock time at an instant, and the offset in seconds east of UTC.
    [[nodiscard]] LocalTime to_local(Instant instant) const;
    [[nodiscard]] int offset_seconds(Instant instant) const;

    // The stretch that an instant lies in. Exact for instants before kHorizon; the stretch that holds kHorizon is given
    // as the last one.
    [[nodiscard]] ZoneSegment segment(Instant instant) const;

    // The same as seconds, for who walks from stretch to stretch; it lives as long as a copy of this zone does.
    [[nodiscard]] const ZoneTable& table() const noexcept;

    // The instant of a local time by PEP 495: in a gap, fold 0 uses the offset before it and fold 1 the offset after;
    // in an overlap, fold 0 is the first pass and fold 1 the second.
    [[nodiscard]] Instant to_instant(LocalTime local, int fold = 0) const;

    // Reads ISO 8601 text: with `Z` or an offset as it stands, naive text in this zone (fold 0).
    // Nothing when it is not a date-time; a date alone is midnight.
    [[nodiscard]] std::optional<Instant> parse(std::string_view text) const;

private:
    struct Data;
    struct Registry;
    static Registry& registry();
    explicit TimeZone(std::shared_ptr<const Data> data);
    std::shared_ptr<const Data> data_;
};

}  // namespace uvsched
