#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/json/text.hpp"
#include "core/triggers/cron.hpp"
#include "core/triggers/cron/nicknames.hpp"
#include "core/triggers/cron/parser.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/json_readers.hpp"

namespace uvsched {
namespace {

// A keyword field: text, or a whole number.
std::optional<std::string> read_keyword(JsonFields& fields, const char* key) {
    const nlohmann::json* value = fields.find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_string()) return value->get<std::string>();
    if (!value->is_number_integer())
        fields.refuse(key, json_excerpt(*value) + " is neither a string nor a whole number");
    return value->dump();
}

CronKeywords read_keywords(JsonFields& fields) {
    CronKeywords out;
    out.year = read_keyword(fields, "year");
    out.month = read_keyword(fields, "month");
    out.day = read_keyword(fields, "day");
    out.week = read_keyword(fields, "week");
    out.day_of_week = read_keyword(fields, "day_of_week");
    out.hour = read_keyword(fields, "hour");
    out.minute = read_keyword(fields, "minute");
    out.second = read_keyword(fields, "second");
    return out;
}

// Whether a member is the second of its two values; absent is the first.
bool read_choice(JsonFields& fields, const char* key, const char* first, const char* second) {
    const auto text = fields.text(key);
    if (!text || *text == first) return false;
    if (*text != second) {
        fields.refuse(key, in_quotes(*text) + " is neither \"" + first + "\" nor \"" + second + "\"");
    }
    return true;
}

// The string. It is parsed here, because here the name of the wrong member is known.
std::optional<std::string> read_expression(JsonFields& fields) {
    auto text = fields.text("expression");
    if (!text) return std::nullopt;
    if (*text == kRebootCanonical) text = kRebootNickname;
    try {
        static_cast<void>(parse_cron(*text));
    } catch (const Error& error) {
        const std::string& message = error.message();
        const bool whole = message.starts_with("expression: ");
        throw Error(error.code(), fields.path_of(whole ? message : "expression: " + message));
    }
    return text;
}

}  // namespace

TriggerPtr read_cron(JsonFields& fields, const TimeZone& zone) {
    const TriggerCommon common = read_common(fields, zone);
    CronOptions options;
    options.zone = common.zone;
    options.start_at = common.start_at;
    options.end_at = common.end_at;
    options.jitter = common.jitter;
    options.expression = read_expression(fields);
    options.keywords = read_keywords(fields);
    if (read_choice(fields, "gap", "run_at_end", "skip")) options.gap = CronGap::skip;
    if (read_choice(fields, "overlap", "first", "both")) options.overlap = CronOverlap::both;
    options.key = fields.text("key").value_or("");
    fields.refuse_others();
    return fields.within([&] { return make_cron_trigger(options); });
}

}  // namespace uvsched
