#include "core/json/span.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace uvsched {

bool SpanSum::add(const nlohmann::json& number, Micros unit) {
    Micros whole = 0;
    if (number.is_number_unsigned() && number.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX))
        return false;
    if (number.is_number_integer()) {
        whole = number.get<std::int64_t>();
    } else if (number.is_number_float()) {
        const auto value = number.get<double>();
        const double floor = std::floor(value);
        if (!(std::abs(floor) < 9.2e18)) return false;  // not a number included
        whole = static_cast<Micros>(floor);
        part_ += (value - floor) * static_cast<double>(unit);
    } else {
        return false;
    }
    return !__builtin_mul_overflow(whole, unit, &whole) && !__builtin_add_overflow(whole_, whole, &whole_);
}

std::optional<Micros> SpanSum::total() const {
    Micros out = 0;
    if (__builtin_add_overflow(whole_, static_cast<Micros>(std::nearbyint(part_)), &out)) return std::nullopt;
    return out;
}

nlohmann::json seconds_json(Micros span) {
    if (span % kSecond == 0) return span / kSecond;
    return static_cast<double>(span) / static_cast<double>(kSecond);
}

void put_span(nlohmann::json& object, Micros span) {
    if (span % kSecond == 0 || (span % kMillisecond == 0 && span < kHorizon)) {
        object["seconds"] = seconds_json(span);
    } else {
        object["microseconds"] = span;
    }
}

}  // namespace uvsched
