// The rows of tests/data/cron_table.tsv and tests/data/cron_errors.tsv, which tests/python/test_cron_table.py asks too.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/triggers/cron.hpp"
#include "tests/support/utc.hpp"

using namespace uvsched;

namespace {

using Cells = std::vector<std::string>;

const char* const kReasons[] = {"match", "gap", "first pass", "second pass"};  // in the order of Why

std::vector<Cells> read(const std::string& name) {
    std::ifstream file(UVSCHED_TEST_DATA "/" + name);
    REQUIRE(file.is_open());
    std::vector<Cells> lines;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("# ")) continue;
        Cells cells(1);
        for (const char c : line) {
            if (c == '\t') {
                cells.emplace_back();
            } else {
                cells.back() += c;
            }
        }
        lines.push_back(std::move(cells));
    }
    return lines;
}

// A cron string, or the trigger's JSON without its type.
TriggerPtr trigger(const std::string& rule, const TimeZone& zone) {
    if (rule.starts_with("{")) {
        nlohmann::json value = nlohmann::json::parse(rule);
        value["type"] = "cron";
        value["timezone"] = zone.name();
        return trigger_from_json(value, zone, "trigger");
    }
    CronOptions options;
    options.expression = rule;
    options.zone = zone;
    return make_cron_trigger(options);
}

std::string text(const std::optional<Instant>& instant) { return instant ? format_utc(*instant) : "never"; }

// The text that a JSON string's escapes stand for.
std::string unescaped(const std::string& cell) { return nlohmann::json::parse('"' + cell + '"').get<std::string>(); }

std::size_t characters(const std::string& utf8) {
    return static_cast<std::size_t>(
        std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string refusal(const std::string& rule) {
    try {
        static_cast<void>(trigger(rule, TimeZone()));
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("every row of the table: the next time, its reason and its offset") {
    const std::vector<Cells> rows = read("cron_table.tsv");
    CHECK(rows.size() >= 300);
    for (const Cells& row : rows) {
        REQUIRE(row.size() >= 4);
        INFO(row[0] << " in " << row[1] << " after " << row[2]);
        const TimeZone zone = TimeZone::load(row[1]);
        const TriggerPtr rule = trigger(row[0], zone);
        const std::optional<Instant> after = parse_utc(row[2]);
        REQUIRE(after);
        const std::optional<Instant> next = rule->next(*after, *after);
        const std::optional<Instant> expected = parse_utc(row[3]);
        CHECK((expected || row[3] == "never"));
        CHECK(text(next) == text(expected));
        if (!next || !expected) continue;
        CHECK(format_utc(zone.to_local(*next)).substr(0, 16) == row[3].substr(0, 16));
        CHECK(kReasons[static_cast<std::size_t>(rule->why(*next, *after))] == (row.size() > 4 ? row[4] : "match"));
        CHECK(text(rule->previous(*next + 1, *next + 1)) == text(next));
        const std::optional<Instant> before = rule->previous(*next, *next);
        CHECK((!before || *before <= *after));
    }
}

TEST_CASE("every row of the table, asked at the ends of time") {
    for (const Cells& row : read("cron_table.tsv")) {
        INFO(row[0] << " in " << row[1]);
        const TriggerPtr rule = trigger(row[0], TimeZone::load(row[1]));
        CHECK(text(rule->next(kLatest, kLatest)) == "never");
        CHECK(text(rule->previous(kEarliest, kEarliest)) == "never");
        const std::optional<Instant> first = rule->next(kEarliest, kEarliest);
        const std::optional<Instant> last = rule->previous(kLatest, kLatest);
        REQUIRE(first.has_value() == last.has_value());
        if (!first) continue;
        CHECK(*first <= *last);
        CHECK(*first >= -kDay);
        CHECK(*last < kHorizon + kDay);
        CHECK(text(rule->previous(*first, *first)) == "never");
        CHECK(text(rule->next(*last, *last)) == "never");
    }
}

TEST_CASE("every row of the faults: refused, with the field, the text at fault and its column") {
    const std::vector<Cells> rows = read("cron_errors.tsv");
    CHECK(rows.size() >= 200);
    for (const Cells& row : rows) {
        REQUIRE(row.size() == 4);
        INFO(row[0]);
        const std::string message = refusal(row[0]);
        REQUIRE(message != "");
        INFO(message);
        if (row[1] == "-") continue;
        const bool string = !row[0].starts_with("{") || row[0].starts_with("{\"expression\"");
        const std::string path = !row[0].starts_with("{") ? "" : string ? "trigger.expression: " : "trigger.";
        CHECK(message.find(path + row[1] + ": ") == 0);
        const std::size_t at = message.rfind("(column ");
        REQUIRE(at != std::string::npos);
        // The item, or the part of it that is at fault.
        const unsigned long column = std::stoul(message.substr(at + 8));
        const unsigned long begin = std::stoul(row[3]);
        CHECK(column >= begin);
        CHECK(column <= begin + characters(unescaped(row[2])));
    }
}
