// ZoneFiles: where the compiled zone data lies.
#pragma once

#include <string>

namespace uvsched {

// The folders to look in, in the order of TimeZone::set_data_folder. Empty: not given.
struct ZoneFolders {
    std::string explicit_folder;
    std::string fallback;
};

// The absolute path of a zone's file. A folder that was asked for (explicit, TZDIR) is the only one looked in.
// Throws Error(invalid) that names the text, the folders, and what to install where there is no data at all.
// `name` has passed check_zone_name().
[[nodiscard]] std::string find_zone_file(const ZoneFolders& folders, const std::string& name);

}  // namespace uvsched
