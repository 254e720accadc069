#include "core/triggers/calendar.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/time/civil.hpp"
#include "core/triggers/calendar_dates.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/text.hpp"

namespace uvsched {
namespace {

constexpr Micros kLongestGap = 3 * kHour;            // times in a longer gap are skipped
constexpr DayNumber kLastDay = kHorizon / kDay - 1;  // 2199-12-31

DayNumber day_of(LocalTime local) { return local / kDay - (local % kDay < 0 ? 1 : 0); }

class CalendarTrigger final : public Trigger {
public:
    explicit CalendarTrigger(CalendarOptions options)
        : options_(std::move(options)),
          time_of_day_(options_.hour * kHour + options_.minute * kMinute + options_.second * kSecond),
          first_(options_.start_at.value_or(kEarliest)),
          last_(options_.end_at.value_or(kLatest)) {}

    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::calendar; }

    [[nodiscard]] std::optional<Instant> next(Instant after, Instant anchor) const override {
        if (after < first_) after = saturating_sub(first_, 1);
        const CalendarDates dates = dates_from(anchor);
        // A time may run some hours after its own: begin a day earlier than the local date.
        const DayNumber from = std::max<DayNumber>(day_of(options_.zone.to_local(after)) - 1, 0);
        for (std::int64_t k = dates.number(from);; ++k) {
            const Place place = at(dates, k);
            if (place.beyond) return std::nullopt;
            if (!place.instant || *place.instant <= after) continue;
            return *place.instant <= last_ ? place.instant : std::nullopt;
        }
    }

    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant anchor) const override {
        if (before > last_) before = saturating_add(last_, 1);
        const CalendarDates dates = dates_from(anchor);
        const DayNumber from = std::min(day_of(options_.zone.to_local(before)) + 1, kLastDay);
        for (std::int64_t k = dates.number(from + 1) - 1; k >= 0; --k) {
            const Place place = at(dates, k);
            if (place.beyond) return std::nullopt;
            if (!place.instant || *place.instant >= before) continue;
            return *place.instant >= first_ ? place.instant : std::nullopt;
        }
        return std::nullopt;
    }

    [[nodiscard]] Why why(Instant time, Instant /*anchor*/) const override {
        const LocalTime local = options_.zone.to_local(time);
        if (local - day_of(local) * kDay != time_of_day_) return Why::gap;
        return options_.zone.to_instant(local, 1) > time ? Why::first_pass : Why::match;
    }

    [[nodiscard]] std::optional<TimeZone> zone() const override { return options_.zone; }
    [[nodiscard]] Micros jitter() const noexcept override { return options_.jitter; }
    [[nodiscard]] std::optional<Instant> end_at() const noexcept override { return options_.end_at; }

    [[nodiscard]] nlohmann::json to_json() const override {
        nlohmann::json out = {{"type", "calendar_interval"}};
        const auto put = [&out](const char* key, std::int64_t value) {
            if (value != 0) out[key] = value;
        };
        put("years", options_.years);
        put("months", options_.months);
        put("weeks", options_.weeks);
        put("days", options_.days);
        put("hour", options_.hour);
        put("minute", options_.minute);
        put("second", options_.second);
        if (options_.gap == CronGap::skip) out["gap"] = "skip";
        put_common(out, {.timezone = options_.zone.name(),
                         .zone = options_.zone,
                         .jitter = options_.jitter,
                         .start_at = options_.start_at,
                         .end_at = options_.end_at});
        return out;
    }

    [[nodiscard]] std::string describe() const override {
        std::string step;
        const auto add = [&step](std::int64_t number, const char* unit) {
            if (number == 0) return;
            step += (step.empty() ? "" : ", ") + std::to_string(number) + " " + unit + (number == 1 ? "" : "s");
        };
        add(options_.years, "year");
        add(options_.months, "month");
        add(options_.weeks, "week");
        add(options_.days, "day");
        return "calendar interval of " + step + " at " + clock_text() +
               window_text(options_.start_at, options_.end_at) +
               (options_.gap == CronGap::skip ? ", skipped in gaps" : "") + jitter_text(options_.jitter) +
               zone_text(options_.zone.name());
    }

private:
    [[nodiscard]] std::string clock_text() const {
        std::array<char, 16> text{};
        std::snprintf(text.data(), text.size(), "%02d:%02d:%02d", static_cast<int>(options_.hour),
                      static_cast<int>(options_.minute), static_cast<int>(options_.second));
        return text.data();
    }

    struct Place {
        std::optional<Instant> instant{};  // nullopt: no such date, or no such time on it
        bool beyond = false;               // outside the calendar: no date further in this direction is one either
    };

    [[nodiscard]] CalendarDates dates_from(Instant anchor) const {
        return {options_.zone.to_local(options_.start_at.value_or(anchor)), 12 * options_.years + options_.months,
                7 * options_.weeks + options_.days};
    }

    [[nodiscard]] Place at(const CalendarDates& dates, std::int64_t k) const {
        const auto day = dates.date(k);
        if (!day) return {};
        if (*day < 0 || *day > kLastDay) return {.beyond = true};
        return {.instant = instant_of(*day * kDay + time_of_day_)};
    }

    [[nodiscard]] std::optional<Instant> instant_of(LocalTime local) const {
        const Instant by_old_offset = options_.zone.to_instant(local, 0);
        const Micros swallowed = by_old_offset - options_.zone.to_instant(local, 1);
        if (swallowed <= 0) return by_old_offset;  // not in a gap; in an overlap this is the first pass
        if (options_.gap == CronGap::skip || swallowed > kLongestGap) return std::nullopt;
        return options_.zone.segment(by_old_offset).begin;
    }

    CalendarOptions options_;
    Micros time_of_day_;
    Instant first_;
    Instant last_;
};

void check_range(const char* member, std::int64_t number, std::int64_t most) {
    if (number >= 0 && number <= most) return;
    fail(Code::invalid, std::string(member) + ": " + std::to_string(number) + " is not in 0-" + std::to_string(most));
}

}  // namespace

TriggerPtr make_calendar_trigger(const CalendarOptions& options) {
    check_range("years", options.years, kMaxCalendarStep);
    check_range("months", options.months, kMaxCalendarStep);
    check_range("weeks", options.weeks, kMaxCalendarStep);
    check_range("days", options.days, kMaxCalendarStep);
    if (options.years + options.months + options.weeks + options.days == 0) {
        fail(Code::invalid, "days: at least one of years, months, weeks and days must be 1 or more");
    }
    check_range("hour", options.hour, 23);
    check_range("minute", options.minute, 59);
    check_range("second", options.second, 59);
    check_jitter(options.jitter);
    check_window(options.start_at, options.end_at);
    return std::make_shared<CalendarTrigger>(options);
}

}  // namespace uvsched
