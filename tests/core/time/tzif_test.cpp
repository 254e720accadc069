#include "core/time/tzif.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/time/instant.hpp"
#include "tests/core/time/seed.hpp"
#include "tests/support/utc.hpp"

using namespace uvsched;

namespace {

using Changes = std::vector<std::pair<std::int64_t, int>>;  // a second, and which type of local time begins

std::string big_endian(std::int64_t value, int bytes) {
    std::string out;
    for (int at = bytes - 1; at >= 0; --at) out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * at));
    return out;
}

std::string block(char version, int width, const Changes& changes, const std::vector<int>& offsets, int leap = 0) {
    std::string out = "TZif" + std::string(1, version) + std::string(15, '\0');
    for (const std::size_t count : {std::size_t{0}, std::size_t{0}, static_cast<std::size_t>(leap), changes.size(),
                                    offsets.size(), std::size_t{4}}) {
        out += big_endian(static_cast<std::int64_t>(count), 4);
    }
    for (const auto& [second, type] : changes) out += big_endian(second, width);
    for (const auto& [second, type] : changes) out += static_cast<char>(type);
    for (const int offset : offsets) out += big_endian(offset, 4) + std::string(2, '\0');
    return out + std::string("AAA\0", 4) + std::string(static_cast<std::size_t>(leap * (width + 4)), '\0');
}

std::string file(const Changes& changes, const std::vector<int>& offsets, const std::string& rule, int leap = 0) {
    return block('2', 4, {}, {0}) + block('2', 8, changes, offsets, leap) + "\n" + rule + "\n";
}

std::int64_t second(const char* text) { return utc(text) / kSecond; }

std::int64_t offset_at(const std::string& bytes, const char* utc) {
    const auto data = read_tzif(bytes);
    REQUIRE(data);
    const ZoneTable table(data->stretches);
    return table.offset(table.find(second(utc)));
}

}  // namespace

TEST_CASE("changes that are listed, and the rule from the last one on") {
    const std::string bytes = file({{second("1990-01-01T00:00:00Z"), 1}, {second("2007-03-11T07:00:00Z"), 2}},
                                   {-17'762, -18'000, -14'400}, "EST5EDT,M3.2.0,M11.1.0");
    CHECK(offset_at(bytes, "1000-01-01T00:00:00Z") == -17'762);
    CHECK(offset_at(bytes, "1989-12-31T23:59:59Z") == -17'762);
    CHECK(offset_at(bytes, "1990-01-01T00:00:00Z") == -18'000);
    CHECK(offset_at(bytes, "2006-07-01T00:00:00Z") == -18'000);
    CHECK(offset_at(bytes, "2007-03-11T07:00:00Z") == -14'400);
    CHECK(offset_at(bytes, "2007-11-04T05:59:59Z") == -14'400);
    CHECK(offset_at(bytes, "2007-11-04T06:00:00Z") == -18'000);
    CHECK(offset_at(bytes, "2199-07-01T00:00:00Z") == -14'400);
    CHECK(read_tzif(bytes)->rule->offset_at(second("2500-07-01T00:00:00Z")) == -14'400);
}

TEST_CASE(
    "a zone that moved for good, and then took up the rule: the changes before it need not look like the rule's") {
    // Nuuk: -3, in 2023 to -2, and from 2024 on with a summer of -1.
    const std::string bytes = file(
        {{second("2022-10-30T01:00:00Z"), 0}, {second("2023-03-26T01:00:00Z"), 1}, {second("2023-10-29T01:00:00Z"), 2}},
        {-10'800, -7'200, -7'200}, "<-02>2<-01>,M3.5.0/-1,M10.5.0/0");
    CHECK(offset_at(bytes, "2023-03-26T00:59:59Z") == -10'800);
    CHECK(offset_at(bytes, "2023-03-26T01:00:00Z") == -7'200);
    CHECK(offset_at(bytes, "2023-12-01T00:00:00Z") == -7'200);
    CHECK(offset_at(bytes, "2024-03-31T00:59:59Z") == -7'200);
    CHECK(offset_at(bytes, "2024-03-31T01:00:00Z") == -3'600);
}

TEST_CASE("a file without changes, without a rule, of the first version") {
    CHECK(offset_at(file({}, {3'600}, "CET-1"), "2026-01-01T00:00:00Z") == 3'600);
    CHECK(offset_at(file({}, {3'600}, "EST5EDT,M3.2.0,M11.1.0"), "2026-07-01T00:00:00Z") == -14'400);
    CHECK(offset_at(file({{0, 1}}, {0, 3'600}, ""), "2199-07-01T00:00:00Z") == 3'600);
    const std::string old = block('\0', 4, {{-86'400, 1}, {86'400, 0}}, {0, 3'600});
    CHECK(offset_at(old, "1969-12-30T23:59:59Z") == 0);
    CHECK(offset_at(old, "1969-12-31T00:00:00Z") == 3'600);
    CHECK(offset_at(old, "2199-12-31T00:00:00Z") == 0);
    CHECK_FALSE(read_tzif(old)->rule);
    // A change at the dawn of time says with what it begins.
    CHECK(offset_at(file({{-(std::int64_t{1} << 59), 1}}, {0, 3'600}, ""), "1000-01-01T00:00:00Z") == 3'600);
}

TEST_CASE("what is not sound is refused") {
    CHECK(read_tzif(file({{0, 1}, {1, 0}}, {0, 0}, "UTC0")));
    CHECK_FALSE(read_tzif(file({{0, 1}, {0, 0}}, {0, 0}, "UTC0")));
    CHECK_FALSE(read_tzif(file({{1, 1}, {0, 0}}, {0, 0}, "UTC0")));
    CHECK_FALSE(read_tzif(file({{0, 2}}, {0, 0}, "UTC0")));
    CHECK_FALSE(read_tzif(file({{0, 0}}, {}, "UTC0")));
    CHECK_FALSE(read_tzif(file({}, {93'601}, "UTC0")));
    CHECK_FALSE(read_tzif(file({}, {0}, "EST5EDT")));
    CHECK_FALSE(read_tzif(file({}, {0}, "UTC0", 1)));
    CHECK_FALSE(read_tzif("TZif2 and then nothing of use"));
    // Clocks are set back by two hours, an hour after they were set on.
    CHECK_FALSE(read_tzif(file({{0, 1}, {3'600, 0}, {7'200, 1}}, {-7'200, 7'200}, "")));
}

TEST_CASE("a file that is cut or changed anywhere is read or refused, never more") {
    const std::string bytes = file({{second("1990-01-01T00:00:00Z"), 1}, {second("2007-03-11T07:00:00Z"), 2}},
                                   {-17'762, -18'000, -14'400}, "EST5EDT,M3.2.0,M11.1.0");
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        CHECK_FALSE(read_tzif(std::string_view(bytes).substr(0, length)));
    }
    Seeded random;
    INFO("UVSCHED_TEST_SEED=" << random.seed);
    for (int trial = 0; trial < rounds(5'000); ++trial) {
        std::string changed = bytes;
        for (std::int64_t i = random.between(1, 4); i > 0; --i) {
            changed[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(bytes.size()) - 1))] =
                static_cast<char>(random.between(0, 255));
        }
        const auto data = read_tzif(changed);
        if (!data) continue;
        const ZoneTable table(data->stretches);
        CHECK(table.size() > 0);
    }
}
