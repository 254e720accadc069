#include "core/triggers/cron/parser.hpp"

#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/triggers/cron/reader.hpp"
#include "tests/core/triggers/cron_sets.hpp"

using namespace uvsched;

namespace {

CronFields fields_of(const std::string& text) { return parse_cron(text).fields; }

}  // namespace

TEST_CASE("every form of an item, in every field") {
    const struct {
        const char* text;
        const char* minutes;
    } minutes[] = {
        {"*", "0-59"},
        {"0", "0"},
        {"59", "59"},
        {"0,15,30,45", "0,15,30,45"},
        {"5,5,5", "5"},
        {"30,10", "10,30"},
        {"10-20", "10-20"},
        {"7-7", "7"},
        {"0-59", "0-59"},
        {"*/15", "0,15,30,45"},
        {"*/1", "0-59"},
        {"*/7", "0,7,14,21,28,35,42,49,56"},
        {"5-59/15", "5,20,35,50"},
        {"10-20/3", "10,13,16,19"},
        {"0-0/5", "0"},
        {"*/60", "0"},
        {"*/9999", "0"},
        {"50-59/100", "50"},
        {"1-3,10-12,*/30", "0-3,10-12,30"},
        {"007", "7"},
        {"0000,0059", "0,59"},
        {"00-0010/005", "0,5,10"},
    };
    for (const auto& c : minutes) {
        CAPTURE(c.text);
        CHECK(list_of(fields_of(std::string(c.text) + " * * * *").minutes) == c.minutes);
        CHECK(list_of(fields_of(std::string(c.text) + " * * * * *").seconds) == c.minutes);
    }
    CHECK(list_of(fields_of("* * * * *").hours) == "0-23");
    CHECK(list_of(fields_of("* 9-17/4,23 * * *").hours) == "9,13,17,23");
    CHECK(list_of(fields_of("* * * * *").months) == "1-12");
    CHECK(list_of(fields_of("* * * */5 *").months) == "1,6,11");
}

TEST_CASE("months and weekdays by name, in any case, in ranges and with steps") {
    const struct {
        const char* text;
        const char* months;
    } months[] = {
        {"JAN", "1"},       {"jan,Feb,mAR", "1-3"}, {"JAN-MAR,DEC", "1-3,12"}, {"APR-JUN", "4-6"},
        {"JUL-12", "7-12"}, {"2-AUG/2", "2,4,6,8"}, {"SEP-DEC/2", "9,11"},     {"OCT,NOV", "10,11"},
        {"MAY-MAY", "5"},   {"jan-dec", "1-12"},
    };
    for (const auto& c : months) {
        CAPTURE(c.text);
        CHECK(list_of(fields_of("0 0 1 " + std::string(c.text) + " *").months) == c.months);
    }
    const struct {
        const char* text;
        const char* days;
    } days[] = {
        {"0", "0"},         {"7", "0"},         {"SUN", "0"},         {"sun", "0"},           {"0,7", "0"},
        {"MON", "1"},       {"sat", "6"},       {"MON-FRI", "1-5"},   {"mon-fri/2", "1,3,5"}, {"FRI-SUN", "0,5,6"},
        {"5-7", "0,5,6"},   {"5-sun", "0,5,6"}, {"7-7", "0"},         {"SUN-SAT", "0-6"},     {"SUN-SUN", "0"},
        {"0-7", "0-6"},     {"0-6", "0-6"},     {"MON-SUN", "0-6"},   {"SUN-TUE", "0-2"},     {"SUN,TUE-THU", "0,2-4"},
        {"*/2", "0,2,4,6"}, {"*/7", "0"},       {"1-7/2", "0,1,3,5"}, {"0-7/7", "0"},         {"0-SUN", "0"},
    };
    for (const auto& c : days) {
        CAPTURE(c.text);
        CHECK(list_of(fields_of("0 0 * * " + std::string(c.text)).day_of_week) == c.days);
    }
}

