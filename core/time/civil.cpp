#include "core/time/civil.hpp"

#include <chrono>

namespace uvsched {
namespace {

// The Gregorian calendar repeats every 400 years, so the standard library's years near 2000 serve for all.
constexpr std::int64_t kCycleYears = 400;
constexpr std::int64_t kCycleDays = 146'097;
constexpr std::int64_t kBaseYear = 2000;

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Reads from the front of a text. Each member returns whether the expected piece is there, and if so moves past it.
class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}
    [[nodiscard]] bool done() const { return text_.empty(); }

    bool one_of(std::string_view characters) {
        if (text_.empty() || characters.find(text_.front()) == std::string_view::npos) return false;
        text_.remove_prefix(1);
        return true;
    }

    bool number(std::size_t digits, unsigned& out) {
        if (text_.size() < digits) return false;
        unsigned value = 0;
        for (const char c : text_.substr(0, digits)) {
            if (c < '0' || c > '9') return false;
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        out = value;
        text_.remove_prefix(digits);
        return true;
    }

private:
    std::string_view text_;
};

bool read_date(Cursor& in, CivilTime& out) {
    const bool before = in.one_of("-");
    const bool expanded = before || in.one_of("+");
    unsigned year = 0;
    if (!in.number(expanded ? 6 : 4, year)) return false;
    out.year = before ? -static_cast<std::int64_t>(year) : static_cast<std::int64_t>(year);
    return in.one_of("-") && in.number(2, out.month) && in.one_of("-") && in.number(2, out.day);
}

bool read_fraction(Cursor& in, unsigned& micros) {
    unsigned digit = 0;
    unsigned scale = 100'000;
    if (!in.number(1, digit)) return false;
    do {
        micros += digit * scale;
        scale /= 10;
    } while (in.number(1, digit));
    return true;
}

bool read_time(Cursor& in, CivilTime& out) {
    if (!in.number(2, out.hour) || !in.one_of(":") || !in.number(2, out.minute)) return false;
    if (!in.one_of(":")) return true;
    if (!in.number(2, out.second)) return false;
    return !in.one_of(".,") || read_fraction(in, out.micros);
}

// "+02", "+0200", "+02:00", "+02:00:00".
std::optional<int> read_offset(Cursor& in) {
    const bool west = in.one_of("-");
    unsigned hours = 0;
    unsigned minutes = 0;
    unsigned seconds = 0;
    if ((!west && !in.one_of("+")) || !in.number(2, hours)) return std::nullopt;
    if (in.one_of(":")) {
        if (!in.number(2, minutes)) return std::nullopt;
        if (in.one_of(":") && !in.number(2, seconds)) return std::nullopt;
    } else if (!in.done() && !in.number(2, minutes)) {
        return std::nullopt;
    }
    if (!in.done() || hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
    const int total = static_cast<int>(hours * 3600 + minutes * 60 + seconds);
    return west ? -total : total;
}

}  // namespace

CivilTime civil_from_micros(std::int64_t micros) noexcept {
    const std::int64_t days = floor_div(micros, kDay);
    auto rest = static_cast<std::uint64_t>(micros % kDay + (micros % kDay < 0 ? kDay : 0));
    const std::int64_t cycle = floor_div(days, kCycleDays);
    const std::chrono::sys_days date{std::chrono::days{days - cycle * kCycleDays}};
    const std::chrono::year_month_day ymd{date};
    CivilTime out;
    out.year = static_cast<int>(ymd.year()) + cycle * kCycleYears;
    out.month = static_cast<unsigned>(ymd.month());
    out.day = static_cast<unsigned>(ymd.day());
    const auto take = [&rest](Micros unit) {
        const auto count = static_cast<unsigned>(rest / static_cast<std::uint64_t>(unit));
        rest %= static_cast<std::uint64_t>(unit);
        return count;
    };
    out.hour = take(kHour);
    out.minute = take(kMinute);
    out.second = take(kSecond);
    out.micros = take(1);
    return out;
}

std::optional<std::int64_t> micros_from_civil(const CivilTime& civil) noexcept {
    if (civil.year < -999'999 || civil.year > 999'999) return std::nullopt;
    if (civil.hour > 23 || civil.minute > 59 || civil.second > 59 || civil.micros > 999'999) return std::nullopt;
    const std::int64_t cycle = floor_div(civil.year - kBaseYear, kCycleYears);
    const std::chrono::year_month_day ymd{std::chrono::year{static_cast<int>(civil.year - cycle * kCycleYears)},
                                          std::chrono::month{civil.month}, std::chrono::day{civil.day}};
    if (!ymd.ok()) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days{ymd}.time_since_epoch().count() + cycle * kCycleDays;
    std::int64_t time = civil.hour * kHour + civil.minute * kMinute + civil.second * kSecond + civil.micros;
    // The first day that int64 holds begins before its first microsecond: count that day from its end.
    std::int64_t whole_days = days;
    if (days < 0) {
        ++whole_days;
        time -= kDay;
    }
    std::int64_t out = 0;
    if (__builtin_mul_overflow(whole_days, kDay, &out) || __builtin_add_overflow(out, time, &out)) return std::nullopt;
    return out;
}

std::optional<Instant> IsoTime::instant() const noexcept {
    Instant out = 0;
    if (!offset_seconds || __builtin_sub_overflow(local, *offset_seconds * kSecond, &out)) return std::nullopt;
    return out;
}

std::optional<IsoTime> parse_iso(std::string_view text) noexcept {
    Cursor in(text);
    CivilTime civil;
    IsoTime out;
    if (!read_date(in, civil)) return std::nullopt;
    if (in.one_of("Tt ")) {
        if (!read_time(in, civil)) return std::nullopt;
        if (in.one_of("Zz")) {
            out.offset_seconds = 0;
        } else if (!in.done()) {
            out.offset_seconds = read_offset(in);
            if (!out.offset_seconds) return std::nullopt;
        }
    }
    const auto local = micros_from_civil(civil);
    if (!in.done() || !local) return std::nullopt;
    out.local = *local;
    return out;
}

std::optional<int> parse_offset(std::string_view text) noexcept {
    if (text.size() != 6 && text.size() != 9) return std::nullopt;
    Cursor in(text);
    return text[3] == ':' ? read_offset(in) : std::nullopt;
}

}  // namespace uvsched
