#include "core/stores/registry/store_fields.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.hpp"
#include "core/base/known_name.hpp"
#include "core/base/quote.hpp"
#include "core/stores/lease.hpp"
#include "core/time/span_text.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

constexpr std::string_view kOptionLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

// "sqlite" of "sqlite:tasks.db", "memory" of "memory?history=5".
std::string scheme_of(const std::string& url) { return url.substr(0, url.find_first_of(":?")); }

// A text that may be a URL: without its options and passwords, in quotes.
std::string shown_place(const std::string& text) {
    const std::string safe = without_secrets(text);
    return in_quotes(std::string_view(safe).substr(0, safe.find('?')));
}

std::string keys_text(std::initializer_list<const char*> keys) {
    std::string text;
    std::size_t left = keys.size();
    for (const char* key : keys) text += std::string(key) + (--left == 0 ? "" : left == 1 ? " and " : ", ");
    return text;
}

// How many letters must be changed, added or taken away.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t corner = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t kept = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
            corner = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, kept});
        }
    }
    return row[b.size()];
}

}  // namespace

void StorePlace::refuse(const std::string& why) const { fail(Code::invalid, path + ": " + shown + ": " + why); }

void StorePlace::refuse_form(const std::string& why) const {
    if (text.find_first_of("@:") == std::string::npos) refuse(why);
    fail(Code::invalid, path + ": not a URL; " + why);
}

StoreFields::StoreFields(const json& given, std::string path)
    : is_text_(given.is_string()),
      path_(std::move(path)),
      object_(std::make_unique<json>(is_text_ ? json{{"url", given}} : given)) {
    fields_.emplace(*object_, path_, Spelling::lenient);
    const auto type = is_text_ ? std::nullopt : fields_->text("type");
    const auto class_name = is_text_ ? std::nullopt : fields_->text("class");
    if (type && class_name) fields_->refuse("class", "given together with type; give only one of them");
    const char* const key = type ? "type" : class_name ? "class" : "url";
    const auto url = type || class_name ? std::nullopt : fields_->text("url");
    if (!type && !class_name && !url) fail(Code::invalid, path_ + R"(: one of "type", "class" and "url" is missing)");
    kind_ = url ? scheme_of(*url) : type ? *type : *class_name;
    kind_path_ = path_of(key);
    if (url) return;
    // Not repeated: it may hold a password.
    const bool is_url = kind_.find_first_of("/?") != std::string::npos;
    if (is_url || (type && names_class(kind_) && !names_own_class(kind_))) {
        fields_->refuse(key, R"(a URL is written as "url", a class as "class")");
    }
}

StoreFields::~StoreFields() = default;

std::string StoreFields::path_of(const char* key) const { return is_text_ ? path_ : fields_->path_of(key); }

std::string without_escapes(std::string_view text, const std::string& path) {
    std::string out;
    while (!text.empty()) {
        if (text.front() != '%') {
            out += text.front();
            text.remove_prefix(1);
            continue;
        }
        unsigned byte = 0;
        const char* const end = text.data() + std::min<std::size_t>(3, text.size());
        const auto read = std::from_chars(text.data() + 1, end, byte, 16);
        if (text.size() < 3 || read.ptr != text.data() + 3) {
            fail(Code::invalid, path + R"(: a "%" in the URL is not followed by two hexadecimal digits; write %25)");
        }
        if (byte == 0) fail(Code::invalid, path + ": the URL contains a NUL");
        out += static_cast<char>(byte);
        text.remove_prefix(3);
    }
    return out;
}

std::optional<StorePlace> StoreFields::place(std::string_view scheme, std::initializer_list<const char*> keys,
                                             Escapes escapes) {
    std::optional<StorePlace> found;
    std::string query;
    for (const char* key : keys) {
        const auto given = fields_->text(key);
        if (!given) continue;
        if (found) fields_->refuse(key, "given twice; give only one of " + keys_text(keys));
        found = StorePlace{.text = *given, .path = path_of(key), .shown = shown_place(*given)};
        const bool alone = *given == scheme || given->starts_with(std::string(scheme) + "?");
        found->is_url = given->starts_with(std::string(scheme) + ":") || (alone && key == std::string_view("url"));
        if (!found->is_url) continue;
        std::string_view rest = std::string_view(*given).substr(scheme.size());
        if (rest.starts_with(':')) rest.remove_prefix(1);
        found->text = rest.substr(0, rest.find('?'));
        query = rest.substr(std::min(found->text.size() + 1, rest.size()));
    }
    if (!query.empty()) add_options(query, keys, escapes);
    return found;
}

void StoreFields::add_options(std::string_view query, std::initializer_list<const char*> keys, Escapes escapes) {
    while (!query.empty()) {
        const std::string_view option = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(option.size() + 1, query.size()));
        const std::size_t equals = option.find('=');
        const std::string name(option.substr(0, equals));
        // Not repeated unless it is a plain word: it may be part of a password.
        if (name.empty() || name.find_first_not_of(kOptionLetters) != std::string::npos) {
            fail(Code::invalid, path_ + ": the text after \"?\" is not of the form name=value&name=value");
        }
        if (equals == std::string_view::npos) fields_->refuse(name.c_str(), "has no value; write " + name + "=…");
        const bool says_where = name == "type" || name == "class" ||
                                std::any_of(keys.begin(), keys.end(), [&](const char* key) { return name == key; });
        if (says_where) fields_->refuse(name.c_str(), "cannot be an option after \"?\"");
        if (object_->contains(name)) fields_->refuse(name.c_str(), "given twice");
        const std::string_view value = option.substr(equals + 1);
        (*object_)[name] =
            escapes == Escapes::percent ? without_escapes(value, path_ + "." + name) : std::string(value);
    }
}

std::vector<std::string> StoreFields::names() const {
    std::vector<std::string> out;
    for (const auto& member : object_->items()) out.push_back(member.key());
    return out;
}

void StoreFields::refuse(const std::string& name, const std::string& why) const { fields_->refuse(name.c_str(), why); }

void StoreFields::refuse_unknown(const std::vector<std::string>& known, const char* all) const {
    for (const std::string& name : names()) {
        if (std::ranges::find(known, name) != known.end()) continue;
        const auto nearest =
            std::ranges::min_element(known, {}, [&](const std::string& each) { return distance(each, name); });
        const std::string shown = in_quotes(name);
        const bool near = distance(*nearest, name) <= 1 + name.size() / 4;
        refuse(shown.substr(1, shown.size() - 2),
               "unknown option" + (near ? "; did you mean " + *nearest + "?" : " (known: " + std::string(all) + ")"));
    }
}

void StoreFields::refuse_driver(const Error& error) const {
    fail(error.code(), kind_path() + ": " + in_quotes(kind()) + " cannot be used: " + error.message());
}

Micros StoreFields::lease() {
    const Micros lease = fields_->seconds("lease").value_or(kDefaultLease);
    if (lease < kShortestLease || lease > kLongestLease) {
        fields_->refuse("lease", span_text(lease) + " is not between 1 and 600 seconds");
    }
    return lease;
}

bool StoreFields::first_of(const char* key, const char* first, const char* second) {
    const auto word = fields_->text(key);
    if (!word || *word == first) return true;
    if (*word == second) return false;
    fields_->refuse(key, in_quotes(*word) + " is neither " + first + " nor " + second);
}

}  // namespace uvsched
