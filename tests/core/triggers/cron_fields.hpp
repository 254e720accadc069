// Cron fields for tests, from text with numbers only: `*`, lists, ranges, steps. It checks nothing. L, W and # are set
// by hand.
#pragma once

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "core/triggers/cron/fields.hpp"

namespace cron_fields {

inline std::uint64_t set(const std::string& text, int least, int most) {
    std::uint64_t out = 0;
    std::istringstream list(text);
    for (std::string part; std::getline(list, part, ',');) {
        const auto slash = part.find('/');
        const int step = slash == std::string::npos ? 1 : std::stoi(part.substr(slash + 1));
        const std::string range = part.substr(0, slash);
        const auto dash = range.find('-');
        const int first = range == "*" ? least : std::stoi(range);
        const int last = range == "*" ? most : dash == std::string::npos ? first : std::stoi(range.substr(dash + 1));
        for (int value = first; value <= last; value += step) out |= std::uint64_t{1} << value;
    }
    return out;
}

inline void set_years(uvsched::CronFields& fields, int first, int last) {
    fields.years = {};
    for (int year = first; year <= last; ++year) {
        const auto bit = static_cast<std::size_t>(year - uvsched::kCronFirstYear);
        fields.years[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
}

// 5 fields: minute first; 6: second first. A leading `+` of the last is AND; 7 is a Sunday.
inline uvsched::CronFields of(const std::string& text) {
    std::vector<std::string> words;
    std::istringstream in(text);
    for (std::string word; in >> word;) words.push_back(word);
    if (words.size() == 5) words.insert(words.begin(), "0");
    uvsched::CronFields out;
    out.wild = words[0][0] == '*' || words[1][0] == '*' || words[2][0] == '*';
    out.seconds = set(words[0], 0, 59);
    out.minutes = set(words[1], 0, 59);
    out.hours = static_cast<std::uint32_t>(set(words[2], 0, 23));
    out.day_of_month.any = words[3] == "*";
    if (!out.day_of_month.any) out.day_of_month.days = static_cast<std::uint32_t>(set(words[3], 1, 31));
    out.months = static_cast<std::uint16_t>(set(words[4], 1, 12));
    if (words[5][0] == '+') {
        out.days = uvsched::CronDays::both;
        words[5].erase(0, 1);
    }
    out.day_of_week.any = words[5] == "*";
    if (!out.day_of_week.any) {
        const std::uint64_t days = set(words[5], 0, 6);
        out.day_of_week.days = static_cast<std::uint8_t>((days | days >> 7) & 0x7F);
    }
    set_years(out, uvsched::kCronFirstYear, uvsched::kCronLastYear);
    return out;
}

}  // namespace cron_fields