TEST_CASE("the specials of day-of-month") {
    const struct {
        const char* text;
        const char* days;
    } cases[] = {
        {"*", "*"},
        {"?", "*"},
        {"L", "end:0"},
        {"L-1", "end:1"},
        {"L-30", "end:30"},
        {"L-03", "end:3"},
        {"LW", "lw"},
        {"15W", "near:15"},
        {"1W", "near:1"},
        {"31W", "near:31"},
        {"1W,L,15", "15 end:0 near:1"},
        {"L,L-1,L-2", "end:0-2"},
        {"LW,1-3,20W,30W", "1-3 near:20,30 lw"},
        {"*,L", "1-31 end:0"},
        {"1-31", "1-31"},
        {"*/1", "1-31"},
        {"*/10", "1,11,21,31"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(list_of(fields_of("0 0 " + std::string(c.text) + " * *").day_of_month) == c.days);
    }
}

TEST_CASE("the specials of day-of-week") {
    const struct {
        const char* text;
        const char* days;
    } cases[] = {
        {"*", "*"},
        {"?", "*"},
        {"5L", "nth:5:0"},
        {"5#L", "nth:5:0"},
        {"FRIL", "nth:5:0"},
        {"friL", "nth:5:0"},
        {"FRI#L", "nth:5:0"},
        {"SUNL", "nth:0:0"},
        {"7L", "nth:0:0"},
        {"0L", "nth:0:0"},
        {"5#2", "nth:5:2"},
        {"7#5", "nth:0:5"},
        {"MON#1", "nth:1:1"},
        {"mon#01", "nth:1:1"},
        {"MON#1,FRI#L", "nth:1:1,5:0"},
        {"MON#1,MON#3,2", "2 nth:1:1,1:3"},
        {"*,5L", "0-6 nth:5:0"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        CHECK(list_of(fields_of("0 0 * * " + std::string(c.text)).day_of_week) == c.days);
    }
    CHECK(fields_of("0 0 * * 5L") == fields_of("0 0 * * FRI#L"));
}

TEST_CASE("5 fields start with the minute, 6 with the second, 7 end with the year") {
    const CronFields five = fields_of("1 2 3 4 5");
    CHECK(list_of(five.seconds) == "0");
    CHECK(list_of(five.minutes) == "1");
    CHECK(list_of(five.hours) == "2");
    CHECK(list_of(five.day_of_month) == "3");
    CHECK(list_of(five.months) == "4");
    CHECK(list_of(five.day_of_week) == "5");
    CHECK(list_of(five.years) == "0-229");
    CHECK(five.weeks == CronFields{}.weeks);
    CHECK(five == fields_of("0 1 2 3 4 5"));
    CHECK(five == fields_of("0 1 2 3 4 5 *"));
    CHECK(five == fields_of("0 1 2 3 4 5 1970-2199"));
    CHECK(list_of(fields_of("6 1 2 3 4 5").seconds) == "6");
    CHECK(list_of(fields_of("0 1 2 3 4 5 1970").years) == "0");
    CHECK(list_of(fields_of("0 1 2 3 4 5 2199").years) == "229");
    CHECK(list_of(fields_of("0 1 2 3 4 5 2024-2026,2030").years) == "54-56,60");
    CHECK(list_of(fields_of("0 1 2 3 4 5 */100").years) == "0,100,200");
    CHECK(list_of(fields_of("0 1 2 3 4 5 2033-2034,2097-2162").years) == "63,64,127-192");
    CHECK(fields_of("0 0 12 ? * 1-5") == fields_of("0 12 * * MON-FRI"));
}

TEST_CASE("restricted days are either, and both with +") {
    const struct {
        const char* text;
        bool any_of_month;
        bool any_of_week;
        CronDays days;
    } cases[] = {
        {"0 0 13 * fri", false, false, CronDays::either},  {"0 0 13 * +fri", false, false, CronDays::both},
        {"0 0 * * fri", true, false, CronDays::either},    {"0 0 ? * fri", true, false, CronDays::either},
        {"0 0 13 * *", false, true, CronDays::either},     {"0 0 13 * ?", false, true, CronDays::either},
        {"0 0 13 * +*", false, true, CronDays::both},      {"0 0 13 * +?", false, true, CronDays::both},
        {"0 0 */1 * MON", false, false, CronDays::either}, {"0 0 1-31 * MON", false, false, CronDays::either},
        {"0 0 *,5 * MON", false, false, CronDays::either}, {"0 0 1 * */1", false, false, CronDays::either},
        {"0 0 1 * 0-6", false, false, CronDays::either},   {"0 0 1 * +1#1,5L", false, false, CronDays::both},
        {"0 0 H * H", false, false, CronDays::either},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        const CronFields fields = fields_of(c.text);
        CHECK(fields.day_of_month.any == c.any_of_month);
        CHECK(fields.day_of_week.any == c.any_of_week);
        CHECK(fields.days == c.days);
    }
}

TEST_CASE("wild is what starts with * in second, minute or hour") {
    for (const char* text : {"* * * * *", "*/5 2 * * *", "30 */2 * * *", "5 * * * *", "*/1 2 * * *", "*,5 2 * * *",
                             "* 5 2 * * *", "*/7 5 2 * * *", "0 *,1 2 * * *", "*/15 H * * *"}) {
        CAPTURE(text);
        CHECK(fields_of(text).wild);
    }
    for (const char* text : {"30 2 * * *", "0-59 2 * * *", "0-59 0-23 * * *", "5,* 2 * * *", "H/15 H * * *",
                             "H H(2-4) */2 */2 */2", "0-59 30 2 * * *", "5,* 5 2 * * *", "30 2 * * * "}) {
        CAPTURE(text);
        CHECK_FALSE(fields_of(text).wild);
    }
}

TEST_CASE("impossible dates are rules, too") {
    for (const char* text : {"0 0 30 2 *", "0 0 31 4 *", "* * 31 2 *", "0 0 0 30 2 ? 2025", "0 0 31W 2 *"}) {
        CHECK_NOTHROW(static_cast<void>(parse_cron(text)));
    }
}

TEST_CASE("canonical text: nicknames expanded, single spaces, capitals, no leading zeros, nothing more") {
    const struct {
        const char* text;
        const char* canonical;
    } cases[] = {
        {"* * * * *", "* * * * *"},
        {"  0\t\t5  * *   * ", "0 5 * * *"},
        {"00 05 1-07 jan-dec/02 mon#01", "0 5 1-7 JAN-DEC/2 MON#1"},
        {"0-59 0000-0023 * * *", "0-59 0-23 * * *"},
        {"0 10,20,00 L-03,010W * sunL", "0 10,20,0 L-3,10W * SUNL"},
        {"0 0 ? * ?", "0 0 ? * ?"},
        {"0 0 1 * +fri,5#L", "0 0 1 * +FRI,5#L"},
        {"H H(01-05)/03 * * H", "H H(1-5)/3 * * H"},
        {"0 0 0 1 1 * 2024", "0 0 0 1 1 * 2024"},
        {"@yearly", "0 0 1 1 *"},
        {"@annually", "0 0 1 1 *"},
        {"@monthly", "0 0 1 * *"},
        {"@weekly", "0 0 * * 0"},
        {"@daily", "0 0 * * *"},
        {"@midnight", "0 0 * * *"},
        {" @hourly\t", "0 * * * *"},
        {"@hourly\r\n", "0 * * * *"},
        {"0 0 * * *\n", "0 0 * * *"},
        {"0 0 * * * \r\n", "0 0 * * *"},
        {"@reboot", "@REBOOT"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        const CronRule rule = parse_cron(c.text);
        CHECK(rule.text == c.canonical);
        if (rule.reboot) continue;
        CHECK(parse_cron(rule.text).fields == rule.fields);
        CHECK(parse_cron(rule.text).text == rule.text);
    }
    CHECK(parse_cron("@daily").fields == fields_of("0 0 * * *"));
    CHECK(parse_cron("@reboot").reboot);
    CHECK_FALSE(parse_cron("@daily").reboot);
}

// What a message says to write instead of what it quotes first is correct there.
void check_suggestion(std::string text, const std::string& message) {
    const std::string begin = "write \"";
    const std::size_t at = message.find(begin);
    if (at == std::string::npos) return;
    const std::size_t from = at + begin.size();
    const std::size_t piece = message.find('"') + 1;
    const std::string fault = message.substr(piece, message.find('"', piece) - piece);
    REQUIRE(text.find(fault) != std::string::npos);
    text.replace(text.find(fault), fault.size(), message.substr(from, message.find('"', from) - from));
    CAPTURE(text);
    CHECK_NOTHROW(static_cast<void>(parse_cron(text)));
}

TEST_CASE("each fault is named with its field, its text, what was expected, and its column") {
    const std::string range = "is a range that ends before it starts; write ";
    const std::string fields =
        "; expected 5 (minute hour day-of-month month day-of-week), 6 (second first) or 7 (year last)";
    const std::string numbers = "a-b, *, */n, a-b/n or H";
    const std::string days = "expected 1-31, a-b, *, */n, a-b/n, L, L-n, LW, nW or H";
    const std::string weekdays = "expected 0-7 or SUN-SAT, a-b, *, */n, a-b/n, d#n, d#L, dL or H";
    const std::string capital = "is not understood: L, W and H are capital letters";
    const std::string step = "; a step follows a range, as in a-b/n, and is 1 or more";
    const std::string unseen = ", which is invisible; separate fields by spaces or tabs";
    const std::string random = "; H stands for a value that differs from task to task, H(a-b) for one of a-b";
    const std::string zone = "is not part of a cron string; give the zone beside it, as its timezone";
    const std::string year_last = ", so the first one is the second; if the last one is a year, put a 0 in front";
    const struct {
        std::string text;
        std::string message;
    } cases[] = {
        // out of range
        {"61 * * * *", R"(minute: "61" is not in 0-59 (column 1))"},
        {"60 0 * * *", R"(minute: "60" is not in 0-59 (column 1))"},
        {"  61 * * * *", R"(minute: "61" is not in 0-59 (column 3))"},
        {"\t5,61 * * * *", R"(minute: "61" is not in 0-59 (column 4))"},
        {"60 * * * * *", R"(second: "60" is not in 0-59 (column 1))"},
        {"0 24 * * *", R"(hour: "24" is not in 0-23 (column 3))"},
        {"0 0-24 * * *", R"(hour: "24" is not in 0-23 (column 5))"},
        {"0 0 0 * *", R"(day-of-month: "0" is not in 1-31 (column 5))"},
        {"0 0 32 * *", R"(day-of-month: "32" is not in 1-31 (column 5))"},
        {"0 0 32W * *", R"(day-of-month: "32" is not in 1-31 (column 5))"},
        {"0 0 0W * *", R"(day-of-month: "0" is not in 1-31 (column 5))"},
        {"0 0 * 0 *", R"(month: "0" is not in 1-12 or JAN-DEC (column 7))"},
        {"0 0 * 13 *", R"(month: "13" is not in 1-12 or JAN-DEC (column 7))"},
        {"0 0 * foo *", R"(month: "foo" is not in 1-12 or JAN-DEC (column 7))"},
        {"0 0 * JANUARY *", R"(month: "JANUARY" is not in 1-12 or JAN-DEC; write "JAN" (column 7))"},
        {"0 0 * januar *", R"(month: "januar" is not in 1-12 or JAN-DEC; write "jan" (column 7))"},
        {"0 0 * * 8", R"(day-of-week: "8" is not in 0-7 or SUN-SAT (column 9))"},
        {"0 0 * * MON-FOO", R"(day-of-week: "FOO" is not in 0-7 or SUN-SAT (column 13))"},
        {"0 0 * * MONDAY", R"(day-of-week: "MONDAY" is not in 0-7 or SUN-SAT; write "MON" (column 9))"},
        {"0 0 * * MON-FRIDAY", R"(day-of-week: "FRIDAY" is not in 0-7 or SUN-SAT; write "FRI" (column 13))"},
        {"0 0 * * MO", R"(day-of-week: "MO" is not in 0-7 or SUN-SAT (column 9))"},
        {"0 0 0 1 1 * 1969", R"(year: "1969" is not in 1970-2199 (column 13))"},
        {"0 0 0 1 1 * 2200", R"(year: "2200" is not in 1970-2199 (column 13))"},
        {"0 0 L-0 * *", R"(day-of-month: "L-0" is not in L-1 to L-30 (column 5))"},
        {"0 0 L-31 * *", R"(day-of-month: "L-31" is not in L-1 to L-30 (column 5))"},
        {"0 0 * * 1#6", R"(day-of-week: "6" is not in 1-5 or L (column 11))"},
        {"0 0 * * 1#0", R"(day-of-week: "0" is not in 1-5 or L (column 11))"},
        {"0 0 * * MON,8#1", R"(day-of-week: "8" is not in 0-7 or SUN-SAT (column 13))"},
        {"00005 * * * *", R"(minute: "00005" has more than 4 digits (column 1))"},
        {"0 1-99999999999999999999 * * *", R"(hour: "99999999999999999999" has more than 4 digits (column 5))"},
        {"*/00015 * * * *", R"(minute: "00015" has more than 4 digits (column 3))"},
        // steps
        {"0/15 * * * *", R"(minute: "0/15" has a step on a single value; write "0-59/15" (column 1))"},
        {"0 0 1,5/10 * *", R"(day-of-month: "5/10" has a step on a single value; write "5-31/10" (column 7))"},
        {"0 0 * JAN/2 *", R"(month: "JAN/2" has a step on a single value; write "JAN-12/2" (column 7))"},
        {"0 0 * * MON/2", R"(day-of-week: "MON/2" has a step on a single value; write "MON-7/2" (column 9))"},
        {"0 0 0 1 1 * 2024/2", R"(year: "2024/2" has a step on a single value; write "2024-2199/2" (column 13))"},
        {"/30 * * * *", R"(minute: "/30" has no range before its step; write "*/30" (column 1))"},
        {"0 0 /30 * *", R"(day-of-month: "/30" has no range before its step; write "*/30" (column 5))"},
        {"/\xF5 * * * *", R"(minute: "/\xf5" has no range before its step)" + step + " (column 1)"},
        {"/0 * * * *", R"(minute: "/0" has no range before its step)" + step + " (column 1)"},
        {"5/é\x01 * * * *", R"(minute: "5/é\x01" has a step on a single value)" + step + " (column 1)"},
        {"1/2/3 * * * *", R"(minute: "1/2/3" has a step on a single value)" + step + " (column 1)"},
        {"1/00 * * * *", R"(minute: "1/00" has a step on a single value)" + step + " (column 1)"},
        {"1/12345 * * * *", R"(minute: "1/12345" has a step on a single value)" + step + " (column 1)"},
        {"0 0 * * SUN/7", R"(day-of-week: "SUN/7" has a step on a single value; write "SUN-7/7" (column 9))"},
        {"*/0 * * * *", R"(minute: "0" is not a step of 1 or more (column 3))"},
        {"1-5/000 * * * *", R"(minute: "000" is not a step of 1 or more (column 5))"},
        {"*/ * * * *", R"(minute: "*/" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"*/x * * * *", R"(minute: "*/x" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"*/2/2 * * * *", R"(minute: "*/2/2" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"0 0 L/2 * *", R"(day-of-month: "L/2" is not understood; )" + days + " (column 5)"},
        {"0 0 * * 5L/2", R"(day-of-week: "5L/2" is not understood; )" + weekdays + " (column 9)"},
        {"0 0 * * 5#1/2", R"(day-of-week: "5#1/2" is not understood; )" + weekdays + " (column 9)"},
        // ranges
        {"0 22-2 * * *", R"(hour: "22-2" )" + range + R"("22-23,0-2" (column 3))"},
        {"0 23-0 * * *", R"(hour: "23-0" )" + range + R"("23,0" (column 3))"},
        {"0 0 10-5 * *", R"(day-of-month: "10-5" )" + range + R"("10-31,1-5" (column 5))"},
        {"0 0 * DEC-FEB *", R"(month: "DEC-FEB" )" + range + R"("DEC,1-FEB" (column 7))"},
        {"0 0 * * SAT-MON", R"(day-of-week: "SAT-MON" )" + range + R"("SAT,0-MON" (column 9))"},
        {"0 0 * * FRI-1/2", R"(day-of-week: "FRI-1" )" + range + R"("FRI-6,0-1" (column 9))"},
        {"0 0 * * 5-0", R"(day-of-week: "5-0" )" + range + R"("5-6,0" (column 9))"},
        {"0 0 * * 7-2", R"(day-of-week: "7-2" )" + range + R"("0-2" (column 9))"},
        {"0 0 * * 7-0", R"(day-of-week: "7-0" )" + range + R"("0" (column 9))"},
        {"0 0 0 1 1 * 2024-2023", R"(year: "2024-2023" )" + range + R"("2023-2024" (column 13))"},
        {"5- * * * *", R"(minute: "5-" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"-5 * * * *", R"(minute: "-5" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"1-5-9 * * * *", R"(minute: "1-5-9" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"*-5 * * * *", R"(minute: "*-5" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"0 0 1-15W * *", R"(day-of-month: "1-15W" is not a day: W follows one day's number or L (column 5))"},
        {"0 0 *W * *", R"(day-of-month: "*W" is not a day: W follows one day's number or L (column 5))"},
        {"0 0 L-3W * *", R"(day-of-month: "L-3W" is not a day: W follows one day's number or L (column 5))"},
        {"0 0 15W-20 * *", R"(day-of-month: "15W-20" is not understood; )" + days + " (column 5)"},
        {"0 0 * * 1#1-3", R"(day-of-week: "1#1-3" is not understood; )" + weekdays + " (column 9)"},
        {"0 0 * * 1-5#1", R"(day-of-week: "1-5#1" is not understood; )" + weekdays + " (column 9)"},
        {"0 0 * * 1-5L", R"(day-of-week: "1-5L" is not understood; )" + weekdays + " (column 9)"},
        // lists
        {"1, * * * *", R"(minute: "1," has an empty list item (column 3))"},
        {",1 * * * *", R"(minute: ",1" has an empty list item (column 1))"},
        {"1,,2 * * * *", R"(minute: "1,,2" has an empty list item (column 3))"},
        {"0 , * * *", R"(hour: "," has an empty list item (column 3))"},
        {"0 0 L, * *", R"(day-of-month: "L," has an empty list item (column 7))"},
        {"0 0 * * +", R"(day-of-week: "+" has an empty list item (column 10))"},
        // letters in their place and case
        {"0 0 l * *", R"(day-of-month: "l" )" + capital + " (column 5)"},
        {"0 0 15w * *", R"(day-of-month: "15w" )" + capital + " (column 5)"},
        {"0 0 lW * *", R"(day-of-month: "lW" )" + capital + " (column 5)"},
        {"0 0 * * 5l", R"(day-of-week: "5l" )" + capital + " (column 9)"},
        {"0 0 * * fril", R"(day-of-week: "fril" )" + capital + " (column 9)"},
        {"0 0 * * fri#l", R"(day-of-week: "fri#l" )" + capital + " (column 9)"},
        {"0 0 * * h", R"(day-of-week: "h" )" + capital + " (column 9)"},
        {"0 0 * h *", R"(month: "h" )" + capital + " (column 7)"},
        {"h * * * *", R"(minute: "h" )" + capital + " (column 1)"},
        {"0 0 * * L", R"(day-of-week: "L" names no weekday; write "5L" or "FRI#L" for the last Friday (column 9))"},
        {"0 0 * * 1,L", R"(day-of-week: "L" names no weekday; write "5L" or "FRI#L" for the last Friday (column 11))"},
        {"L * * * *", R"(minute: "L" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"0 0 W * *", R"(day-of-month: "W" is not understood; )" + days + " (column 5)"},
        {"0 0 WL * *", R"(day-of-month: "WL" is not understood; )" + days + " (column 5)"},
        {"0 0 LW2 * *", R"(day-of-month: "LW2" is not understood; )" + days + " (column 5)"},
        {"0 0 * * LW", R"(day-of-week: "LW" is not in 0-7 or SUN-SAT (column 9))"},
        {"0 0 * * #2", R"(day-of-week: "#2" is not understood; )" + weekdays + " (column 9)"},
        {"0 0 * * 5#", R"(day-of-week: "5#" is not understood; )" + weekdays + " (column 9)"},
        {"0 0 1#2 * *", R"(day-of-month: "1#2" is not understood; )" + days + " (column 5)"},
        {"0 0 MON * *", R"(day-of-month: "MON" is not understood; )" + days + " (column 5)"},
        {"0 0 * JANL *", R"(month: "JANL" is not in 1-12 or JAN-DEC; write "JAN" (column 7))"},
        {"? 12 * * *", R"(minute: "?" is only for day-of-month and day-of-week (column 1))"},
        {"0 0 * ? *", R"(month: "?" is only for day-of-month and day-of-week (column 7))"},
        {"0 0 1,? * *", R"(day-of-month: "?" stands alone in its field (column 7))"},
        {"0 0 ?/2 * *", R"(day-of-month: "?" stands alone in its field (column 5))"},
        {"0 0 * * ?,1", R"(day-of-week: "?" stands alone in its field (column 9))"},
        {"0 0 5? * *", R"(day-of-month: "5?" is not understood; )" + days + " (column 5)"},
        {"0 12 +1 * MON", R"(day-of-month: "+" is only for the start of day-of-week (column 6))"},
        {"+0 0 * * *", R"(minute: "+" is only for the start of day-of-week (column 1))"},
        {"0 0 1 * ++MON", R"(day-of-week: "+" is only for the start of day-of-week (column 10))"},
        {"0 0 1 * MON,+TUE", R"(day-of-week: "+" is only for the start of day-of-week (column 13))"},
        {"0 0 1 * MON+", R"(day-of-week: "MON+" is not understood; )" + weekdays + " (column 9)"},
        // H
        {"0 0 0 1 1 * H", R"(year: "H" is not for a year (column 13))"},
        {"H(5-2) * * * *", R"(minute: "5-2" )" + range + R"("2-5" (column 3))"},
        {"H(0-60) * * * *", R"(minute: "60" is not in 0-59 (column 5))"},
        {"0 0 H(0-5) * *", R"(day-of-month: "0" is not in 1-31 (column 7))"},
        {"H(5) * * * *", R"x(minute: "H(5)" is not understood; expected 0-59, )x" + numbers + " (column 1)"},
        {"H(1-5 * * * *", R"(minute: "H(1-5" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"H() * * * *", R"x(minute: "H()" is not understood; expected 0-59, )x" + numbers + " (column 1)"},
        {"H/0 * * * *", R"(minute: "0" is not a step of 1 or more (column 3))"},
        {"H-5 * * * *", R"(minute: "H-5" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"5H * * * *", R"(minute: "5H" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"0 0 HW * *", R"(day-of-month: "HW" is not a day: W follows one day's number or L (column 5))"},
        {"0 0 * * H#2", R"(day-of-week: "H#2" is not understood; )" + weekdays + " (column 9)"},
        // characters
        {"a * * * *", R"(minute: "a" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"1.5 * * * *", R"(minute: "1.5" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"0 0 * *\n*", R"(expression: "0 0 * *\x0a*" has 4 fields)" + fields + " (column 10)"},
        {"0\n 0 * * *", R"(minute: "0\x0a" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"0\u00A00 * * *", R"(expression: "0<U+00A0>0 * * *" has U+00A0)" + unseen + " (column 2)"},
        {"\uFEFF0 0 * * *", R"(expression: "<U+FEFF>0 0 * * *" has U+FEFF)" + unseen + " (column 1)"},
        {"0 0 *\u2003* *\u200B", R"(expression: "0 0 *<U+2003>* *<U+200B>" has U+2003)" + unseen + " (column 6)"},
        {"0 ~ * * *", R"(hour: "~" is not understood)" + random + " (column 3)"},
        {"0~59 0 * * *", R"(minute: "0~59" is not understood)" + random + " (column 1)"},
        {"0 0 0 1 1 * 2024~",
         R"(year: "2024~" is not understood; expected 1970-2199, a-b, *, */n or a-b/n (column 13))"},
        {"٣ * * * *", R"(minute: "٣" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {"5,é61 61 * * *", R"(minute: "é61" is not understood; expected 0-59, )" + numbers + " (column 3)"},
        {"0 0 * * *é", R"(day-of-week: "*é" is not understood; )" + weekdays + " (column 9)"},
        {"\xFF * * * *", R"(minute: "\xff" is not understood; expected 0-59, )" + numbers + " (column 1)"},
        {std::string("0 0 * * *\0", 10), R"(day-of-week: "*\x00" is not understood; )" + weekdays + " (column 9)"},
        // the whole
        {"", R"(expression: "" is empty)" + fields + " (column 1)"},
        {"  \t", R"(expression: "  \x09" is empty)" + fields + " (column 1)"},
        {"5", R"(expression: "5" has 1 field)" + fields + " (column 2)"},
        {" * * * * ", R"(expression: "* * * *" has 4 fields)" + fields + " (column 9)"},
        {"0 0 0 1 1 * 2024 /bin/true",
         R"(expression: "0 0 0 1 1 * 2024 /bin/true" has 8 fields)" + fields + " (column 18)"},
        {"TZ=Europe/Madrid 0 9 * * *", R"(expression: "TZ=Europe/Madrid" )" + zone + " (column 1)"},
        {" CRON_TZ=UTC 0 0 9 * * *", R"(expression: "CRON_TZ=UTC" )" + zone + " (column 2)"},
        {"0 10 ? * MON *", R"(expression: "0 10 ? * MON *" has 6 fields)" + year_last + " (column 6)"},
        {"0 10 * * ? *", R"(expression: "0 10 * * ? *" has 6 fields)" + year_last + " (column 10)"},
        {"0 10 1 1 * 2024-2026", R"(expression: "0 10 1 1 * 2024-2026" has 6 fields)" + year_last + " (column 12)"},
        {"@Daily", R"(expression: "@Daily" is not a nickname; write "@daily" (column 1))"},
        {"@REBOOT", R"(expression: "@REBOOT" is not a nickname; write "@reboot" (column 1))"},
        {" @every 5m",
         R"(expression: "@every 5m" is not a nickname; for a fixed period use an interval trigger (column 2))"},
        {"@every_minute",
         R"(expression: "@every_minute" is not a nickname; for a fixed period use an interval trigger (column 1))"},
        {"@120", R"(expression: "@120" is not a nickname; for a fixed period use an interval trigger (column 1))"},
        {"@often",
         R"(expression: "@often" is not a nickname; known are @yearly, @annually, @monthly, @weekly, @daily, )"
         R"(@midnight, @hourly, @reboot (column 1))"},
        {"@daily 0 0 * * *",
         R"(expression: "@daily 0 0 * * *" has more than the nickname; a nickname stands alone (column 1))"},
        {"@", R"(expression: "@" is not a nickname; known are @yearly, @annually, @monthly, @weekly, @daily, )"
              R"(@midnight, @hourly, @reboot (column 1))"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.text);
        try {
            static_cast<void>(parse_cron(c.text));
            FAIL_CHECK("no error, but: ", c.message);
        } catch (const Error& error) {
            CHECK(error.code() == Code::invalid);
            CHECK(error.message() == c.message);
            check_suggestion(c.text, error.message());
        }
    }
}

TEST_CASE("columns count characters, not bytes") {
    // Each é is two bytes, the é that is cut short one character by itself.
    for (const auto& [text, column] : {std::pair{"0 0 é * 8", "(column 5)"},
                                       {"1,é,9 0 * * *", "(column 3)"},
                                       {"0 é\xC3 * * *", "(column 3)"},
                                       {"é é é é * * * *", "(column 15)"}}) {
        CAPTURE(text);
        try {
            static_cast<void>(parse_cron(text));
            FAIL_CHECK("no error");
        } catch (const Error& error) {
            CHECK(error.message().ends_with(column));
        }
    }
}

TEST_CASE("texts are bounded") {
    std::string list = "0";
    while (list.size() + 10 < kMaxCronCharacters) list += ",0";
    const std::string longest = list + std::string(kMaxCronCharacters - list.size() - 8, ' ') + " * * * *";
    REQUIRE(longest.size() == kMaxCronCharacters);
    CHECK(list_of(fields_of(longest).minutes) == "0");
    try {
        static_cast<void>(parse_cron(longest + " "));
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.message().starts_with("expression: \"0,0,0,"));
        CHECK(error.message().ends_with("…\" is longer than 1000 characters (column 1001)"));
    }
    // 1000 characters of two bytes are not too long; they are wrong.
    std::string accents;
    for (std::size_t i = 0; i < kMaxCronCharacters; ++i) accents += "é";
    try {
        static_cast<void>(parse_cron(accents));
        FAIL("no error");
    } catch (const Error& error) {
        CHECK(error.message().find("has 1 field;") != std::string::npos);
    }
}
