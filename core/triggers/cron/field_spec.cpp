#include "core/triggers/cron/field_spec.hpp"

#include "core/triggers/cron/fields.hpp"
#include "core/triggers/cron/letters.hpp"

namespace uvsched {
namespace {

constexpr std::string_view kMonthNames[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                            "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::string_view kSundayFirst[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
constexpr std::string_view kMondayFirst[] = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"};
constexpr CronNames kMonths{.names = kMonthNames, .count = 12, .first = 1};
constexpr CronNames kStringWeekdays{.names = kSundayFirst, .count = 7, .first = 0};
constexpr CronNames kKeywordWeekdays{.names = kMondayFirst, .count = 7, .first = 0};

constexpr const char* kStringForms = "a-b, *, */n, a-b/n or H";
constexpr const char* kKeywordForms = "a-b, *, */n, a/n or a-b/n";

}  // namespace

constexpr std::array<CronFieldSpec, 7> kCronStringFields{{
    {.name = "second",
     .values = "0-59",
     .forms = kStringForms,
     .least = 0,
     .most = 59,
     .origin = 0,
     .hash_name = "second",
     .hash_most = 59},
    {.name = "minute",
     .values = "0-59",
     .forms = kStringForms,
     .least = 0,
     .most = 59,
     .origin = 0,
     .hash_name = "minute",
     .hash_most = 59},
    {.name = "hour",
     .values = "0-23",
     .forms = kStringForms,
     .least = 0,
     .most = 23,
     .origin = 0,
     .hash_name = "hour",
     .hash_most = 23},
    {.name = "day-of-month",
     .values = "1-31",
     .forms = "a-b, *, */n, a-b/n, L, L-n, LW, nW or H",
     .least = 1,
     .most = 31,
     .origin = 0,
     .may_be_open = true,
     .hash_name = "day",
     .hash_most = 28},
    {.name = "month",
     .values = "1-12 or JAN-DEC",
     .forms = kStringForms,
     .least = 1,
     .most = 12,
     .origin = 0,
     .names = &kMonths,
     .hash_name = "month",
     .hash_most = 12},
    {.name = "day-of-week",
     .values = "0-7 or SUN-SAT",
     .forms = "a-b, *, */n, a-b/n, d#n, d#L, dL or H",
     .least = 0,
     .most = 7,
     .origin = 0,
     .names = &kStringWeekdays,
     .both_sundays = true,
     .may_be_open = true,
     .hash_name = "weekday",
     .hash_most = 6},
    {.name = "year",
     .values = "1970-2199",
     .forms = "a-b, *, */n or a-b/n",
     .least = kCronFirstYear,
     .most = kCronLastYear,
     .origin = kCronFirstYear},
}};

constexpr std::array<CronFieldSpec, 8> kCronKeywordFields{{
    {.name = "year",
     .values = "1970-2199",
     .forms = kKeywordForms,
     .least = kCronFirstYear,
     .most = kCronLastYear,
     .origin = kCronFirstYear},
    {.name = "month",
     .values = "1-12 or jan-dec",
     .forms = kKeywordForms,
     .least = 1,
     .most = 12,
     .origin = 0,
     .names = &kMonths},
    {.name = "day",
     .values = "1-31",
     .forms = "a-b, *, */n, a/n, a-b/n, last, last fri or 2nd fri",
     .least = 1,
     .most = 31,
     .origin = 0},
    {.name = "week", .values = "1-53", .forms = kKeywordForms, .least = 1, .most = 53, .origin = 0},
    {.name = "day_of_week",
     .values = "0-6 (0 is Monday) or mon-sun",
     .forms = kKeywordForms,
     .least = 0,
     .most = 6,
     .origin = 0,
     .names = &kKeywordWeekdays},
    {.name = "hour", .values = "0-23", .forms = kKeywordForms, .least = 0, .most = 23, .origin = 0},
    {.name = "minute", .values = "0-59", .forms = kKeywordForms, .least = 0, .most = 59, .origin = 0},
    {.name = "second", .values = "0-59", .forms = kKeywordForms, .least = 0, .most = 59, .origin = 0},
}};

int cron_name_value(const CronNames& names, std::string_view name) noexcept {
    if (name.size() != 3) return -1;
    const char capital[3] = {to_capital(name[0]), to_capital(name[1]), to_capital(name[2])};
    for (int i = 0; i < names.count; ++i) {
        if (names.names[i] == std::string_view(capital, 3)) return names.first + i;
    }
    return -1;
}

}  // namespace uvsched
