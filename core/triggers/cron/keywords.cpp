#include "core/triggers/cron/keywords.hpp"

#include <string_view>

#include "core/base/error.hpp"
#include "core/triggers/cron.hpp"
#include "core/triggers/cron/keyword_item.hpp"
#include "core/triggers/cron/letters.hpp"

namespace uvsched {
namespace {

using Keyword = CronKeyword;
using Texts = std::array<std::string_view, 8>;

// The smallest value of each field, or `*` for fields that are always `*` if not given.
constexpr Texts kLeast = {"*", "1", "1", "*", "*", "0", "0", "0"};

std::size_t place(Keyword field) { return static_cast<std::size_t>(field); }

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

Texts with_defaults(const CronKeywords& given) {
    const auto texts = keyword_texts(given);
    std::size_t finest = texts.size();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (*texts[i]) finest = i;
    }
    if (finest == texts.size()) {
        fail(Code::invalid,
             "expression: missing, or at least one of year, month, day, week, day_of_week, hour, minute, second");
    }
    Texts out;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        out[i] = *texts[i] ? std::string_view(**texts[i]) : i < finest ? "*" : kLeast[i];
    }
    return out;
}

// Reads the items of one field. `read` reads one item; it returns false if the item is a range.
template <class Read>
CronValueSet read_list(Keyword field, std::string_view text, Read read) {
    const CronFieldSpec& spec = kCronKeywordFields[place(field)];
    check_cron_length(text, spec.name);
    if (without_blanks(text).empty())
        refuse_cron(text, spec.name, text, "is empty; leave it out or give a value", text.data());
    CronReader reader(spec, text, text);
    CronValueSet set;
    do {
        reader.begin_item();
        if (read(reader)) continue;
        const CronRange range = read_keyword_range(reader);
        set.add({range.first - spec.origin, range.last - spec.origin, range.step});
    } while (reader.end_item());
    return set;
}

}  // namespace

std::array<const std::optional<std::string>*, 8> keyword_texts(const CronKeywords& given) {
    return {&given.year,        &given.month, &given.day,    &given.week,
            &given.day_of_week, &given.hour,  &given.minute, &given.second};
}

CronFields parse_keywords(const CronKeywords& given) {
    const Texts texts = with_defaults(given);
    const auto text = [&](Keyword field) { return texts[place(field)]; };
    const auto values = [&](Keyword field) { return read_list(field, text(field), [](CronReader&) { return false; }); };
    const auto all = [&](Keyword field) { return without_blanks(text(field)) == "*"; };
    CronFields fields;
    fields.days = CronDays::both;
    fields.years = values(Keyword::year).all();
    fields.months = static_cast<std::uint16_t>(values(Keyword::month).low());
    if (!all(Keyword::day)) {
        CronDayOfMonth& days = fields.day_of_month;
        days.any = false;
        days.days = static_cast<std::uint32_t>(read_list(Keyword::day, text(Keyword::day), [&](CronReader& reader) {
                                                   return read_keyword_day(reader, days);
                                               }).low());
    }
    if (!all(Keyword::week)) fields.weeks = values(Keyword::week).low();
    if (!all(Keyword::day_of_week)) {
        // From Monday = 0 to Sunday = 0.
        const std::uint64_t days = values(Keyword::day_of_week).low();
        fields.day_of_week.any = false;
        fields.day_of_week.days = static_cast<std::uint8_t>(((days << 1) | (days >> 6)) & 0x7F);
    }
    fields.hours = static_cast<std::uint32_t>(values(Keyword::hour).low());
    fields.minutes = values(Keyword::minute).low();
    fields.seconds = values(Keyword::second).low();
    for (const Keyword field : {Keyword::hour, Keyword::minute, Keyword::second}) {
        fields.wild = fields.wild || without_blanks(text(field)).starts_with('*');
    }
    return fields;
}

}  // namespace uvsched
