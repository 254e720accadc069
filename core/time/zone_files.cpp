#include "core/time/zone_files.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/base/error.hpp"
#include "core/time/quote.hpp"

namespace uvsched {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSystemFolders[] = {"/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/usr/share/lib/zoneinfo",
                                               "/etc/zoneinfo"};

// Text files (zone.tab, tzdata.zi) lie beside the zones.
bool is_zone_file(const fs::path& path) {
    std::error_code failed;
    if (!fs::is_regular_file(path, failed)) return false;
    std::ifstream file(path, std::ios::binary);
    char magic[4] = {};
    return file.read(magic, sizeof magic) && std::string_view(magic, sizeof magic) == "TZif";
}

std::vector<fs::path> candidates(const ZoneFolders& folders) {
    if (!folders.explicit_folder.empty()) return {folders.explicit_folder};
    if (const char* tzdir = std::getenv("TZDIR"); tzdir != nullptr && *tzdir != '\0') return {tzdir};
    std::vector<fs::path> out(std::begin(kSystemFolders), std::end(kSystemFolders));
    if (!folders.fallback.empty()) out.emplace_back(folders.fallback);
    return out;
}

}  // namespace

std::string find_zone_file(const ZoneFolders& folders, const std::string& name) {
    std::string present;
    std::string absent;
    for (const fs::path& folder : candidates(folders)) {
        std::error_code failed;
        if (const fs::path path = fs::absolute(folder / name, failed); is_zone_file(path)) return path.string();
        std::string& list = fs::is_directory(folder, failed) ? present : absent;
        list += (list.empty() ? "" : ", ") + folder.string();
    }
    const std::string begin = in_quotes(name) + " is not a time zone: ";
    if (!present.empty()) {
        fail(Code::invalid, begin + "there is none of that name in " + present +
                                "; use an IANA name such as \"Europe/Madrid\", spelt exactly so");
    }
    fail(Code::invalid, begin + "this machine has no zone data (looked in " + absent +
                            "); install the package tzdata, or let TZDIR name a folder that has it");
}

}  // namespace uvsched
