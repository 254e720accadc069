#include "core/time/zone_files.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"

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

}  // namespace

std::vector<std::string> zone_folders(const ZoneFolders& folders) {
    if (!folders.explicit_folder.empty()) return {folders.explicit_folder};
    if (const char* tzdir = std::getenv("TZDIR"); tzdir != nullptr && *tzdir != '\0') return {tzdir};
    std::vector<std::string> out(std::begin(kSystemFolders), std::end(kSystemFolders));
    if (!folders.fallback.empty()) out.emplace_back(folders.fallback);
    return out;
}

std::string find_zone_file(const ZoneFolders& folders, const std::string& name) {
    std::string present;
    std::string absent;
    for (const std::string& text : zone_folders(folders)) {
        const fs::path folder = text;
        std::error_code failed;
        if (const fs::path path = fs::absolute(folder / name, failed); is_zone_file(path)) return path.string();
        std::string& list = fs::is_directory(folder, failed) ? present : absent;
        list += (list.empty() ? "" : ", ") + folder.string();
    }
    const std::string begin = in_quotes(name) + " is not a time zone: ";
    if (!present.empty()) {
        fail(Code::invalid, begin + "there is no zone of that name in " + present +
                                "; use an IANA name such as \"Europe/Madrid\", spelt exactly like that");
    }
    fail(Code::invalid, begin + "this machine has no zone data (looked in " + absent +
                            "); install the package tzdata, or set TZDIR to a folder that has it");
}

}  // namespace uvsched
