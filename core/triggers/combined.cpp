#include "core/triggers/combined.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/error.hpp"
#include "core/triggers/json_common.hpp"
#include "core/triggers/text.hpp"

namespace uvsched {

Combined::Combined(CombineOptions options)
    : options_(std::move(options)),
      first_(options_.start_at.value_or(kEarliest)),
      last_(options_.end_at.value_or(kLatest)) {}

void Combined::check(const CombineOptions& options, const char* word) {
    check_jitter(options.jitter);
    check_window(options.start_at, options.end_at);
    if (options.triggers.empty() || options.triggers.size() > kMaxChildren) {
        fail(Code::invalid, "triggers: " + std::to_string(options.triggers.size()) + " triggers; \"" + word +
                                "\" takes 1 to " + std::to_string(kMaxChildren));
    }
    for (std::size_t i = 0; i < options.triggers.size(); ++i) {
        const TriggerPtr& child = options.triggers[i];
        const std::string place = "triggers[" + std::to_string(i) + "]: ";
        if (!child) fail(Code::invalid, place + "no trigger");
        if (child->must_be_asked()) {
            fail(Code::invalid, place + child->describe() +
                                    " is asked for its times one by one; it cannot stand inside \"" + word + "\"");
        }
        if (!child->is_event()) continue;
        fail(Code::invalid,
             place + child->describe() + " is an event, not a time; it cannot stand inside \"" + word + "\"");
    }
}

std::optional<Instant> Combined::next(Instant after, Instant anchor) const {
    int left = kMostAsked;
    const auto time = next_in(after, anchor, left);
    if (!time && left <= 0) given_up_after_.store(after, std::memory_order_relaxed);
    return time;
}

std::optional<Instant> Combined::previous(Instant before, Instant anchor) const {
    int left = kMostAsked;
    return previous_in(before, anchor, left);
}

bool Combined::gave_up(Instant after) const {
    return after != kLatest && given_up_after_.load(std::memory_order_relaxed) == after;
}

Count Combined::count(Instant first, Instant last, Instant anchor, std::int64_t limit) const {
    Count out;
    int left = kMostAskedByCount;
    for (Instant after = saturating_sub(first, 1);;) {
        const auto time = next_in(after, anchor, left);
        const bool more = time && *time <= last;
        if (!more || out.number >= limit) {
            out.exact = !more && (time || left > 0);
            return out;
        }
        ++out.number;
        after = *time;
    }
}

std::optional<Instant> Combined::next_in(Instant after, Instant anchor, int& left) const {
    if (after < first_) after = saturating_sub(first_, 1);
    const auto time = search(after, anchor, left);
    return time && *time <= last_ ? time : std::nullopt;
}

std::optional<Instant> Combined::previous_in(Instant before, Instant anchor, int& left) const {
    if (before > last_) before = saturating_add(last_, 1);
    const auto time = search_back(before, anchor, left);
    return time && *time >= first_ ? time : std::nullopt;
}

const Combined* Combined::combined(const Trigger& child) {
    const bool is = child.kind() == TriggerKind::and_ || child.kind() == TriggerKind::or_;
    return is ? dynamic_cast<const Combined*>(&child) : nullptr;
}

std::optional<Instant> Combined::ask(const Trigger& child, Instant after, Instant anchor, int& left) {
    --left;
    const Combined* const own = combined(child);
    if (own == nullptr) return child.next(after, anchor);
    return left > 0 ? own->next_in(after, anchor, left) : std::nullopt;
}

std::optional<Instant> Combined::ask_back(const Trigger& child, Instant before, Instant anchor, int& left) {
    --left;
    const Combined* const own = combined(child);
    if (own == nullptr) return child.previous(before, anchor);
    return left > 0 ? own->previous_in(before, anchor, left) : std::nullopt;
}

TriggerPtr Combined::with_key(const std::string& key) const {
    CombineOptions keyed = options_;
    bool any = false;
    for (TriggerPtr& child : keyed.triggers) {
        if (auto other = child->with_key(key)) {
            child = std::move(other);
            any = true;
        }
    }
    return any ? of(std::move(keyed)) : nullptr;
}

std::optional<TimeZone> Combined::zone() const {
    if (!options_.timezone.empty()) return zone_named(options_.timezone);
    for (const TriggerPtr& child : options_.triggers) {
        if (auto zone = child->zone()) return zone;
    }
    return std::nullopt;
}

nlohmann::json Combined::to_json() const {
    nlohmann::json children = nlohmann::json::array();
    for (const TriggerPtr& child : options_.triggers) children.push_back(child->to_json());
    nlohmann::json out = {{"type", word()}, {"triggers", std::move(children)}};
    put_common(out, {.timezone = options_.timezone,
                     .zone = {},
                     .jitter = options_.jitter,
                     .start_at = options_.start_at,
                     .end_at = options_.end_at});
    return out;
}

std::string Combined::describe() const {
    std::string children;
    for (const TriggerPtr& child : options_.triggers) {
        children += (children.empty() ? "" : std::string("; ") + word() + " ") + child->describe();
    }
    return "(" + children + ")" + window_text(options_.start_at, options_.end_at) + jitter_text(options_.jitter) +
           zone_text(options_.timezone);
}

}  // namespace uvsched
