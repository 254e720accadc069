#include "core/time/local_zone.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"
#include "core/time/posix_rule.hpp"
#include "core/time/tzif.hpp"
#include "core/time/zone_name.hpp"

namespace uvsched {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRemedy = "; set TZ to an IANA name such as \"Europe/Madrid\", or name the timezone explicitly";

// The zone's name in a path to its file: the part after "zoneinfo/".
std::optional<std::string> name_in_path(const std::string& path) {
    constexpr std::string_view kFolder = "/zoneinfo/";
    const std::size_t at = path.rfind(kFolder);
    if (at == std::string::npos) return std::nullopt;
    std::string name = path.substr(at + kFolder.size());
    for (const std::string_view kind : {"posix/", "right/"}) {
        if (name.starts_with(kind)) name.erase(0, kind.size());
    }
    return name.empty() ? std::nullopt : std::optional(name);
}

// The name in the first of the paths that a path leads through, link by link.
std::optional<std::string> name_by_links(fs::path path) {
    for (int links = 0; links < 40; ++links) {
        if (auto name = name_in_path(path.lexically_normal().string())) return name;
        std::error_code failed;
        const fs::path target = fs::read_symlink(path, failed);
        if (failed) return std::nullopt;
        path = path.parent_path() / target;
    }
    return std::nullopt;
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The changes since 1970. Earlier ones differ between two packings of the same data.
std::optional<std::vector<ZoneStretch>> modern_changes(std::string_view bytes) {
    const auto zone = read_tzif(bytes);
    if (!zone) return std::nullopt;
    std::vector<ZoneStretch> out;
    for (const ZoneStretch& stretch : zone->stretches) {
        if (stretch.begin <= 0) out.clear();
        out.push_back(stretch);
    }
    out.front().begin = 0;
    return out;
}

// Many zones have the same changes. The best name for a file has the same bytes; else it is listed as a place in the
// data; else it has a region; else it is the first by the alphabet.
using Rank = std::tuple<bool, bool, bool, std::string>;

std::optional<std::string> search_by_content(const std::string& bytes, const std::vector<std::string>& folders) {
    const auto changes = modern_changes(bytes);
    if (!changes) return std::nullopt;
    std::optional<Rank> best;
    for (const std::string& text : folders) {
        const fs::path folder = text;
        const std::string places = content_of(folder / "zone1970.tab");
        std::error_code failed;
        for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
            std::error_code unreadable;
            if (!at->is_regular_file(unreadable)) continue;
            const auto name = name_in_path("/zoneinfo/" + at->path().lexically_relative(folder).string());
            const std::string other = content_of(at->path());
            if (!name || name->find("localtime") != std::string::npos || modern_changes(other) != changes) continue;
            Rank rank{other != bytes, places.find("\t" + *name) == std::string::npos,
                      name->find('/') == std::string::npos, *name};
            if (!best || rank < *best) best = std::move(rank);
        }
        if (best) return std::get<std::string>(*best);
    }
    return std::nullopt;
}

// A search reads some hundred files, so the last one is remembered.
std::optional<std::string> name_by_content(const fs::path& path, const ZoneFolders& folders) {
    struct Search {
        std::mutex mutex;
        std::string bytes;
        std::vector<std::string> folders;
        std::optional<std::string> found;
    };
    static auto* const last = new Search;
    const std::lock_guard lock(last->mutex);
    std::string bytes = content_of(path);
    std::vector<std::string> in = zone_folders(folders);
    if (bytes != last->bytes || in != last->folders) {
        last->found = search_by_content(bytes, in);
        last->bytes = std::move(bytes);
        last->folders = std::move(in);
    }
    return last->found;
}

std::optional<std::string> name_by_file(const fs::path& path, const ZoneFolders& folders) {
    if (auto name = name_by_links(path)) return name;
    std::error_code failed;
    if (!fs::is_regular_file(path, failed)) return std::nullopt;
    if (auto name = name_by_content(path, folders)) return name;
    fail(Code::invalid, "the machine's time zone: no zone here equals the file " + path.string() + kRemedy);
}

std::string name_in_tz(std::string text, const ZoneFolders& folders) {
    if (text.starts_with(':')) text.erase(0, 1);
    if (text.empty()) return "UTC";
    const std::string is_no_zone = "the machine's time zone: TZ is " + in_quotes(text) + ", which names no zone";
    if (text.front() == '/') {
        if (auto name = name_by_file(text, folders)) return *name;
        fail(Code::invalid, is_no_zone + kRemedy);
    }
    if (const auto rule = PosixRule::parse(text)) {
        if (!rule->changes(2000)) return offset_name(static_cast<int>(rule->offset_at(0)));
    }
    if (text.find_first_of(",<>") != std::string::npos) fail(Code::invalid, is_no_zone + kRemedy);
    return text;
}

std::string first_word(const fs::path& path) {
    std::ifstream file(path);
    std::string word;
    file >> word;
    return word;
}

bool is_utc(std::string_view name) {
    constexpr std::string_view kNames[] = {"UCT", "Zulu", "Universal"};
    if (name.starts_with("Etc/")) name.remove_prefix(4);
    return name == "UTC" || std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

std::string found_name(const ZoneFolders& folders, const LocalZoneFiles& files) {
    if (const char* text = std::getenv("TZ"); text != nullptr) return name_in_tz(text, folders);
    if (auto name = name_by_file(files.localtime, folders)) return *name;
    return first_word(files.timezone);
}

}  // namespace

std::string local_zone_name(const ZoneFolders& folders, const LocalZoneFiles& files) {
    std::string name = found_name(folders, files);
    return name.empty() || is_utc(name) ? "UTC" : name;
}

}  // namespace uvsched
