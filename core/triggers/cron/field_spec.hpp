// CronFieldSpec: what one field of a cron rule may hold. Two tables: the fields of strings, and the keyword fields.
#pragma once

#include <array>
#include <string_view>

namespace uvsched {

// The three-letter names of values, capital, the first standing for `first`.
struct CronNames {
    const std::string_view* names;
    int count;
    int first;
};

struct CronFieldSpec {
    const char* name;    // in messages
    const char* values;  // in messages: "1-12 or JAN-DEC"
    const char* forms;   // in messages: what an item may look like, but for values
    int least;           // as they are written
    int most;            //
    int origin;          // the value that bit 0 of the set stands for
    const CronNames* names = nullptr;
    bool both_sundays = false;        // 0 and 7 are Sunday, and SUN at the end of a range is 7
    bool may_be_open = false;         // the whole field may be `?`
    const char* hash_name = nullptr;  // what `H` is hashed with; none: the field has no `H`
    int hash_most = 0;                // the last value of a plain `H`
};

// In the order of a string: second, minute, hour, day-of-month, month, day-of-week, year.
enum class CronStringField : unsigned char { second, minute, hour, day_of_month, month, day_of_week, year };
extern const std::array<CronFieldSpec, 7> kCronStringFields;

// From coarse to fine: year, month, day, week, day_of_week (0 is Monday), hour, minute, second.
enum class CronKeyword : unsigned char { year, month, day, week, day_of_week, hour, minute, second };
extern const std::array<CronFieldSpec, 8> kCronKeywordFields;

// The value of a name in any case; -1 where there is none of that name.
[[nodiscard]] int cron_name_value(const CronNames& names, std::string_view name) noexcept;

}  // namespace uvsched
