// LocalZone: the name of the time zone that this machine is set to.
#pragma once

#include <string>

#include "core/time/zone_files.hpp"

namespace uvsched {

// The files that name a machine's zone if TZ does not.
struct LocalZoneFiles {
    std::string localtime = "/etc/localtime";
    std::string timezone = "/etc/timezone";
};

// The machine's zone: an IANA name, an offset ("-05:00"), or "UTC". The first of these that answers:
//   1. TZ: a name, a path, or a POSIX string of one offset, with or without a colon before it (empty: UTC);
//   2. the link `localtime`, by the path that it points to;
//   3. the file `localtime`, by the zone that has the same changes since 1970;
//   4. the file `timezone`;
//   5. UTC.
// The name is not checked: the zone may have no file here.
// Throws Error(invalid) for a POSIX string with daylight saving, and for a file that equals no zone.
[[nodiscard]] std::string local_zone_name(const ZoneFolders& folders, const LocalZoneFiles& files = {});

}  // namespace uvsched
