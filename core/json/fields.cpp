#include "core/json/fields.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/json/span.hpp"
#include "core/json/text.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

// The number in a text, whole or not; null for any other text.
json number_in(const std::string& text) {
    const json value = json::parse(text, nullptr, false);
    return value.is_number() ? value : json();
}

std::optional<bool> flag_in(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    for (const char* yes : {"true", "yes", "on", "y", "t", "1"}) {
        if (text == yes) return true;
    }
    for (const char* no : {"false", "no", "off", "n", "f", "0"}) {
        if (text == no) return false;
    }
    return std::nullopt;
}

}  // namespace

JsonFields::JsonFields(const json& object, std::string path, Spelling spelling)
    : object_(object), path_(std::move(path)), spelling_(spelling) {
    if (object_.is_object()) return;
    fail(Code::invalid, (path_.empty() ? "" : path_ + ": ") + json_excerpt(object_) + " is not an object");
}

std::string JsonFields::path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

void JsonFields::refuse(const char* key, const std::string& why) const {
    fail(Code::invalid, path_of(key) + ": " + why);
}

const json* JsonFields::find(const char* key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

bool JsonFields::has_null(const char* key) const {
    const auto found = object_.find(key);
    return found != object_.end() && found->is_null();
}

std::optional<std::string> JsonFields::text(const char* key) {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_string()) refuse(key, json_excerpt(*value) + " is not a string");
    return value->get<std::string>();
}

std::optional<bool> JsonFields::flag(const char* key) {
    const json* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (value->is_boolean()) return value->get<bool>();
    if (spelling_ == Spelling::lenient && value->is_string()) {
        if (const auto flag = flag_in(value->get<std::string>())) return flag;
    }
    refuse(key, json_excerpt(*value) + " is neither true nor false");
}

std::optional<std::int64_t> JsonFields::integer(const char* key, std::int64_t least, std::int64_t most) {
    const json* given = find(key);
    if (given == nullptr) return std::nullopt;
    const bool spelt = spelling_ == Spelling::lenient && given->is_string();
    const json value = spelt ? number_in(given->get<std::string>()) : *given;
    if (!value.is_number_integer()) refuse(key, json_excerpt(*given) + " is not a whole number");
    const bool huge = value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
    if (huge || value.get<std::int64_t>() > most) {
        refuse(key, json_excerpt(*given) + " is more than " + std::to_string(most));
    }
    if (value.get<std::int64_t>() < least) {
        refuse(key, json_excerpt(*given) + " is less than " + std::to_string(least));
    }
    return value.get<std::int64_t>();
}

std::optional<Micros> JsonFields::seconds(const char* key) {
    const json* given = find(key);
    if (given == nullptr) return std::nullopt;
    const bool spelt = spelling_ == Spelling::lenient && given->is_string();
    const json value = spelt ? number_in(given->get<std::string>()) : *given;
    if (!value.is_number()) refuse(key, json_excerpt(*given) + " is not a number of seconds");
    if (value.get<double>() < 0) refuse(key, json_excerpt(*given) + " is negative");
    SpanSum sum;
    const bool added = sum.add(value, kSecond);
    const auto total = sum.total();
    if (!added || !total) refuse(key, json_excerpt(*given) + " seconds do not fit into 64 bits of microseconds");
    return total;
}

std::optional<Instant> JsonFields::instant(const char* key, const TimeZone& zone) {
    const auto value = text(key);
    if (!value) return std::nullopt;
    const auto instant = zone.parse(*value);
    if (!instant) refuse(key, in_quotes(*value) + " is not a date-time; write it like \"2026-03-29T01:30:00Z\"");
    return instant;
}

std::optional<TimeZone> JsonFields::zone(const char* key) {
    const auto name = text(key);
    if (!name) return std::nullopt;
    try {
        return TimeZone::load(*name);
    } catch (const Error& error) {
        throw Error(error.code(), path_of(key) + ": " + error.message());
    }
}

void JsonFields::refuse_others() const {
    for (const auto& member : object_.items()) {
        if (std::find(known_.begin(), known_.end(), member.key()) != known_.end()) continue;
        std::string list;
        for (const std::string& key : known_) list += (list.empty() ? "" : ", ") + key;
        // A name may hold any character, even line ends.
        const std::string readable = in_quotes(member.key());
        fail(Code::invalid, path_of(readable.substr(1, readable.size() - 2)) + ": unknown key (known: " + list + ")");
    }
}

}  // namespace uvsched
