// ZoneFiles: finds the compiled zone data.
#pragma once

#include <string>
#include <vector>

namespace uvsched {

// The folders to look in, in the order of TimeZone::set_data_folder. Empty: not given.
struct ZoneFolders {
    std::string explicit_folder;
    std::string fallback;
};

// All folders to look in, in order: these and the system's. Some may not exist.
[[nodiscard]] std::vector<std::string> zone_folders(const ZoneFolders& folders);

// The absolute path of a zone's file. If a folder was named (explicit, TZDIR), only that folder is searched.
// Throws Error(invalid) that names the text and the folders and, if there is no data at all, the package to install.
// `name` has passed check_zone_name().
[[nodiscard]] std::string find_zone_file(const ZoneFolders& folders, const std::string& name);

}  // namespace uvsched
