// Random rules, written down together with what they mean.
#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "core/base/error.hpp"
#include "core/triggers/cron.hpp"
#include "core/triggers/cron/keywords.hpp"
#include "core/triggers/cron/parser.hpp"
#include "tests/core/time/seed.hpp"
#include "tests/core/triggers/cron_sets.hpp"

using namespace uvsched;

namespace {

struct Field {
    int least;
    int most;
    std::vector<std::string> names{};  // from the least value on
    int fold = 0;                      // values count modulo this
};

const Field kMinutes{.least = 0, .most = 59};
const Field kHours{.least = 0, .most = 23};
const Field kDays{.least = 1, .most = 31};
const Field kWeeks{.least = 1, .most = 53};
const Field kYears{.least = 1970, .most = 2199};
const Field kMonths{.least = 1,
                    .most = 12,
                    .names = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}};
const Field kSundayFirst{.least = 0, .most = 7, .names = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}, .fold = 7};
const Field kMondayFirst{.least = 0, .most = 6, .names = {"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"}};

enum class Spelling : std::uint8_t { string, keyword };

// A list under construction: as it is given, in canonical form, and the values it names.
struct List {
    std::string given;
    std::string canonical;
    std::set<int> values;

    void write(const std::string& text) {
        given += text;
        canonical += text;
    }
};

int pick(Seeded& random, int least, int most) { return static_cast<int>(random.between(least, most)); }

void write_number(Seeded& random, List& list, int value) {
    const std::string plain = std::to_string(value);
    list.given += std::string(static_cast<std::size_t>(pick(random, 0, 4 - static_cast<int>(plain.size()))), '0');
    list.write(plain);
}

// `ends`: of a range that does not begin with Sunday; there the name of Sunday is 7.
void write_value(Seeded& random, List& list, const Field& field, int value, bool ends) {
    std::size_t name = static_cast<std::size_t>(value - field.least);
    if (field.fold != 0 && value == field.fold && ends) name = 0;
    const bool named = name < field.names.size() && !(field.fold != 0 && value == 0 && ends);
    if (!named || pick(random, 0, 1) == 0) return write_number(random, list, value);
    for (const char c : field.names[name]) {
        list.given += pick(random, 0, 1) == 0 ? c : static_cast<char>(c + 32);
        list.canonical += c;
    }
}

void write_item(Seeded& random, List& list, const Field& field, Spelling spelling) {
    int first = pick(random, field.least, field.most);
    int last = pick(random, first, field.most);
    bool may_step = true;
    bool must_step = false;
    switch (pick(random, 0, spelling == Spelling::keyword ? 3 : 2)) {
        case 0:
            first = field.least;
            last = field.most;
            list.write("*");
            break;
        case 1:
            last = first;
            may_step = false;
            write_value(random, list, field, first, false);
            break;
        case 2:
            write_value(random, list, field, first, false);
            list.write("-");
            write_value(random, list, field, last, first != 0);
            break;
        default:  // a/n, which runs to the end
            first = pick(random, field.least, field.most - 1);
            last = field.most;
            must_step = true;
            write_value(random, list, field, first, false);
    }
    int step = 1;
    const int most = spelling == Spelling::keyword ? last - first : 9999;
    if (may_step && most > 0 && (must_step || pick(random, 0, 1) == 0)) {
        step = pick(random, 1, pick(random, 0, 3) == 0 ? most : std::min(most, 10));
        list.write("/");
        write_number(random, list, step);
    }
    for (int value = first; value <= last; value += step) {
        list.values.insert(field.fold != 0 ? value % field.fold : value);
    }
}

List random_list(Seeded& random, const Field& field, Spelling spelling) {
    List list;
    for (int items = pick(random, 1, 4); items > 0; --items) {
        write_item(random, list, field, spelling);
        if (items == 1) continue;
        list.write(",");
        if (spelling == Spelling::keyword) list.given += std::string(static_cast<std::size_t>(pick(random, 0, 2)), ' ');
    }
    return list;
}

std::string shown(const std::set<int>& values, int origin = 0) {
    return list_of(0, 255, [&](int value) { return values.contains(value + origin); });
}

std::string blanks(Seeded& random, int least) {
    std::string out;
    for (int i = pick(random, least, 3); i > 0; --i) out += pick(random, 0, 1) == 0 ? ' ' : '\t';
    return out;
}

}  // namespace

