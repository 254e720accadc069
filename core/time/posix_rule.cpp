#include "core/time/posix_rule.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/time/instant.hpp"

namespace uvsched {
namespace {

constexpr std::int64_t kHourSeconds = kHour / kSecond;
constexpr std::int64_t kDaySeconds = kDay / kSecond;
// After 400 years dates fall on the same weekdays again.
constexpr std::int64_t kCycle = 146'097 * kDaySeconds;

int year_of(std::int64_t second) {
    const std::chrono::sys_days day =
        std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(std::chrono::seconds(second)));
    return static_cast<int>(std::chrono::year_month_day(day).year());
}

}  // namespace

// Reads from the front of a text; a piece that is not there gives nullopt.
class PosixRule::Reader {
public:
    explicit Reader(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool done() const { return rest_.empty(); }

    bool skip(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }

    // Three letters or more, or anything between < and >.
    bool name() {
        if (skip('<')) {
            const std::size_t end = rest_.find('>');
            if (end == std::string_view::npos) return false;
            rest_.remove_prefix(end + 1);
            return true;
        }
        const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
        const auto end = std::find_if_not(rest_.begin(), rest_.end(), letter);
        const auto length = static_cast<std::size_t>(end - rest_.begin());
        rest_.remove_prefix(length);
        return length >= 3;
    }

    std::optional<int> number(int least, int most) {
        int value = 0;
        std::size_t digits = 0;
        while (digits < rest_.size() && digits < 4 && rest_[digits] >= '0' && rest_[digits] <= '9') {
            value = value * 10 + (rest_[digits++] - '0');
        }
        rest_.remove_prefix(digits);
        if (digits == 0 || value < least || value > most) return std::nullopt;
        return value;
    }

    // [+-]hours[:minutes[:seconds]]
    std::optional<std::int64_t> time(int most_hours) {
        const bool negative = skip('-');
        if (!negative) skip('+');
        const auto hours = number(0, most_hours);
        if (!hours) return std::nullopt;
        std::int64_t value = *hours * kHourSeconds;
        for (const std::int64_t unit : {60, 1}) {
            if (!skip(':')) break;
            const auto part = number(0, 59);
            if (!part) return std::nullopt;
            value += *part * unit;
        }
        return negative ? -value : value;
    }

    std::optional<Date> date() {
        Date date;
        bool good = false;
        if (skip('M')) {
            date.form = Date::Form::month;
            good =
                take(date.month, 1, 12) && skip('.') && take(date.week, 1, 5) && skip('.') && take(date.weekday, 0, 6);
        } else if (skip('J')) {
            date.form = Date::Form::julian;
            good = take(date.day, 1, 365);
        } else {
            good = take(date.day, 0, 365);
        }
        if (!good) return std::nullopt;
        if (skip('/')) {
            const auto at = time(167);
            if (!at) return std::nullopt;
            date.time = *at;
        }
        return date;
    }

private:
    bool take(int& value, int least, int most) {
        const auto found = number(least, most);
        value = found.value_or(0);
        return found.has_value();
    }

    std::string_view rest_;
};

std::optional<PosixRule> PosixRule::parse(std::string_view text) {
    Reader in(text);
    PosixRule rule;
    if (!in.name()) return std::nullopt;
    const auto west = in.time(24);
    if (!west) return std::nullopt;
    rule.standard_ = -*west;
    if (in.done()) return rule;
    Season season{.offset = rule.standard_ + kHourSeconds, .start = {}, .end = {}};
    if (!in.name()) return std::nullopt;
    if (!in.skip(',')) {
        const auto daylight = in.time(24);
        if (!daylight || !in.skip(',')) return std::nullopt;
        season.offset = -*daylight;
    }
    const auto start = in.date();
    if (!start || !in.skip(',')) return std::nullopt;
    const auto end = in.date();
    if (!end || !in.done()) return std::nullopt;
    season.start = *start;
    season.end = *end;
    rule.daylight_ = season;
    return rule;
}

std::int64_t PosixRule::Date::local(int year) const {
    using namespace std::chrono;
    const auto in_year = std::chrono::year(year);
    sys_days on = in_year / January / 1;
    switch (form) {
        case Form::month: {
            const auto in_month = in_year / std::chrono::month(static_cast<unsigned>(month));
            const auto on_weekday = std::chrono::weekday(static_cast<unsigned>(weekday));
            on = week == 5 ? sys_days(in_month / on_weekday[last])
                           : sys_days(in_month / on_weekday[static_cast<unsigned>(week)]);
            break;
        }
        case Form::julian:  // 29 February is never counted
            on += days(day - 1 + (in_year.is_leap() && day >= 60 ? 1 : 0));
            break;
        case Form::day:
            on += days(day);
            break;
    }
    return on.time_since_epoch().count() * kDaySeconds + time;
}

std::optional<std::array<ZoneStretch, 2>> PosixRule::changes(int year) const {
    if (!daylight_) return std::nullopt;
    std::array<ZoneStretch, 2> found{
        ZoneStretch{.begin = daylight_->start.local(year) - standard_, .offset = daylight_->offset},
        ZoneStretch{.begin = daylight_->end.local(year) - daylight_->offset, .offset = standard_}};
    if (found[1].begin < found[0].begin) std::swap(found[0], found[1]);
    return found;
}

std::int64_t PosixRule::offset_at(std::int64_t second) const {
    if (!daylight_) return standard_;
    second = (second % kCycle + kCycle) % kCycle;
    std::int64_t offset = standard_;
    const int year = year_of(second);
    for (const int near : {year - 1, year, year + 1}) {
        const auto found = changes(near);
        for (const ZoneStretch& change : *found) {
            if (change.begin <= second) offset = change.offset;
        }
    }
    return offset;
}

}  // namespace uvsched
