#include "core/triggers/cron/keywords.hpp"

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/triggers/cron.hpp"
#include "core/triggers/cron/reader.hpp"
#include "tests/core/triggers/cron_sets.hpp"

using namespace uvsched;

namespace {

std::string refusal(const CronKeywords& given) {
    try {
        static_cast<void>(parse_keywords(given));
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("fields finer than the finest given take their least value, coarser ones *") {
    // year, month, day, week, day_of_week, hour, minute, second
    const struct {
        CronKeywords given;
        const char* months;
        const char* day;
        bool all_weeks;
        const char* day_of_week;
        const char* hours;
        const char* minutes;
        const char* seconds;
        bool wild;
    } cases[] = {
        {{.year = "2024"}, "1", "1", true, "*", "0", "0", "0", false},
        {{.month = "3"}, "3", "1", true, "*", "0", "0", "0", false},
        {{.day = "5"}, "1-12", "5", true, "*", "0", "0", "0", false},
        {{.week = "1"}, "1-12", "*", false, "*", "0", "0", "0", false},
        {{.day_of_week = "mon"}, "1-12", "*", true, "1", "0", "0", "0", false},
        {{.hour = "8"}, "1-12", "*", true, "*", "8", "0", "0", false},
        {{.minute = "30"}, "1-12", "*", true, "*", "0-23", "30", "0", true},
        {{.second = "7"}, "1-12", "*", true, "*", "0-23", "0-59", "7", true},
        {{.year = "2024", .minute = "30"}, "1-12", "*", true, "*", "0-23", "30", "0", true},
        {{.month = "2", .hour = "4"}, "2", "*", true, "*", "4", "0", "0", false},
        {{.day = "*"}, "1-12", "*", true, "*", "0", "0", "0", false},
        {{.hour = "*/2"}, "1-12", "*", true, "*", "0,2,4,6,8,10,12,14,16,18,20,22", "0", "0", true},
        {{.hour = "2", .second = "*"}, "1-12", "*", true, "*", "2", "0-59", "0-59", true},
        {{.hour = "2", .minute = "0-59"}, "1-12", "*", true, "*", "2", "0-59", "0", false},
        {{.hour = " *"}, "1-12", "*", true, "*", "0-23", "0", "0", true},
        {{.hour = "5,*"}, "1-12", "*", true, "*", "0-23", "0", "0", false},
    };
    for (const auto& c : cases) {
        CAPTURE(&c - cases);
        const CronFields fields = parse_keywords(c.given);
        CHECK(list_of(fields.years) == (c.given.year ? "54" : "0-229"));
        CHECK(list_of(fields.months) == c.months);
        CHECK(list_of(fields.day_of_month) == c.day);
        CHECK((fields.weeks == CronFields{}.weeks) == c.all_weeks);
        CHECK(list_of(fields.day_of_week) == c.day_of_week);
        CHECK(list_of(fields.hours) == c.hours);
        CHECK(list_of(fields.minutes) == c.minutes);
        CHECK(list_of(fields.seconds) == c.seconds);
        CHECK(fields.wild == c.wild);
        CHECK(fields.days == CronDays::both);
    }
}

TEST_CASE("values, ranges, lists and steps") {
    const struct {
        const char* text;
        const char* minutes;
    } cases[] = {
        {"*", "0-59"},          {"  5 ", "5"},          {"1-2, 4-7", "1,2,4-7"},    {"1 ,2 , 50-59", "1,2,50-59"},
        {"\t1\t,\t3\t", "1,3"}, {"*/15", "0,15,30,45"}, {"*/59", "0,59"},           {"5/20", "5,25,45"},
        {"58/1", "58,59"},      {"10-20/10", "10,20"},  {"10-20/3", "10,13,16,19"}, {"0007", "7"},
        {"*/30,5", "0,5,30"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(list_of(parse_keywords({.minute = c.text}).minutes) == c.minutes);
    }
    CHECK(list_of(parse_keywords({.year = "2022/2"}).years).starts_with("52,54,56,"));
    CHECK(list_of(parse_keywords({.year = "2022/2"}).years).ends_with(",224,226,228"));
    CHECK(list_of(parse_keywords({.year = "2024-2025"}).years) == "54,55");
    CHECK(list_of(parse_keywords({.week = "1,53"}).weeks) == "1,53");
    CHECK(list_of(parse_keywords({.week = "10-50/20"}).weeks) == "10,30,50");
    CHECK(parse_keywords({.week = " * "}).weeks == CronFields{}.weeks);
}

TEST_CASE("names in any case; Monday is 0") {
    const struct {
        const char* text;
        const char* days;  // from Sunday = 0, as the sets have it
    } days[] = {
        {"0", "1"},         {"6", "0"},           {"0-4", "1-5"},     {"mon-fri", "1-5"},   {"MON-Fri/2", "1,3,5"},
        {"sat,sun", "0,6"}, {"fri-sun", "0,5,6"}, {"mon-sun", "0-6"}, {"mon/2", "0,1,3,5"}, {"tue, 3", "2,4"},
        {"*/3", "0,1,4"},   {"0-6", "0-6"},       {"*,1", "0-6"},
    };
    for (const auto& c : days) {
        CAPTURE(c.text);
        const CronFields fields = parse_keywords({.day_of_week = c.text});
        CHECK(list_of(fields.day_of_week) == c.days);
    }
    CHECK(list_of(parse_keywords({.month = "jan-MAR, Dec"}).months) == "1-3,12");
    CHECK(list_of(parse_keywords({.month = "feb/5"}).months) == "2,7,12");
}

TEST_CASE("last, and weekdays counted in the month, stand in day alone, also in lists") {
    const struct {
        const char* text;
        const char* days;
    } cases[] = {
        {"last", "end:0"},
        {"LAST", "end:0"},
        {"last sun", "nth:0:0"},
        {"Last  FRI", "nth:5:0"},
        {"1st mon", "nth:1:1"},
        {"2ND Tue", "nth:2:2"},
        {"3rd wed", "nth:3:3"},
        {"4th thu", "nth:4:4"},
        {"5th sat", "nth:6:5"},
        {"1, 15, last", "1,15 end:0"},
        {"1st mon, 3rd mon,last fri , 20-22", "20-22 nth:1:1,1:3,5:0"},
        {"*/10", "1,11,21,31"},
        {"*,last", "1-31 end:0"},
        {"1-31", "1-31"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(list_of(parse_keywords({.day = c.text}).day_of_month) == c.days);
    }
    CHECK(parse_keywords({.day = " * "}).day_of_month == CronDayOfMonth{});
}

TEST_CASE("each fault is named with its field, its text, what was expected, and its column") {
    const std::string forms = "a-b, *, */n, a/n or a-b/n";
    const std::string days = "expected 1-31, a-b, *, */n, a/n, a-b/n, last, last fri or 2nd fri";
    const std::string range = "is a range that ends before it starts; write ";
    const struct {
        CronKeywords given;
        std::string message;
    } cases[] = {
        {{}, "expression: missing, or at least one of year, month, day, week, day_of_week, hour, minute, second"},
        {{.hour = "25"}, R"(hour: "25" is not in 0-23 (column 1))"},
        {{.hour = " 1, 24"}, R"(hour: "24" is not in 0-23 (column 5))"},
        {{.minute = "60"}, R"(minute: "60" is not in 0-59 (column 1))"},
        {{.second = "0-60"}, R"(second: "60" is not in 0-59 (column 3))"},
        {{.year = "1969"}, R"(year: "1969" is not in 1970-2199 (column 1))"},
        {{.year = "2200"}, R"(year: "2200" is not in 1970-2199 (column 1))"},
        {{.month = "13"}, R"(month: "13" is not in 1-12 or jan-dec (column 1))"},
        {{.month = "last"}, R"(month: "last" is not in 1-12 or jan-dec (column 1))"},
        {{.day = "0"}, R"(day: "0" is not in 1-31 (column 1))"},
        {{.day = "32"}, R"(day: "32" is not in 1-31 (column 1))"},
        {{.week = "0"}, R"(week: "0" is not in 1-53 (column 1))"},
        {{.week = "54"}, R"(week: "54" is not in 1-53 (column 1))"},
        {{.day_of_week = "7"}, R"(day_of_week: "7" is not in 0-6 (0 is Monday) or mon-sun (column 1))"},
        {{.day_of_week = "monday"},
         R"(day_of_week: "monday" is not in 0-6 (0 is Monday) or mon-sun; write "mon" (column 1))"},
        {{.hour = "00008"}, R"(hour: "00008" has more than 4 digits (column 1))"},
        {{.day_of_week = "sun-tue"}, R"(day_of_week: "sun-tue" )" + range + R"("sun,0-tue" (column 1))"},
        {{.day_of_week = "fri-mon"}, R"(day_of_week: "fri-mon" )" + range + R"("fri-6,mon" (column 1))"},
        {{.hour = "22-2"}, R"(hour: "22-2" )" + range + R"("22-23,0-2" (column 1))"},
        {{.month = "dec-feb"}, R"(month: "dec-feb" )" + range + R"("dec,1-feb" (column 1))"},
        {{.minute = "*/60"}, R"(minute: "60" is a step longer than its range, 0-59 (column 3))"},
        {{.minute = "*/0"}, R"(minute: "0" is not a step of 1 or more (column 3))"},
        {{.minute = "59/1"}, R"(minute: "1" is a step longer than its range, 59-59 (column 4))"},
        {{.minute = "5, 10-20/11"}, R"(minute: "11" is a step longer than its range, 10-20 (column 10))"},
        {{.minute = "7-7/1"}, R"(minute: "1" is a step longer than its range, 7-7 (column 5))"},
        {{.year = "2190/10"}, R"(year: "10" is a step longer than its range, 2190-2199 (column 6))"},
        {{.day_of_week = "mon-wed/3"}, R"(day_of_week: "3" is a step longer than its range, 0-2 (column 9))"},
        {{.hour = ""}, R"(hour: "" is empty; leave it out or give a value (column 1))"},
        {{.hour = "  "}, R"(hour: "  " is empty; leave it out or give a value (column 1))"},
        {{.hour = "1,"}, R"(hour: "1," has an empty list item (column 3))"},
        {{.hour = "1, ,2"}, R"(hour: "1, ,2" has an empty list item (column 3))"},
        {{.hour = "1 2"}, R"(hour: "1 2" is not understood; expected 0-23, )" + forms + " (column 1)"},
        {{.hour = "1 - 2"}, R"(hour: "1 - 2" is not understood; expected 0-23, )" + forms + " (column 1)"},
        {{.hour = "-1"}, R"(hour: "-1" is not understood; expected 0-23, )" + forms + " (column 1)"},
        {{.hour = "8.5"}, R"(hour: "8.5" is not understood; expected 0-23, )" + forms + " (column 1)"},
        {{.hour = "H"}, R"(hour: "H" is not understood; expected 0-23, )" + forms + " (column 1)"},
        {{.hour = "?"}, R"(hour: "?" is not understood; expected 0-23, )" + forms + " (column 1)"},
        {{.hour = "last"}, R"(hour: "last" is not understood; expected 0-23, )" + forms + " (column 1)"},
        {{.minute = "1st fri"}, R"(minute: "1st fri" is not understood; expected 0-59, )" + forms + " (column 1)"},
        {{.hour = "é"}, R"(hour: "é" is not understood; expected 0-23, )" + forms + " (column 1)"},
        {{.day = "L"}, R"(day: "L" is not understood; )" + days + " (column 1)"},
        {{.day = "15W"}, R"(day: "15W" is not understood; )" + days + " (column 1)"},
        {{.day = "2st fri"}, R"(day: "2st fri" is not understood; )" + days + " (column 1)"},
        {{.day = "6th fri"}, R"(day: "6th fri" is not understood; )" + days + " (column 1)"},
        {{.day = "1stfri"}, R"(day: "1stfri" is not understood; )" + days + " (column 1)"},
        {{.day = "last/2"}, R"(day: "last/2" is not understood; )" + days + " (column 1)"},
        {{.day = "1st"}, R"(day: "1st" names no weekday; write it like "2nd fri" (column 1))"},
        {{.day = "5, 1st foo"}, R"(day: "foo" is not a weekday in mon-sun (column 8))"},
        {{.day = "last 4"}, R"(day: "4" is not a weekday in mon-sun (column 6))"},
        {{.day = "last fri sat"}, R"(day: "fri sat" is not a weekday in mon-sun (column 6))"},
        {{.day_of_week = "mon#1"},
         R"(day_of_week: "mon#1" is not understood; expected 0-6 (0 is Monday) or mon-sun, )" + forms + " (column 1)"},
        {{.day_of_week = "friL"},
         R"(day_of_week: "friL" is not in 0-6 (0 is Monday) or mon-sun; write "fri" (column 1))"},
        // the first fault, in the order of the fields
        {{.month = "x", .hour = "25"}, R"(month: "x" is not in 1-12 or jan-dec (column 1))"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.message);
        CHECK(refusal(c.given) == c.message);
    }
}

TEST_CASE("texts are bounded") {
    const std::string longest = "5" + std::string(kMaxCronCharacters - 1, ' ');
    CHECK(refusal({.hour = longest}) == "");
    CHECK(refusal({.hour = longest + " "}).ends_with("is longer than 1000 characters (column 1001)"));
    CHECK(refusal({.hour = longest + " "}).starts_with("hour: \"5 "));
}
