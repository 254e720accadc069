#include "core/time/zone.hpp"

#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/time/civil.hpp"
#include "core/time/local_zone.hpp"
#include "core/time/posix_rule.hpp"
#include "core/time/tzif.hpp"
#include "core/time/zone_files.hpp"
#include "core/time/zone_name.hpp"
#include "core/time/zone_table.hpp"

namespace uvsched {

struct TimeZone::Data {
    std::string name;
    ZoneTable table;
    std::optional<PosixRule> beyond;  // for times after the table; nullopt: the table's last offset stays
};

struct TimeZone::Registry {
    std::mutex mutex;
    ZoneFolders folders;
    std::map<std::string, std::shared_ptr<const Data>> zones;
};

namespace {

// Local times from here on may belong to instants behind the table.
constexpr LocalTime kLocalHorizon = kHorizon - 2 * kDay;

// Seconds since the epoch, rounded down.
std::int64_t whole_seconds(std::int64_t micros) { return micros / kSecond - (micros % kSecond < 0 ? 1 : 0); }

std::optional<Tzif> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return file ? read_tzif(bytes) : std::nullopt;
}

// The offset that a local time is read with, if a rule gives all changes: at most one within a day.
std::int64_t offset_of_local(const PosixRule& rule, std::int64_t local, int fold) {
    constexpr std::int64_t kTwoDays = 2 * kDay / kSecond;
    const std::int64_t before = rule.offset_at(local - kTwoDays);
    const std::int64_t after = rule.offset_at(local + kTwoDays);
    const bool by_before = rule.offset_at(local - before) == before;
    const bool by_after = rule.offset_at(local - after) == after;
    if (by_before == by_after) return fold == 0 ? before : after;
    return by_before ? before : after;
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

TimeZone TimeZone::local() {
    std::unique_lock lock(registry().mutex);
    const ZoneFolders folders = registry().folders;
    lock.unlock();
    const std::string name = local_zone_name(folders);
    if (name == "local") fail(Code::invalid, "the machine's time zone: TZ is \"local\", which names no zone");
    try {
        return load(name);
    } catch (const Error& error) {
        throw Error(error.code(), "the machine's time zone: " + error.message());
    }
}

TimeZone TimeZone::load(const std::string& name) {
    if (name == "local") return local();
    if (const auto offset = fixed_offset(name)) {
        return TimeZone(
            std::make_shared<Data>(Data{.name = name, .table = ZoneTable(*offset), .beyond = std::nullopt}));
    }
    check_zone_name(name);
    auto& known = registry();
    const std::lock_guard lock(known.mutex);
    if (const auto found = known.zones.find(name); found != known.zones.end()) return TimeZone(found->second);
    const std::string path = find_zone_file(known.folders, name);
    const auto data = read_file(path);
    if (!data) {
        fail(Code::invalid, in_quotes(name) + " is not a time zone: the file " + path + " cannot be read as zone data");
    }
    const auto shared =
        std::make_shared<const Data>(Data{.name = name, .table = ZoneTable(data->stretches), .beyond = data->rule});
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
    if (instant >= kHorizon && data_->beyond) return static_cast<int>(data_->beyond->offset_at(second));
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
        return saturating_sub(local, offset_of_local(*data_->beyond, second, fold) * kSecond);
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
