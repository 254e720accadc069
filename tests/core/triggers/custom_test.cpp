// Custom triggers as values: a name, arguments, and what every trigger has. Their times are asked elsewhere.
#include "core/triggers/custom.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"

using namespace uvsched;

namespace {

TriggerPtr from(const std::string& text, const TimeZone& zone = TimeZone()) {
    return trigger_from_json(nlohmann::json::parse(text), zone, "trigger");
}

std::string fault(const std::string& text) {
    try {
        (void)from(text);
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return {};
}

}  // namespace

TEST_CASE("the JSON of a custom trigger comes back, in one spelling") {
    const std::string canonical =
        R"({"arguments":{"a":[1,2.5,null],"b":"x"},"end_at":"2026-02-01T00:00:00Z","jitter":5,"name":"tides",)"
        R"("start_at":"2026-01-01T00:00:00Z","timezone":"+02:00","type":"custom"})";
    const TriggerPtr trigger =
        from(R"({"type": "custom", "name": "tides", "arguments": {"b": "x", "a": [1, 2.5, null]}, "jitter": 5.0,
                 "start_at": "2026-01-01T02:00:00", "end_at": "2026-02-01T02:00:00", "timezone": "+02:00"})");
    CHECK(trigger->to_json().dump() == canonical);
    CHECK(from(canonical)->to_json().dump() == canonical);
    CHECK(trigger->kind() == TriggerKind::custom);
    CHECK(trigger->describe() ==
          "custom tides with {\"a\":[1,2.5,null],\"b\":\"x\"} from 2026-01-01T00:00:00Z until 2026-02-01T00:00:00Z, "
          "jitter 5 s, +02:00");
    const auto& custom = dynamic_cast<const CustomTrigger&>(*trigger);
    CHECK(custom.name() == "tides");
    CHECK(custom.arguments() == R"({"a":[1,2.5,null],"b":"x"})");
    CHECK(custom.jitter() == 5 * kSecond);
    CHECK(custom.end_at() == custom.start_at().value_or(0) + 31 * kDay);
}

TEST_CASE("a custom trigger without a zone takes that of start_at, else the scheduler's, and writes it") {
    const TimeZone east = TimeZone::load("+03:00");
    CHECK(from(R"({"type": "custom", "name": "t"})")->to_json().dump() ==
          R"({"name":"t","timezone":"UTC","type":"custom"})");
    CHECK(from(R"({"type": "custom", "name": "t"})", east)->to_json().at("timezone") == "+03:00");
    CHECK(from(R"({"type": "custom", "name": "t", "start_at": "2026-01-01T00:00:00-05:00"})", east)
              ->to_json()
              .at("timezone") == "-05:00");
}

TEST_CASE("its times are not known to the pure part") {
    const TriggerPtr trigger = make_custom_trigger({.name = "tides"});
    CHECK_FALSE(trigger->next(kEarliest, 0).has_value());
    CHECK_FALSE(trigger->previous(kLatest, 0).has_value());
    CHECK(trigger->count(0, kLatest, 0, 10).number == 0);
    CHECK(trigger->known_until() == kEarliest);
    CHECK(trigger->must_be_asked());
    CHECK_FALSE(trigger->is_event());
    CHECK_FALSE(from(R"({"type": "interval", "hours": 1})")->must_be_asked());
    CHECK_FALSE(from(R"({"type": "shutdown"})")->must_be_asked());
}

TEST_CASE("what is wrong with a custom trigger is named") {
    CHECK(fault(R"({"type": "custom"})") ==
          "trigger.name: missing; give the name that the trigger's function is registered under");
    CHECK(fault(R"({"type": "custom", "name": ""})") ==
          "trigger.name: empty; give the name that the trigger's function is registered under");
    CHECK(fault(R"({"type": "custom", "name": 3})") == "trigger.name: 3 is not a string");
    CHECK(fault(R"({"type": "custom", "name": "a\nb"})") == "trigger.name: \"a\\x0ab\" has a control character");
    CHECK(fault(R"({"type": "custom", "name": ")" + std::string(256, 'x') + "\"}").find("has 256 bytes") !=
          std::string::npos);
    CHECK(fault(R"({"type": "custom", "name": "t", "hours": 1})").starts_with("trigger.hours: unknown key"));
    CHECK(fault(R"({"type": "custom", "name": "t", "jitter": -1})") == "trigger.jitter: -1 is negative");
    CHECK(fault(R"({"type": "custom", "name": "t", "start_at": "2026-01-02", "end_at": "2026-01-01"})")
              .starts_with("trigger.end_at: 2026-01-01T00:00:00Z is before start_at"));
    CHECK(
        fault(R"({"type": "and", "triggers": [{"type": "interval", "hours": 1}, {"type": "custom", "name": "t"}]})") ==
        "trigger.triggers[1]: custom t, UTC is asked for its times one by one; it cannot stand inside \"and\"");
}
