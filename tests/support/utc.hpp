// Times of tests, written as text in UTC.
#pragma once

#include <optional>
#include <string_view>

#include "core/time/civil.hpp"

namespace uvsched {

inline std::optional<Instant> parse_utc(std::string_view text) {
    const auto iso = parse_iso(text);
    return iso ? iso->instant() : std::nullopt;
}

inline Instant utc(std::string_view text) { return parse_utc(text).value(); }

}  // namespace uvsched
