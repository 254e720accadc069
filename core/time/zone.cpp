#include "core/time/zone.hpp"

#include <cctz/time_zone.h>

#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "core/base/error.hpp"
#include "core/time/civil.hpp"
#include "core/time/quote.hpp"
#include "core/time/zone_files.hpp"
#include "core/time/zone_name.hpp"

namespace uvsched {

struct TimeZone::Data {
    std::string name;
    std::optional<int> fixed;  // seconds east of UTC: such a zone needs no CCTZ
    cctz::time_zone zone;
};

struct TimeZone::Registry {
    std::mutex mutex;
    ZoneFolders folders;
    std::map<std::string, std::shared_ptr<const Data>> zones;
};

namespace {

using CctzTime = cctz::time_point<cctz::seconds>;

// Seconds since the epoch, rounded down.
std::int64_t whole_seconds(std::int64_t micros) { return micros / kSecond - (micros % kSecond < 0 ? 1 : 0); }

CctzTime cctz_time(std::int64_t seconds) { return CctzTime(cctz::seconds(seconds)); }

}  // namespace

TimeZone::TimeZone() {
    // Left alone at exit on purpose, as are all statics of this library.
    static const auto* const utc =
        new std::shared_ptr<const Data>(std::make_shared<Data>(Data{.name = "UTC", .fixed = 0, .zone = {}}));
    data_ = *utc;
}

TimeZone::TimeZone(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

TimeZone::Registry& TimeZone::registry() {
    static auto* const instance = new Registry;
    return *instance;
}

TimeZone TimeZone::load(const std::string& name) {
    if (const auto offset = fixed_offset(name)) {
        return TimeZone(std::make_shared<Data>(Data{.name = name, .fixed = offset, .zone = {}}));
    }
    check_zone_name(name);
    auto& known = registry();
    const std::lock_guard lock(known.mutex);
    if (const auto found = known.zones.find(name); found != known.zones.end()) return TimeZone(found->second);
    const std::string path = find_zone_file(known.folders, name);
    Data data{.name = name, .fixed = std::nullopt, .zone = {}};
    // CCTZ reads a path as it stands, which leaves TZDIR and its own choice of folder out of it.
    if (!cctz::load_time_zone(path, &data.zone)) {
        fail(Code::invalid, in_quotes(name) + " is not a time zone: the file " + path + " cannot be read as zone data");
    }
    const auto shared = std::make_shared<const Data>(std::move(data));
    known.zones.emplace(name, shared);
    return TimeZone(shared);
}

void TimeZone::set_data_folder(std::string explicit_folder, std::string fallback) {
    auto& known = registry();
    const std::lock_guard lock(known.mutex);
    known.folders = {.explicit_folder = std::move(explicit_folder), .fallback = std::move(fallback)};
}

const std::string& TimeZone::name() const noexcept { return data_->name; }

int TimeZone::offset_seconds(Instant instant) const {
    if (data_->fixed) return *data_->fixed;
    return data_->zone.lookup(cctz_time(whole_seconds(instant))).offset;
}

LocalTime TimeZone::to_local(Instant instant) const {
    return saturating_add(instant, offset_seconds(instant) * kSecond);
}

Instant TimeZone::to_instant(LocalTime local, int fold) const {
    if (data_->fixed) return saturating_sub(local, *data_->fixed * kSecond);
    const std::int64_t seconds = whole_seconds(local);
    const auto found = data_->zone.lookup(cctz::civil_second(1970, 1, 1, 0, 0, 0) + seconds);
    // In a gap and in an overlap alike, `pre` uses the offset before the change and `post` the one after it.
    const CctzTime time = fold == 0 ? found.pre : found.post;
    const std::int64_t offset = seconds - time.time_since_epoch().count();
    return saturating_sub(local, offset * kSecond);
}

std::optional<Instant> TimeZone::parse(std::string_view text) const {
    const auto iso = parse_iso(text);
    if (!iso) return std::nullopt;
    return iso->offset_seconds ? iso->instant() : to_instant(iso->local);
}

}  // namespace uvsched
