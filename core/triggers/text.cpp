#include "core/triggers/text.hpp"

#include "core/base/error.hpp"
#include "core/time/span_text.hpp"

namespace uvsched {

std::string jitter_text(Micros jitter) { return jitter == 0 ? "" : ", jitter " + span_text(jitter); }

std::string zone_text(const std::string& timezone) { return timezone.empty() ? "" : ", " + timezone; }

std::string window_text(std::optional<Instant> start_at, std::optional<Instant> end_at) {
    return (start_at ? " from " + format_utc(*start_at) : "") + (end_at ? " until " + format_utc(*end_at) : "");
}

void check_window(std::optional<Instant> start_at, std::optional<Instant> end_at) {
    if (!start_at || !end_at || *end_at >= *start_at) return;
    fail(Code::invalid, "end_at: " + format_utc(*end_at) + " is before start_at, " + format_utc(*start_at));
}

void check_jitter(Micros jitter) {
    if (jitter < 0) fail(Code::invalid, "jitter: " + span_text(jitter) + " is negative");
    if (jitter > kHorizon) fail(Code::invalid, "jitter: " + span_text(jitter) + " is beyond the year 2199");
}

}  // namespace uvsched
