#include "core/model/policy_json.hpp"

#include <nlohmann/json.hpp>

#include "core/base/quote.hpp"
#include "core/json/span.hpp"

namespace uvsched {
namespace {

constexpr Overlap kOverlaps[] = {Overlap::skip, Overlap::queue, Overlap::cancel};
constexpr OnCrash kOnCrashes[] = {OnCrash::rerun, OnCrash::mark_lost};

template <class Value, std::size_t N>
std::optional<Value> read_choice(JsonFields& fields, const char* key, const Value (&choices)[N],
                                 const char* (*text_of)(Value) noexcept) {
    const auto text = fields.text(key);
    if (!text) return std::nullopt;
    std::string list;
    for (const Value choice : choices) {
        if (*text == text_of(choice)) return choice;
        list += (list.empty() ? "" : ", ") + std::string(text_of(choice));
    }
    fields.refuse(key, in_quotes(*text) + " is not one of " + list);
}

std::optional<std::int32_t> read_count(JsonFields& fields, const char* key, std::int32_t most = INT32_MAX) {
    const auto value = fields.integer(key, 1, most);
    return value ? std::optional(static_cast<std::int32_t>(*value)) : std::nullopt;
}

}  // namespace

const char* overlap_text(Overlap overlap) noexcept {
    switch (overlap) {
        case Overlap::skip:
            return "skip";
        case Overlap::queue:
            return "queue";
        case Overlap::cancel:
            return "cancel";
    }
    return "?";
}

const char* on_crash_text(OnCrash on_crash) noexcept {
    switch (on_crash) {
        case OnCrash::rerun:
            return "rerun";
        case OnCrash::mark_lost:
            return "mark_lost";
    }
    return "?";
}

PolicyOverrides policies_from_json(JsonFields& fields) {
    PolicyOverrides out;
    if (const auto grace = fields.seconds("mistrigger_grace_time")) {
        out.grace = grace;
    } else if (fields.has_null("mistrigger_grace_time")) {
        out.grace = std::optional<Micros>();
    }
    out.coalesce = fields.flag("coalesce");
    out.max_instances = read_count(fields, "max_instances");
    out.max_catch_up = read_count(fields, "max_catch_up", kMostCatchUp);
    out.overlap = read_choice(fields, "overlap", kOverlaps, overlap_text);
    out.on_crash = read_choice(fields, "on_crash", kOnCrashes, on_crash_text);
    out.max_crashes = read_count(fields, "max_crashes");
    return out;
}

void policies_to_json(const Policies& policies, nlohmann::json& out) {
    const Policies usual;
    if (policies.grace) out["mistrigger_grace_time"] = seconds_json(*policies.grace);
    if (policies.coalesce != usual.coalesce) out["coalesce"] = policies.coalesce;
    if (policies.max_instances != usual.max_instances) out["max_instances"] = policies.max_instances;
    if (policies.max_catch_up != usual.max_catch_up) out["max_catch_up"] = policies.max_catch_up;
    if (policies.overlap != usual.overlap) out["overlap"] = overlap_text(policies.overlap);
    if (policies.on_crash != usual.on_crash) out["on_crash"] = on_crash_text(policies.on_crash);
    if (policies.max_crashes != usual.max_crashes) out["max_crashes"] = policies.max_crashes;
}

}  // namespace uvsched
