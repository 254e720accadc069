#include "core/time/zone.hpp"

#include <cctz/time_zone.h>

#include <chrono>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/time/civil.hpp"
#include "core/time/quote.hpp"
#include "core/time/zone_files.hpp"
#include "core/time/zone_name.hpp"
#include "core/time/zone_table.hpp"

namespace uvsched {

struct TimeZone::Data {
    std::string name;
    ZoneTable table;
    std::optional<cctz::time_zone> beyond;  // for what lies behind the table; a fixed offset has nothing there
};

struct TimeZone::Registry {
    std::mutex mutex;
    ZoneFolders folders;
    std::map<std::string, std::shared_ptr<const Data>> zones;
};

namespace {

using CctzTime = cctz::time_point<cctz::seconds>;

constexpr std::int64_t kHorizonSecond = kHorizon / kSecond;

// Local times from here on may belong to instants behind the table.
constexpr LocalTime kLocalHorizon = kHorizon - 2 * kDay;

// Seconds since the epoch, rounded down.
std::int64_t whole_seconds(std::int64_t micros) { return micros / kSecond - (micros % kSecond < 0 ? 1 : 0); }

CctzTime cctz_time(std::int64_t seconds) { return CctzTime(cctz::seconds(seconds)); }

// What CCTZ knows until the horizon.
std::vector<ZoneStretch> read_stretches(const cctz::time_zone& zone) {
    CctzTime at = cctz_time(whole_seconds(kEarliest));
    std::vector<ZoneStretch> out{{.begin = ZoneTable::kBegin, .offset = zone.lookup(at).offset}};
    cctz::time_zone::civil_transition change;
    while (zone.next_transition(at, &change)) {
        // It names the local time that would have come next, by the offset before the change.
        const std::int64_t second = change.from - cctz::civil_second(1970, 1, 1, 0, 0, 0) - out.back().offset;
        if (second >= kHorizonSecond) break;
        at = cctz_time(second);
        out.push_back({.begin = second, .offset = zone.lookup(at).offset});
    }
    return out;
}

}  // namespace

TimeZone::TimeZone() {
    // Left alone at exit on purpose, as are all statics of this library.
    static const auto* const utc = new std::shared_ptr<const Data>(
        std::make_shared<Data>(Data{.name = "UTC", .table = ZoneTable(0), .beyond = std::nullopt}));
    data_ = *utc;
}

TimeZone::TimeZone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

TimeZone::Registry& TimeZone::registry() {
    static auto* const instance = new Registry;
    return *instance;
}

TimeZone TimeZone::load(const std::string& name) {
    if (const auto offset = fixed_offset(name)) {
        return TimeZone(
            std::make_shared<Data>(Data{.name = name, .table = ZoneTable(*offset), .beyond = std::nullopt}));
    }
    check_zone_name(name);
    auto& known = registry();
    const std::lock_guard lock(known.mutex);
    if (const auto found = known.zones.find(name); found != known.zones.end()) return TimeZone(found->second);
    const std::string path = find_zone_file(known.folders, name);
    cctz::time_zone zone;
    // CCTZ reads a path as it stands, which leaves TZDIR and its own choice of folder out of it.
    if (!cctz::load_time_zone(path, &zone)) {
        fail(Code::invalid, in_quotes(name) + " is not a time zone: the file " + path + " cannot be read as zone data");
    }
    const auto shared =
        std::make_shared<const Data>(Data{.name = name, .table = ZoneTable(read_stretches(zone)), .beyond = zone});
    known.zones.emplace(name, shared);
    return TimeZone(shared);
}

void TimeZone::set_data_folder(std::string explicit_folder, std::string fallback) {
    auto& known = registry();
    const std::lock_guard lock(known.mutex);
    known.folders = {.explicit_folder = std::move(explicit_folder), .fallback = std::move(fallback)};
}

const std::string& TimeZone::name() const noexcept { return data_->name; }

const ZoneTable& TimeZone::table() const noexcept { return data_->table; }

int TimeZone::offset_seconds(Instant instant) const {
    const std::int64_t second = whole_seconds(instant);
    if (instant >= kHorizon && data_->beyond) return data_->beyond->lookup(cctz_time(second)).offset;
    return static_cast<int>(data_->table.offset(data_->table.find(second)));
}

LocalTime TimeZone::to_local(Instant instant) const {
    return saturating_add(instant, offset_seconds(instant) * kSecond);
}

ZoneSegment TimeZone::segment(Instant instant) const {
    const ZoneTable& table = data_->table;
    const std::size_t at = table.find(whole_seconds(instant));
    return {.begin = at == 0 ? kEarliest : table.begin(at) * kSecond,
            .end = at + 1 == table.size() ? kLatest : table.end(at) * kSecond,
            .offset = table.offset(at) * kSecond};
}

Instant TimeZone::to_instant(LocalTime local, int fold) const {
    const std::int64_t second = whole_seconds(local);
    if (local >= kLocalHorizon && data_->beyond) {
        const auto found = data_->beyond->lookup(cctz::civil_second(1970, 1, 1, 0, 0, 0) + second);
        // In a gap and in an overlap alike, `pre` uses the offset before the change and `post` the one after it.
        const CctzTime time = fold == 0 ? found.pre : found.post;
        return saturating_sub(local, (second - time.time_since_epoch().count()) * kSecond);
    }
    const ZoneOffsets offsets = data_->table.offsets_of_local(second);
    return saturating_sub(local, (fold == 0 ? offsets.before : offsets.after) * kSecond);
}

std::optional<Instant> TimeZone::parse(std::string_view text) const {
    const auto iso = parse_iso(text);
    if (!iso) return std::nullopt;
    return iso->offset_seconds ? iso->instant() : to_instant(iso->local);
}

}  // namespace uvsched
