// One next time of a cron rule, in UTC and in zones: following each other, and after random instants. Rules are made by
// hand: no text is read.
//
//   bench_core_cron_next
#include <array>
#include <cstddef>
#include <random>
#include <vector>

#include "benchmarks/bench.hpp"
#include "core/triggers/cron/schedule.hpp"

namespace {

using uvsched::CronFields;
using uvsched::CronSchedule;
using uvsched::Instant;

constexpr int kRounds = 15;
constexpr int kOperations = 50'000;
constexpr Instant kNow = 1'767'225'600 * uvsched::kSecond;  // 2026-01-01

struct Rule {
    const char* text;
    CronFields fields;
};

CronFields at(std::uint64_t minutes, std::uint32_t hours) {
    CronFields out;
    out.minutes = minutes;
    out.hours = hours;
    out.months = (1U << 13) - 2;
    out.years.fill(~std::uint64_t{0});
    return out;
}

CronFields each_five_minutes() {
    CronFields out = at(0, (1U << 24) - 1);
    for (int minute = 0; minute < 60; minute += 5) out.minutes |= std::uint64_t{1} << minute;
    out.wild = true;
    return out;
}

CronFields on_workdays() {
    CronFields out = at(1, 1U << 9);
    out.day_of_week = {.any = false, .days = 0b0111110, .nth = {}};
    return out;
}

CronFields on_day(std::uint32_t days, std::uint16_t months) {
    CronFields out = at(1, 1);
    out.day_of_month.any = false;
    out.day_of_month.days = days;
    out.months = months;
    return out;
}

CronFields on_last_day() {
    CronFields out = at(1, 1);
    out.day_of_month.any = false;
    out.day_of_month.from_end = 1;
    return out;
}

CronFields on_leap_monday() {
    CronFields out = on_day(1U << 29, 1U << 2);
    out.day_of_week = {.any = false, .days = 1 << 1, .nth = {}};
    out.days = uvsched::CronDays::both;
    return out;
}

CronFields on_fifth_monday_31() {
    CronFields out = on_day(1U << 31, 1U << 4 | 1U << 6 | 1U << 9 | 1U << 11);
    out.day_of_week.any = false;
    out.day_of_week.nth.of[1] = 1 << 5;
    out.days = uvsched::CronDays::both;
    return out;
}

// Nanoseconds of processor time for each call; `ask` gives something, so that no call is left out.
template <class Ask>
double nanoseconds(const Ask& ask) {
    std::vector<double> samples;
    std::uint64_t sum = 0;
    for (int round = 0; round < kRounds; ++round) {
        const double begin = bench::processor_seconds();
        for (int i = 0; i < kOperations; ++i) sum += static_cast<std::uint64_t>(ask());
        samples.push_back((bench::processor_seconds() - begin) / kOperations * 1e9);
    }
    if (sum == 42) std::puts("");
    return bench::median(samples);
}

double in_order(const CronSchedule& rule) {
    Instant at = kNow;
    return nanoseconds([&] {
        at = rule.next(at).value_or(kNow);
        return at;
    });
}

double in_order_backwards(const CronSchedule& rule) {
    Instant at = kNow;
    return nanoseconds([&] {
        at = rule.previous(at).value_or(kNow);
        return at;
    });
}

double at_random(const CronSchedule& rule) {
    std::vector<Instant> instants(1 << 12);
    std::mt19937_64 random(1);
    for (Instant& instant : instants) instant = kNow + static_cast<Instant>(random() % 7'300) * uvsched::kDay;
    for (Instant& instant : instants) instant += static_cast<Instant>(random() % uvsched::kDay);
    std::size_t i = 0;
    return nanoseconds([&] { return rule.next(instants[++i % instants.size()]).value_or(0); });
}

}  // namespace

int main() {
    const std::array<Rule, 6> rules{{{"*/5 * * * *", each_five_minutes()},
                                     {"0 9 * * MON-FRI", on_workdays()},
                                     {"0 0 L * *", on_last_day()},
                                     {"0 0 29 2 +MON", on_leap_monday()},
                                     {"0 0 30 2 *", on_day(1U << 30, 1U << 2)},
                                     {"0 0 31 4,6,9,11 +MON#5", on_fifth_monday_31()}}};
    for (const char* name : {"UTC", "Europe/Madrid", "America/New_York"}) {
        const auto zone = uvsched::TimeZone::load(name);
        for (const Rule& rule : rules) {
            const std::string what = std::string(rule.text) + ", " + name;
            const CronSchedule schedule(rule.fields, zone);
            bench::row(what + ": next", in_order(schedule), "ns");
            bench::row(what + ": next, at random", at_random(schedule), "ns");
            bench::row(what + ": previous", in_order_backwards(schedule), "ns");
        }
    }
    const auto zone = uvsched::TimeZone::load("Europe/Madrid");
    for (const Rule& rule : rules) {
        bench::row(std::string("making ") + rule.text,
                   nanoseconds([&] { return CronSchedule(rule.fields, zone).next(kNow).value_or(0); }), "ns",
                   "with its first next");
    }
    return 0;
}
