#include "core/model/policy.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/model/policy_json.hpp"

using namespace uvsched;

namespace {

Error refusal(const PolicyOverrides& overrides) {
    try {
        static_cast<void>(merge(Policies(), overrides));
    } catch (const Error& error) {
        return error;
    }
    return {Code::ok, ""};
}

Policies from_json(const char* text, Spelling spelling = Spelling::strict) {
    const auto value = nlohmann::json::parse(text);
    JsonFields fields(value, "task", spelling);
    const Policies out = merge(Policies(), policies_from_json(fields));
    fields.refuse_others();
    return out;
}

std::string json_fault(const char* text, Spelling spelling = Spelling::strict) {
    try {
        static_cast<void>(from_json(text, spelling));
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("what is not given comes from the defaults") {
    const Policies defaults{.grace = 5 * kSecond,
                            .coalesce = false,
                            .max_instances = 4,
                            .max_catch_up = 7,
                            .overlap = Overlap::skip,
                            .on_crash = OnCrash::mark_lost,
                            .max_crashes = 9};
    CHECK(merge(defaults, {}) == defaults);
    PolicyOverrides overrides;
    overrides.grace = std::optional<Micros>();
    overrides.coalesce = true;
    overrides.max_instances = 1;
    overrides.max_catch_up = 1000;
    overrides.on_crash = OnCrash::rerun;
    overrides.max_crashes = 3;
    CHECK(merge(defaults, overrides) == Policies());
    PolicyOverrides grace;
    for (const Micros allowed : {0, 1}) {
        grace.grace = allowed;
        CHECK(merge(defaults, grace).grace == allowed);
    }
}

TEST_CASE("values that make no sense are refused by name") {
    PolicyOverrides overrides;
    overrides.max_instances = 0;
    CHECK(refusal(overrides).message() == "max_instances: 0 is less than 1");
    overrides = {};
    overrides.max_catch_up = kMostCatchUp + 1;
    CHECK(refusal(overrides).message() == "max_catch_up: 100001 is more than 100000");
    overrides.max_catch_up = -3;
    CHECK(refusal(overrides).message() == "max_catch_up: -3 is less than 1");
    overrides = {};
    overrides.max_crashes = 0;
    CHECK(refusal(overrides).message() == "max_crashes: 0 is less than 1");
    overrides = {};
    overrides.grace = -kSecond;
    CHECK(refusal(overrides).code() == Code::invalid);
    CHECK(refusal(overrides).message() ==
          "mistrigger_grace_time: -1 s is negative (for runs that are never too late, leave it out)");
    overrides = {};
    overrides.overlap = Overlap::queue;
    CHECK(refusal(overrides).code() == Code::unsupported);
    CHECK(refusal(overrides).message() == "overlap: \"queue\" is not available in this version (known: \"skip\")");
}

TEST_CASE("policies in JSON have users' names and seconds, and defaults are absent") {
    nlohmann::json out = nlohmann::json::object();
    policies_to_json(Policies(), out);
    CHECK(out.dump() == "{}");
    const Policies all{.grace = 1'500'000,
                       .coalesce = false,
                       .max_instances = 4,
                       .max_catch_up = 7,
                       .overlap = Overlap::queue,
                       .on_crash = OnCrash::mark_lost,
                       .max_crashes = 9};
    policies_to_json(all, out);
    CHECK(out.dump() == R"({"coalesce":false,"max_catch_up":7,"max_crashes":9,"max_instances":4,)"
                        R"("mistrigger_grace_time":1.5,"on_crash":"mark_lost","overlap":"queue"})");
    CHECK(from_json("{}") == Policies());
    CHECK(from_json(R"({"mistrigger_grace_time":null,"coalesce":null,"overlap":"skip"})") == Policies());
    CHECK(from_json(R"({"mistrigger_grace_time":1.5,"coalesce":false,"max_instances":4,"on_crash":"mark_lost"})") ==
          Policies{.grace = 1'500'000, .coalesce = false, .max_instances = 4, .on_crash = OnCrash::mark_lost});
}

TEST_CASE("text for numbers and truth values is for configuration files only") {
    CHECK(json_fault(R"({"max_instances":"4"})") == "task.max_instances: \"4\" is not a whole number");
    CHECK(json_fault(R"({"coalesce":"false"})") == "task.coalesce: \"false\" is neither true nor false");
    const Policies read =
        from_json(R"({"max_instances":"4","coalesce":"No","mistrigger_grace_time":"0.5"})", Spelling::lenient);
    CHECK(read == Policies{.grace = 500'000, .coalesce = false, .max_instances = 4});
    CHECK(from_json(R"({"coalesce":"ON"})", Spelling::lenient).coalesce);
    CHECK(json_fault(R"({"max_instances":"four"})", Spelling::lenient) ==
          "task.max_instances: \"four\" is not a whole number");
    CHECK(json_fault(R"({"max_instances":"4.5"})", Spelling::lenient) ==
          "task.max_instances: \"4.5\" is not a whole number");
    CHECK(json_fault(R"({"coalesce":"maybe"})", Spelling::lenient) ==
          "task.coalesce: \"maybe\" is neither true nor false");
}

TEST_CASE("faults in JSON are named with their path") {
    const struct {
        const char* given;
        const char* message;
    } cases[] = {
        {R"({"max_instances":0})", "task.max_instances: 0 is less than 1"},
        {R"({"max_instances":2147483648})", "task.max_instances: 2147483648 is more than 2147483647"},
        {R"({"max_instances":18446744073709551615})",
         "task.max_instances: 18446744073709551615 is more than 2147483647"},
        {R"({"max_instances":1.5})", "task.max_instances: 1.5 is not a whole number"},
        {R"({"coalesce":1})", "task.coalesce: 1 is neither true nor false"},
        {R"({"on_crash":"retry"})", "task.on_crash: \"retry\" is not one of rerun, mark_lost"},
        {R"({"overlap":"stop"})", "task.overlap: \"stop\" is not one of skip, queue, cancel"},
        {R"({"mistrigger_grace_time":-1})", "task.mistrigger_grace_time: -1 is negative"},
        {R"({"mistrigger_grace_time":"1"})", "task.mistrigger_grace_time: \"1\" is not a number of seconds"},
        {R"({"mistrigger_grace_time":1e18})",
         "task.mistrigger_grace_time: 1e+18 seconds do not fit into 64 bits of microseconds"},
        {R"({"mistrigger_grace_time":9223372036854.99})",
         "task.mistrigger_grace_time: 9223372036854.99 seconds do not fit into 64 bits of microseconds"},
        {R"({"grace":1})",
         "task.grace: unknown key (known: mistrigger_grace_time, coalesce, max_instances, max_catch_up, overlap, "
         "on_crash, max_crashes)"},
    };
    for (const auto& c : cases) CHECK(json_fault(c.given) == c.message);
}
