#include <nlohmann/json.hpp>

#include "core/base/quote.hpp"
#include "core/json/text.hpp"
#include "core/model/policy_json.hpp"
#include "core/model/task.hpp"
#include "core/time/span_text.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

// Collects "member: stored -> given" for members that differ.
class Differences {
public:
    explicit Differences(const char* between) : between_(between) {}
    void add(const char* member, const std::string& stored, const std::string& given) {
        if (stored == given) return;
        constexpr std::size_t kShown = 300;
        text_ += (text_.empty() ? "" : "; ") + std::string(member) + ": " + shortened(stored, kShown) + between_ +
                 shortened(given, kShown);
    }
    void add(const char* member, std::int32_t stored, std::int32_t given) {
        add(member, std::to_string(stored), std::to_string(given));
    }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    const char* between_;
    std::string text_;
};

json arguments_of(const Definition& definition) {
    return definition.arguments.empty() ? json() : parse_json(definition.arguments, "arguments");
}

std::string arguments_text(const json& arguments) { return arguments.is_null() ? "none" : json_excerpt(arguments); }

std::string grace_text(const std::optional<Micros>& grace) { return grace ? span_text(*grace) : "none"; }

const char* flag_text(bool flag) { return flag ? "true" : "false"; }

void add_policies(Differences& out, const Policies& stored, const Policies& given) {
    out.add("mistrigger_grace_time", grace_text(stored.grace), grace_text(given.grace));
    out.add("coalesce", flag_text(stored.coalesce), flag_text(given.coalesce));
    out.add("max_instances", stored.max_instances, given.max_instances);
    out.add("max_catch_up", stored.max_catch_up, given.max_catch_up);
    out.add("overlap", overlap_text(stored.overlap), overlap_text(given.overlap));
    out.add("on_crash", on_crash_text(stored.on_crash), on_crash_text(given.on_crash));
    out.add("max_crashes", stored.max_crashes, given.max_crashes);
}

}  // namespace

std::string difference(const Definition& stored, const Definition& given, const char* between) {
    Differences out(between);
    out.add("function", stored.function, given.function);
    const bool unnamed = stored.name == stored.function && given.name == given.function;
    if (!unnamed) out.add("name", stored.name, given.name);
    out.add("executor", stored.executor, given.executor);
    const json before = arguments_of(stored);
    const json after = arguments_of(given);
    if (before != after) {
        const std::string was = arguments_text(before);
        const std::string is = arguments_text(after);
        // If the difference is behind the cut, the excerpts alone would look equal.
        out.add("arguments", was, was == is ? is + " (they differ further on)" : is);
    }
    out.add("trigger", stored.trigger->describe(), given.trigger->describe());
    add_policies(out, stored.policies, given.policies);
    return out.text();
}

}  // namespace uvsched
