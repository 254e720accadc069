// Civil time: the calendar date and wall-clock time behind a count of microseconds, and ISO 8601 text.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time/instant.hpp"

namespace uvsched {

// Proleptic Gregorian; year 0 is 1 BC.
struct CivilTime {
    std::int64_t year = 1970;
    unsigned month = 1;
    unsigned day = 1;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    unsigned micros = 0;
};

// Converts between a civil time and microseconds since 1970-01-01T00:00:00, both in UTC or both local.
// nullopt if there is no such date or time of day, or if int64 does not hold it.
[[nodiscard]] CivilTime civil_from_micros(std::int64_t micros) noexcept;
[[nodiscard]] std::optional<std::int64_t> micros_from_civil(const CivilTime& civil) noexcept;

// A parsed ISO 8601 text: a date, or a date and, after 'T' or a space, a time of day with at least hours and minutes,
// with or without an offset. Years have four digits, or a sign and six. Digits beyond microseconds are cut off.
struct IsoTime {
    std::int64_t local = 0;                                         // microseconds since local 1970-01-01T00:00:00
    std::optional<int> offset_seconds;                              // east of UTC; nullopt: naive
    [[nodiscard]] std::optional<Instant> instant() const noexcept;  // nullopt if it is naive, or beyond int64
};
[[nodiscard]] std::optional<IsoTime> parse_iso(std::string_view text) noexcept;

// "±HH:MM" or "±HH:MM:SS" in seconds east of UTC; less than a day.
[[nodiscard]] std::optional<int> parse_offset(std::string_view text) noexcept;

}  // namespace uvsched