TEST_CASE("random cron strings mean what they were made of") {
    Seeded random;
    CAPTURE(random.seed);
    const Field* const fields[] = {&kMinutes, &kMinutes, &kHours, &kDays, &kMonths, &kSundayFirst, &kYears};
    for (int i = 0; i < rounds(20'000); ++i) {
        const int count = pick(random, 5, 7);
        std::array<List, 7> lists;
        std::string given = blanks(random, 0);
        std::string canonical;
        for (std::size_t f = count == 5 ? 1 : 0; f < (count == 7 ? 7 : 6); ++f) {
            lists[f] = random_list(random, *fields[f], Spelling::string);
            if (!canonical.empty()) {
                given += blanks(random, 1);
                canonical += ' ';
            }
            given += lists[f].given;
            canonical += lists[f].canonical;
        }
        given += blanks(random, 0);
        CAPTURE(given);
        const CronRule rule = parse_cron(given);
        REQUIRE(rule.text == canonical);
        REQUIRE(parse_cron(canonical).fields == rule.fields);
        REQUIRE(list_of(rule.fields.seconds) == (count == 5 ? "0" : shown(lists[0].values)));
        REQUIRE(list_of(rule.fields.minutes) == shown(lists[1].values));
        REQUIRE(list_of(rule.fields.hours) == shown(lists[2].values));
        REQUIRE(list_of(rule.fields.day_of_month) == (lists[3].canonical == "*" ? "*" : shown(lists[3].values)));
        REQUIRE(list_of(rule.fields.months) == shown(lists[4].values));
        REQUIRE(list_of(rule.fields.day_of_week) == (lists[5].canonical == "*" ? "*" : shown(lists[5].values)));
        REQUIRE(list_of(rule.fields.years) == (count == 7 ? shown(lists[6].values, 1970) : "0-229"));
        REQUIRE(rule.fields.wild == (lists[0].canonical.starts_with('*') || lists[1].canonical.starts_with('*') ||
                                     lists[2].canonical.starts_with('*')));
    }
}

TEST_CASE("random keyword fields mean what they were made of") {
    Seeded random;
    CAPTURE(random.seed);
    const Field* const fields[] = {&kYears, &kMonths, &kDays, &kWeeks, &kMondayFirst, &kHours, &kMinutes, &kMinutes};
    const char* const least[] = {"*", "1", "1", "*", "*", "0", "0", "0"};
    for (int i = 0; i < rounds(20'000); ++i) {
        CronKeywords given;
        std::optional<std::string>* const texts[] = {&given.year,        &given.month, &given.day,    &given.week,
                                                     &given.day_of_week, &given.hour,  &given.minute, &given.second};
        std::array<List, 8> lists;
        std::size_t finest = 8;
        std::string all;
        for (std::size_t f = 0; f < 8; ++f) {
            if (pick(random, 0, 2) != 0) continue;
            lists[f] = random_list(random, *fields[f], Spelling::keyword);
            *texts[f] = blanks(random, 0) + lists[f].given + blanks(random, 0);
            finest = f;
            all += std::to_string(f) + ": " + **texts[f] + "; ";
        }
        if (finest == 8) continue;
        CAPTURE(all);
        const CronFields read = parse_keywords(given);
        for (std::size_t f = 0; f < 8; ++f) {
            const bool every = *texts[f] ? lists[f].canonical == "*" : f < finest || *least[f] == '*';
            if (every) {
                std::set<int> values;
                for (int value = fields[f]->least; value <= fields[f]->most; ++value) values.insert(value);
                lists[f].values = values;
                lists[f].canonical = "*";
            } else if (!*texts[f]) {
                lists[f].values = {fields[f]->least};
                lists[f].canonical = least[f];
            }
        }
        std::set<int> weekdays;  // from Sunday = 0
        for (const int day : lists[4].values) weekdays.insert((day + 1) % 7);
        REQUIRE(list_of(read.years) == shown(lists[0].values, 1970));
        REQUIRE(list_of(read.months) == shown(lists[1].values));
        REQUIRE(list_of(read.day_of_month) == (lists[2].canonical == "*" ? "*" : shown(lists[2].values)));
        REQUIRE((lists[3].canonical == "*" ? read.weeks == CronFields{}.weeks
                                           : list_of(read.weeks) == shown(lists[3].values)));
        REQUIRE(list_of(read.day_of_week) == (lists[4].canonical == "*" ? "*" : shown(weekdays)));
        REQUIRE(list_of(read.hours) == shown(lists[5].values));
        REQUIRE(list_of(read.minutes) == shown(lists[6].values));
        REQUIRE(list_of(read.seconds) == shown(lists[7].values));
        REQUIRE(read.wild == (lists[5].canonical.starts_with('*') || lists[6].canonical.starts_with('*') ||
                              lists[7].canonical.starts_with('*')));
    }
}
