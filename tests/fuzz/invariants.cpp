#include "tests/fuzz/invariants.hpp"

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/base/hash.hpp"
#include "core/base/utf8.hpp"

namespace uvsched::fuzz {
namespace {

bool one_line_of_utf8(std::string_view text) {
    while (!text.empty()) {
        if (utf8_length(text) == 0 || is_control(text)) return false;
        text.remove_prefix(utf8_length(text));
    }
    return true;
}

}  // namespace

void require(bool holds, const char* what, std::string_view shown) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s: %.*s\n", what, static_cast<int>(shown.size()), shown.data());
    std::abort();
}

Choices::Choices(std::string_view input) : state_(fnv1a(input)) {}

std::uint64_t Choices::next() { return next_random(state_); }

Instant Choices::instant() {
    const std::uint64_t number = next();
    if (number % 16 == 0) return static_cast<Instant>(next());
    return static_cast<Instant>(next() % static_cast<std::uint64_t>(kHorizon + kDay));
}

TimeZone Choices::zone() {
    static const char* const names[] = {"UTC",          "America/New_York", "Europe/Madrid",
                                        "+05:30",       "Africa/Cairo",     "Australia/Lord_Howe",
                                        "Pacific/Apia", "America/Nuuk",     "Africa/Casablanca"};
    return TimeZone::load(names[next() % std::size(names)]);
}

void check_message(const Error& error, std::string_view begin) {
    require(error.code() == Code::invalid, "a fault of the input is `invalid`", error.message());
    require(error.message().starts_with(begin), "a message begins with what is at fault", error.message());
    require(one_line_of_utf8(error.message()), "a message is one line of UTF-8", error.message());
}

void check_times(const Trigger& trigger, Choices& choices) {
    // Where children never agree, each question costs 100,000 rounds.
    const bool costly = trigger.kind() == TriggerKind::and_ || trigger.kind() == TriggerKind::or_;
    for (int i = 0; i < (costly ? 1 : 3); ++i) {
        const Instant anchor = choices.instant();
        const Instant at = choices.instant();
        if (const auto next = trigger.next(at, anchor)) {
            require(*next > at, "next is later", trigger.describe());
            const auto back = trigger.previous(*next, anchor);
            require(!back || *back <= at, "nothing lies between a time and its next", trigger.describe());
            static_cast<void>(trigger.why(*next, anchor));
            const Micros jitter = trigger.jitter_at(*next, anchor);
            require(jitter >= 0 && jitter <= trigger.jitter(), "jitter is bounded", trigger.describe());
        }
        if (const auto previous = trigger.previous(at, anchor)) {
            require(*previous < at, "previous is earlier", trigger.describe());
            const auto forth = trigger.next(*previous, anchor);
            require(!forth || *forth >= at, "nothing lies between a time and its previous", trigger.describe());
            static_cast<void>(trigger.why(*previous, anchor));
        }
    }
}

void check_json(const Trigger& trigger) {
    const std::string written = trigger.to_json().dump();
    const auto again = trigger_from_json(nlohmann::json::parse(written), TimeZone::load("+11:00"), "trigger");
    require(again->to_json().dump() == written, "JSON is stable", written);
    require(again->describe() == trigger.describe(), "the description is stable", written);
    require(one_line_of_utf8(trigger.describe()), "a description is one line of UTF-8", trigger.describe());
}

}  // namespace uvsched::fuzz
