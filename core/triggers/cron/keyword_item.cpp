#include "core/triggers/cron/keyword_item.hpp"

#include <algorithm>

#include "core/triggers/cron/letters.hpp"

namespace uvsched {
namespace {

// In any case; the place is the bit in CronNthWeekdays.
constexpr std::string_view kOrdinals[] = {"LAST", "1ST", "2ND", "3RD", "4TH", "5TH"};

}  // namespace

CronRange read_keyword_range(CronReader& reader) {
    const CronFieldSpec& spec = reader.spec();
    const char* const from = reader.position();
    CronRange range{spec.least, spec.most, 1};
    if (!reader.take('*')) {
        range.first = range.last = reader.value();
        if (reader.take('-')) {
            range.last = reader.range_end(range.first, from);
        } else if (reader.peek() == '/') {
            range.last = spec.most;
        }
    }
    if (!reader.take('/')) return range;
    const char* const step = reader.position();
    range.step = reader.step();
    if (range.step > range.last - range.first) {
        reader.refuse(reader.since(step), "is a step longer than its range, " + std::to_string(range.first) + "-" +
                                              std::to_string(range.last));
    }
    return range;
}

bool read_keyword_day(CronReader& reader, CronDayOfMonth& days) {
    const std::string_view item = reader.item();
    const std::string_view word =
        item.substr(0, static_cast<std::size_t>(std::find_if(item.begin(), item.end(), is_blank) - item.begin()));
    const auto* const ordinal = std::find_if(std::begin(kOrdinals), std::end(kOrdinals),
                                             [&](std::string_view name) { return same_but_for_case(word, name); });
    if (ordinal == std::end(kOrdinals)) return false;
    const auto bit = static_cast<unsigned>(ordinal - std::begin(kOrdinals));
    reader.skip(static_cast<int>(word.size()));
    if (reader.item_done()) {
        if (bit != 0) reader.refuse(item, "names no weekday; write it like \"2nd fri\"");
        days.from_end |= 1;
        return true;
    }
    reader.skip_blanks();
    const std::string_view weekday = item.substr(static_cast<std::size_t>(reader.position() - item.data()));
    const CronNames& names = *kCronKeywordFields[static_cast<std::size_t>(CronKeyword::day_of_week)].names;
    const int value = cron_name_value(names, weekday);
    if (value < 0) reader.refuse(weekday, "is not a weekday in mon-sun");
    reader.skip(3);
    auto& nth = days.nth.of[static_cast<std::size_t>((value + 1) % 7)];
    nth = static_cast<std::uint8_t>(nth | (1U << bit));
    return true;
}

}  // namespace uvsched
