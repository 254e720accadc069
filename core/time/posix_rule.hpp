// PosixRule: the offsets of all years from some time on, read from the line at the end of a zone's file (POSIX TZ, with
// hours from -167 to 167 as in RFC 8536).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/time/zone_table.hpp"

namespace uvsched {

// Immutable; thread-safe. Seconds count from 1970-01-01T00:00:00Z.
class PosixRule {
public:
    // "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "EST5EDT,M3.2.0,M11.1.0", "UTC0". nullopt if the text is anything else.
    static std::optional<PosixRule> parse(std::string_view text);

    [[nodiscard]] std::int64_t offset_at(std::int64_t second) const;

    // The two changes of a year, in order; nullopt if the offset never changes.
    [[nodiscard]] std::optional<std::array<ZoneStretch, 2>> changes(int year) const;

private:
    // A day of each year, and a local time on it.
    struct Date {
        enum class Form { month, julian, day } form = Form::day;  // Mm.w.d, Jn, n
        int month = 0, week = 0, weekday = 0;
        int day = 0;
        std::int64_t time = 7'200;
        [[nodiscard]] std::int64_t local(int year) const;
    };
    struct Season {
        std::int64_t offset = 0;
        Date start, end;
    };
    class Reader;

    std::int64_t standard_ = 0;
    std::optional<Season> daylight_;
};

}  // namespace uvsched
