#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/model/task.hpp"
#include "core/triggers/date.hpp"
#include "core/triggers/interval.hpp"

using namespace uvsched;

namespace {

Definition plain() {
    return {.id = "a",
            .name = "tick",
            .function = "tick",
            .executor = "default",
            .arguments = "",
            .trigger = make_interval_trigger(
                {.period = 10 * kSecond, .start_at = {}, .end_at = {}, .timezone = "", .jitter = 0}),
            .policies = {}};
}

Definition full() {
    Definition out = plain();
    out.name = "Tägliche Post";
    out.executor = "io";
    out.arguments = R"( { "z" : [1, 2.0, -0.5, null, true], "a" : {"text":"é\n", "big":18446744073709551615} } )";
    out.trigger = make_date_trigger({.run_at = 0, .timezone = "Europe/Madrid", .jitter = 0});
    out.policies = {.grace = 1'500'000, .coalesce = false, .max_instances = 4, .on_crash = OnCrash::mark_lost};
    return out;
}

constexpr const char* kFull =
    R"({"arguments":{"a":{"big":18446744073709551615,"text":"é\n"},"z":[1,2.0,-0.5,null,true]},"coalesce":false,)"
    R"("executor":"io","function":"tick","max_instances":4,"mistrigger_grace_time":1.5,"name":"Tägliche Post",)"
    R"("on_crash":"mark_lost","trigger":{"run_at":"1970-01-01T00:00:00Z","timezone":"Europe/Madrid","type":"date"}})";

std::string fault(const std::string& text) {
    try {
        static_cast<void>(definition_from_json("a", text));
    } catch (const Error& error) {
        CHECK(error.code() == Code::corrupt);
        return error.message();
    }
    return "";
}

std::string arguments_fault(const std::string& arguments) {
    Definition definition = plain();
    definition.arguments = arguments;
    try {
        static_cast<void>(canonical_json(definition));
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("the canonical form leaves defaults out and can be read by people") {
    CHECK(canonical_json(plain()) == R"({"function":"tick","trigger":{"seconds":10,"type":"interval"}})");
    CHECK(canonical_json(full()) == kFull);
}

TEST_CASE("a definition comes back from its canonical form") {
    for (const Definition& definition : {plain(), full()}) {
        const std::string text = canonical_json(definition);
        const Definition again = definition_from_json("a", text);
        CHECK(again.id == "a");
        CHECK(again.name == definition.name);
        CHECK(again.function == definition.function);
        CHECK(again.executor == definition.executor);
        CHECK(again.policies == definition.policies);
        CHECK(again.trigger->describe() == definition.trigger->describe());
        CHECK(canonical_json(again) == text);
        CHECK(difference(definition, again) == "");
    }
    CHECK(definition_from_json("a", canonical_json(plain())).arguments == "");
}

TEST_CASE("arguments are compared by meaning: spaces and the order of names make no difference, types do") {
    const auto with = [](const char* arguments) {
        Definition definition = plain();
        definition.arguments = arguments;
        return canonical_json(definition);
    };
    CHECK(with(R"({"a":1,"b":2})") == with(R"( {"b" : 2, "a" : 1} )"));
    CHECK(with(R"(["é"])") == with(R"(["\u00e9"])"));
    CHECK(with("[1.50]") == with("[1.5]"));
    CHECK(with("[1]") != with("[1.0]"));
    CHECK(with("[1,2]") != with("[2,1]"));
    CHECK(with("[0.1]") != with("[0.10000000000000002]"));
    CHECK(with("[]") != with("{}"));
    CHECK(with("[]") != with(""));
}

TEST_CASE("arguments that cannot be kept exactly are refused") {
    CHECK(arguments_fault("5") == "arguments: 5 is neither an array nor an object");
    CHECK(arguments_fault("[18446744073709551616]") ==
          "arguments: the whole number 18446744073709551616 does not fit into 64 bits");
    CHECK(arguments_fault(R"({"a":1,"a":2})") == "arguments: the name \"a\" is given twice");
    CHECK(arguments_fault("[1,") != "");
    CHECK(arguments_fault("[\"\xFF\"]") != "");
}

TEST_CASE("hashes of equal definitions are equal, of others not") {
    CHECK(definition_hash(canonical_json(plain())) == definition_hash(canonical_json(plain())));
    CHECK(definition_hash(canonical_json(plain())) != definition_hash(canonical_json(full())));
}

TEST_CASE("what cannot be read says why") {
    const std::string begin = "the definition cannot be read: ";
    CHECK(fault("").starts_with(begin + "not JSON at byte "));
    CHECK(fault("[]") == begin + "[] is not an object");
    CHECK(fault("{}") == begin + "function: empty; give 1 to 255 bytes of UTF-8");
    CHECK(fault(R"({"function":"f"})") == begin + "trigger: missing");
    CHECK(fault(R"({"function":"f","trigger":{"type":"moon"}})")
              .starts_with(begin + "trigger.type: \"moon\" is not a trigger (one of date, interval, "));
    CHECK(fault(R"({"function":"f","trigger":{"type":"date"},"arguments":5})") ==
          begin + "arguments: 5 is neither an array nor an object");
    CHECK(fault(R"({"function":"f","trigger":{"type":"date"},"max_instances":0})") ==
          begin + "max_instances: 0 is less than 1");
    CHECK(fault(R"({"function":"f","trigger":{"type":"date"},"colour":"red"})")
              .starts_with(begin + "colour: unknown key (known: function, name, executor, arguments, trigger, "));
    CHECK(fault(R"({"function":"f","trigger":{"type":"date"}})") == "");
}

TEST_CASE("a difference names each member and both values") {
    CHECK(difference(plain(), plain()) == "");
    Definition other = plain();
    other.trigger =
        make_interval_trigger({.period = 20 * kSecond, .start_at = {}, .end_at = {}, .timezone = "", .jitter = 0});
    CHECK(difference(plain(), other) == "trigger: interval of 10 s -> interval of 20 s");
    other = plain();
    other.arguments = "[1]";
    other.policies.grace = kMinute;
    other.policies.coalesce = false;
    CHECK(difference(plain(), other) ==
          "arguments: none -> [1]; mistrigger_grace_time: none -> 1 min; coalesce: true -> false");
    CHECK(difference(plain(), full()) ==
          "name: tick -> Tägliche Post; executor: default -> io; "
          "arguments: none -> {\"a\":{\"big\":18446744073709551615,\"text\":\"é\\n\"},\"z\":[1,2.0,-…; "
          "trigger: interval of 10 s -> once at 1970-01-01T00:00:00Z, Europe/Madrid; "
          "mistrigger_grace_time: none -> 1500 ms; coalesce: true -> false; max_instances: 1 -> 4; "
          "on_crash: rerun -> mark_lost");
}

TEST_CASE("arguments that differ only behind the cut are still told apart") {
    Definition one = plain();
    Definition two = plain();
    one.arguments = "[\"" + std::string(100, 'x') + "1\"]";
    two.arguments = "[\"" + std::string(100, 'x') + "2\"]";
    const std::string cut = "[\"" + std::string(58, 'x') + "…";
    CHECK(difference(one, two) == "arguments: " + cut + " -> " + cut + " (they differ further on)");
    two.arguments = " " + one.arguments;
    CHECK(difference(one, two) == "");
}
