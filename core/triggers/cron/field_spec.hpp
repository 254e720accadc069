// CronFieldSpec: the allowed values of one field of a cron rule. Two tables: fields of cron strings, and keyword
// fields.
#pragma once

#include <array>
#include <string_view>

namespace uvsched {

// The three-letter names of values, in capitals; the first one names the value `first`.
struct CronNames {
    const std::string_view* names;
    int count;
    int first;
};

struct CronFieldSpec {
    const char* name;    // in messages
    const char* values;  // in messages: "1-12 or JAN-DEC"
    const char* forms;   // in messages: the forms of an item other than a value
    int least;           // the smallest value, as written
    int most;            // the largest value, as written
    int origin;          // the value that bit 0 of the set stands for
    const CronNames* names = nullptr;
    bool both_sundays = false;        // 0 and 7 are Sunday, and SUN at the end of a range is 7, unless it begins with 0
    bool may_be_open = false;         // the whole field may be `?`
    const char* hash_name = nullptr;  // hashed together with the key for `H`; nullptr: the field has no `H`
    int hash_most = 0;                // the last value of a plain `H`
};

// In the order of a string: second, minute, hour, day-of-month, month, day-of-week, year.
enum class CronStringField : unsigned char { second, minute, hour, day_of_month, month, day_of_week, year };
extern const std::array<CronFieldSpec, 7> kCronStringFields;

// From coarse to fine: year, month, day, week, day_of_week (0 is Monday), hour, minute, second.
enum class CronKeyword : unsigned char { year, month, day, week, day_of_week, hour, minute, second };
extern const std::array<CronFieldSpec, 8> kCronKeywordFields;

// The value of a name, in any case; -1 if there is no such name.
[[nodiscard]] int cron_name_value(const CronNames& names, std::string_view name) noexcept;

}  // namespace uvsched
