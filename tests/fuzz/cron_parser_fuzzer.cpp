// Fuzz target: any text as a cron string, and as keyword fields.
#include <nlohmann/json.hpp>

#include "core/base/utf8.hpp"
#include "core/triggers/cron.hpp"
#include "core/triggers/cron/parser.hpp"
#include "tests/fuzz/invariants.hpp"

using namespace uvsched;
using namespace uvsched::fuzz;

namespace {

std::size_t characters(std::string_view text) {
    std::size_t count = 0;
    for (; !text.empty(); ++count) text.remove_prefix(std::max<std::size_t>(utf8_length(text), 1));
    return count;
}

// Each fault of a text ends with a column in it, or right behind it.
void check_column(const std::string& message, std::string_view text) {
    const std::size_t at = message.rfind(" (column ");
    require(at != std::string::npos && message.back() == ')', "a fault has a column", message);
    const long column = std::strtol(message.c_str() + at + 9, nullptr, 10);
    require(column >= 1 && static_cast<std::size_t>(column) <= characters(text) + 1, "a column is in the text",
            message);
}

void check_string(std::string_view text, Choices& choices) {
    const std::string key = "digest";
    CronRule rule;
    try {
        rule = parse_cron(text, key);
    } catch (const Error& error) {
        check_message(error, "");
        check_column(error.message(), text);
        return;
    }
    if (!rule.reboot) {
        const CronRule again = parse_cron(rule.text, key);
        require(again.text == rule.text, "canonical text is stable", rule.text);
        require(again.fields == rule.fields, "canonical text means the same", rule.text);
        require(again.hashed == rule.hashed, "canonical text has the same H", rule.text);
        require(parse_cron(text).fields.wild == rule.fields.wild, "wild does not look at the key", rule.text);
    }
    const auto trigger =
        make_cron_trigger({.expression = std::string(text), .zone = choices.zone(), .key = rule.hashed ? key : ""});
    check_json(*trigger);
    check_times(*trigger, choices);
}

// The lines of the text are the keyword fields, coarse ones first; an empty line is a field that is not given.
void check_keywords(std::string_view text, Choices& choices) {
    CronKeywords given;
    for (auto* field : {&given.year, &given.month, &given.day, &given.week, &given.day_of_week, &given.hour,
                        &given.minute, &given.second}) {
        const std::string_view line = text.substr(0, text.find('\n'));
        if (!line.empty()) *field = line;
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    TriggerPtr trigger;
    try {
        trigger = make_cron_trigger({.keywords = given, .zone = choices.zone()});
    } catch (const Error& error) {
        check_message(error, "");
        return;
    }
    check_json(*trigger);
    check_times(*trigger, choices);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    Choices choices(text);
    check_string(text, choices);
    check_keywords(text, choices);
    return 0;
}
