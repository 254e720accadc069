#include "core/triggers/cron/day_item.hpp"

namespace uvsched {
namespace {

void read_last_day(CronReader& reader, CronDayOfMonth& days) {
    const char* const from = reader.position();
    reader.skip(1);
    if (reader.take('W')) {
        days.last_weekday = true;
    } else if (reader.take('-')) {
        const int back = reader.number();
        if (back < 1 || back > 30) reader.refuse(reader.since(from), "is not in L-1 to L-30");
        if (reader.peek() == 'W') reader.refuse(reader.item(), "is not a day: W follows one day's number or L");
        days.from_end |= std::uint32_t{1} << back;
    } else {
        days.from_end |= 1;
    }
}

// The set of a day-of-week's values, both Sundays in one.
std::uint8_t weekdays(const CronRange& range) {
    CronValueSet set;
    set.add(range);
    return static_cast<std::uint8_t>((set.low() | (set.low() >> 7)) & 0x7F);
}

}  // namespace

void read_day_of_month_item(CronReader& reader, CronHash& hash, CronDayOfMonth& days) {
    if (reader.peek() == 'L') return read_last_day(reader, days);
    bool single = false;
    const auto range = read_range_item(reader, hash, single);
    if (reader.peek() == 'W' && !single) reader.refuse(reader.item(), "is not a day: W follows one day's number or L");
    if (!range) return;
    if (single && reader.take('W')) {
        days.nearest |= std::uint32_t{1} << range->first;
        return;
    }
    CronValueSet set;
    set.add(*range);
    days.days |= static_cast<std::uint32_t>(set.low());
}

void read_day_of_week_item(CronReader& reader, CronHash& hash, CronDayOfWeek& days) {
    if (reader.peek() == 'L' && reader.item().size() == 1) {
        reader.refuse(reader.item(), "names no weekday; write \"5L\" or \"FRI#L\" for the last Friday");
    }
    bool single = false;
    const auto range = read_range_item(reader, hash, single);
    if (!range) return;
    auto& nth = days.nth.of[static_cast<std::size_t>(range->first % 7)];
    if (single && reader.take('#')) {
        const char* const from = reader.position();
        if (reader.take('L')) {
            nth |= 1;
            return;
        }
        const int which = reader.number();
        if (which < 1 || which > 5) reader.refuse(reader.since(from), "is not in 1-5 or L");
        nth = static_cast<std::uint8_t>(nth | (1U << which));
    } else if (single && reader.take('L')) {
        nth |= 1;
    } else {
        days.days = static_cast<std::uint8_t>(days.days | weekdays(*range));
    }
}

}  // namespace uvsched
