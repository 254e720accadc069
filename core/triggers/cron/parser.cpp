#include "core/triggers/cron/parser.hpp"

#include <algorithm>
#include <array>

#include "core/base/utf8.hpp"
#include "core/triggers/cron/canonical.hpp"
#include "core/triggers/cron/day_item.hpp"
#include "core/triggers/cron/letters.hpp"
#include "core/triggers/cron/nicknames.hpp"

namespace uvsched {
namespace {

constexpr std::size_t kMostFields = 7;
constexpr const char* kExpectedFields =
    "expected 5 (minute hour day-of-month month day-of-week), 6 (second first) or 7 (year last)";

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    const auto ends = [](char c) { return is_blank(c) || c == '\n' || c == '\r'; };  // a line is read with its end
    while (!text.empty() && ends(text.back())) text.remove_suffix(1);
    return text;
}

// Text from a web page may have blanks that are not separators here.
void refuse_other_blanks(std::string_view whole, std::string_view text) {
    for (std::string_view rest = text; !rest.empty();) {
        const std::size_t length = utf8_length(rest);
        if (length > 1 && is_invisible(rest)) {
            refuse_cron(whole, "expression", text,
                        "has " + code_point_text(rest) + ", which is invisible; separate fields by spaces or tabs",
                        rest.data());
        }
        rest.remove_prefix(std::max<std::size_t>(length, 1));
    }
}

// Prefixes that other schedulers accept in front of the fields.
void refuse_zone(std::string_view whole, std::string_view text) {
    if (!text.starts_with("TZ=") && !text.starts_with("CRON_TZ=")) return;
    const std::string_view word = text.substr(0, text.find_first_of(" \t"));
    refuse_cron(whole, "expression", word, "is not part of a cron string; give the zone beside it, as its timezone",
                word.data());
}

// Six fields of which the last is a year, as AWS has them: with a `?` for one of the two days, or with the year itself.
void refuse_year_last(std::string_view whole, std::string_view text,
                      const std::array<std::string_view, kMostFields>& fields) {
    const std::string_view last = fields[5];
    const bool year = last.size() >= 4 && last[0] != '0' && std::all_of(last.begin(), last.begin() + 4, is_digit);
    for (const std::size_t at : {2U, 4U, 5U}) {
        if (at == 5 ? !year : fields[at] != "?") continue;
        refuse_cron(whole, "expression", text,
                    "has 6 fields, so the first one is the second; if the last one is a year, put a 0 in front",
                    fields[at].data());
    }
}

// The fields of a string, each in its place; those that a short string leaves out are empty.
struct Split {
    std::array<std::string_view, kMostFields> fields;
    [[nodiscard]] std::string_view at(CronStringField field) const { return fields[static_cast<std::size_t>(field)]; }
};

Split split(std::string_view whole, std::string_view text) {
    std::array<std::string_view, kMostFields> found;
    std::size_t count = 0;
    const char* surplus = nullptr;
    const char* const end = text.data() + text.size();
    for (const char* next = text.data(); next != end;) {
        const char* to = next;
        while (to != end && !is_blank(*to)) ++to;
        if (count < kMostFields) {
            found[count] = {next, static_cast<std::size_t>(to - next)};
        } else if (surplus == nullptr) {
            surplus = next;
        }
        ++count;
        next = to;
        while (next != end && is_blank(*next)) ++next;
    }
    if (count == 0) refuse_cron(whole, "expression", whole, std::string("is empty; ") + kExpectedFields, whole.data());
    if (count < 5 || count > kMostFields) {
        refuse_cron(whole, "expression", text,
                    "has " + std::to_string(count) + (count == 1 ? " field; " : " fields; ") + kExpectedFields,
                    surplus != nullptr ? surplus : end);
    }
    if (count == 6) refuse_year_last(whole, text, found);
    Split out;
    std::copy_n(found.begin(), count, out.fields.begin() + (count == 5 ? 1 : 0));
    return out;
}

CronValueSet read_values(std::string_view whole, std::string_view text, CronStringField field, CronHash& hash) {
    const CronFieldSpec& spec = kCronStringFields[static_cast<std::size_t>(field)];
    CronReader reader(spec, whole, text);
    CronValueSet set;
    do {
        reader.begin_item();
        bool single = false;
        const auto range = read_range_item(reader, hash, single);
        if (range) set.add({range->first - spec.origin, range->last - spec.origin, range->step});
    } while (reader.end_item());
    return set;
}

bool unrestricted(std::string_view text) { return text == "*" || text == "?"; }

void read_day_of_month(std::string_view whole, std::string_view text, CronHash& hash, CronDayOfMonth& days) {
    if (unrestricted(text)) return;
    days.any = false;
    CronReader reader(kCronStringFields[static_cast<std::size_t>(CronStringField::day_of_month)], whole, text);
    do {
        reader.begin_item();
        read_day_of_month_item(reader, hash, days);
    } while (reader.end_item());
}

void read_day_of_week(std::string_view whole, std::string_view text, CronHash& hash, CronFields& fields) {
    CronReader reader(kCronStringFields[static_cast<std::size_t>(CronStringField::day_of_week)], whole, text);
    if (reader.take('+')) {
        fields.days = CronDays::both;
        text.remove_prefix(1);
    }
    if (unrestricted(text)) return;
    fields.day_of_week.any = false;
    do {
        reader.begin_item();
        read_day_of_week_item(reader, hash, fields.day_of_week);
    } while (reader.end_item());
}

bool starts_with_star(std::string_view text) { return text.starts_with('*'); }

}  // namespace

CronRule parse_cron(std::string_view text, const std::string& key) {
    check_cron_length(text, "expression");
    CronRule rule;
    std::string_view whole = text;
    std::string_view rest = trim(text);
    refuse_other_blanks(whole, rest);
    refuse_zone(whole, rest);
    if (rest.starts_with('@')) {
        rest = whole = expand_nickname(text, rest);
        if (rest.empty()) {
            rule.reboot = true;
            rule.text = kRebootCanonical;
            return rule;
        }
    }
    using Field = CronStringField;
    const Split parts = split(whole, rest);
    const std::string_view second = parts.at(Field::second);
    const std::string_view year = parts.at(Field::year);
    CronHash hash{.key = key};
    const auto values = [&](Field field) { return read_values(whole, parts.at(field), field, hash); };
    CronFields& fields = rule.fields;
    if (!second.empty()) fields.seconds = values(Field::second).low();
    fields.minutes = values(Field::minute).low();
    fields.hours = static_cast<std::uint32_t>(values(Field::hour).low());
    read_day_of_month(whole, parts.at(Field::day_of_month), hash, fields.day_of_month);
    fields.months = static_cast<std::uint16_t>(values(Field::month).low());
    read_day_of_week(whole, parts.at(Field::day_of_week), hash, fields);
    fields.years = read_values(whole, year.empty() ? "*" : year, Field::year, hash).all();
    fields.wild = starts_with_star(second) || starts_with_star(parts.at(Field::minute)) ||
                  starts_with_star(parts.at(Field::hour));
    rule.hashed = hash.used;
    rule.text = canonical_cron(rest);
    return rule;
}

}  // namespace uvsched
