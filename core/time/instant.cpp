#include "core/time/instant.hpp"

#include <array>
#include <cstdio>

#include "core/time/civil.hpp"

namespace uvsched {

std::string format_utc(Instant instant) {
    const CivilTime civil = civil_from_micros(instant);
    std::array<char, 64> text{};
    const bool expanded = civil.year < 0 || civil.year > 9999;
    int length =
        std::snprintf(text.data(), text.size(), expanded ? "%+07lld" : "%04lld", static_cast<long long>(civil.year));
    std::string out(text.data(), static_cast<std::size_t>(length));
    length = std::snprintf(text.data(), text.size(), "-%02u-%02uT%02u:%02u:%02u", civil.month, civil.day, civil.hour,
                           civil.minute, civil.second);
    out.append(text.data(), static_cast<std::size_t>(length));
    if (civil.micros != 0) {
        length = std::snprintf(text.data(), text.size(), ".%06u", civil.micros);
        out.append(text.data(), static_cast<std::size_t>(length));
    }
    return out + "Z";
}

}  // namespace uvsched
