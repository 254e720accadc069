#include "core/time/span_text.hpp"

namespace uvsched {

std::string span_text(Micros span) {
    struct Unit {
        Micros size;
        const char* name;
    };
    constexpr Unit kUnits[] = {{kDay, " d"}, {kHour, " h"}, {kMinute, " min"}, {kSecond, " s"}, {kMillisecond, " ms"}};
    for (const Unit& unit : kUnits) {
        if (span % unit.size == 0 && span != 0) return std::to_string(span / unit.size) + unit.name;
    }
    return std::to_string(span) + " us";
}

std::string rough_text(Micros span) {
    if (span >= 2 * kDay) return std::to_string(span / kDay) + " d";
    if (span >= 2 * kHour) return std::to_string(span / kHour) + " h";
    if (span >= 2 * kMinute) return std::to_string(span / kMinute) + " min";
    return std::to_string(span / kSecond) + " s";
}

}  // namespace uvsched
