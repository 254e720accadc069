#include "core/model/policy.hpp"

#include <string>

#include "core/base/error.hpp"
#include "core/model/policy_json.hpp"
#include "core/time/span_text.hpp"

namespace uvsched {
namespace {

void check_at_least_one(const char* member, std::int32_t value) {
    if (value < 1) fail(Code::invalid, std::string(member) + ": " + std::to_string(value) + " is less than 1");
}

}  // namespace

Policies merge(const Policies& defaults, const PolicyOverrides& overrides) {
    Policies out = defaults;
    out.grace = overrides.grace.value_or(defaults.grace);
    out.coalesce = overrides.coalesce.value_or(defaults.coalesce);
    out.max_instances = overrides.max_instances.value_or(defaults.max_instances);
    out.max_catch_up = overrides.max_catch_up.value_or(defaults.max_catch_up);
    out.overlap = overrides.overlap.value_or(defaults.overlap);
    out.on_crash = overrides.on_crash.value_or(defaults.on_crash);
    out.max_crashes = overrides.max_crashes.value_or(defaults.max_crashes);

    if (out.grace && *out.grace < 0) {
        fail(Code::invalid, "mistrigger_grace_time: " + span_text(*out.grace) +
                                " is negative (for runs that are never too late, leave it out)");
    }
    check_at_least_one("max_instances", out.max_instances);
    check_at_least_one("max_catch_up", out.max_catch_up);
    check_at_least_one("max_crashes", out.max_crashes);
    if (out.max_catch_up > kMostCatchUp) {
        fail(Code::invalid,
             "max_catch_up: " + std::to_string(out.max_catch_up) + " is more than " + std::to_string(kMostCatchUp));
    }
    if (out.overlap != Overlap::skip) {
        fail(Code::unsupported, "overlap: \"" + std::string(overlap_text(out.overlap)) +
                                    "\" is not available in this version (known: \"skip\")");
    }
    return out;
}

}  // namespace uvsched
