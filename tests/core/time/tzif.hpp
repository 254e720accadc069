// Zone files made up for a test: any offset changes, as no real zone has them.
#pragma once

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/time/zone.hpp"
#include "core/time/zone_table.hpp"

namespace tzif {

inline void append(std::string& out, std::int64_t value, int bytes) {
    for (int byte = bytes - 1; byte >= 0; --byte) out += static_cast<char>(value >> (8 * byte) & 0xFF);
}

inline void append_header(std::string& out, std::size_t changes, std::size_t types) {
    out += "TZif2" + std::string(15, '\0');
    for (const std::size_t count : {std::size_t{0}, std::size_t{0}, std::size_t{0}, changes, types, std::size_t{4}}) {
        append(out, static_cast<std::int64_t>(count), 4);
    }
}

// RFC 8536, version 2. The first stretch is the one before all changes; `footer`: the rule behind the last.
inline std::string text(const std::vector<uvsched::ZoneStretch>& stretches, const std::string& footer = "") {
    std::string out;
    append_header(out, 0, 1);
    append(out, 0, 4);
    out += std::string(2, '\0') + "LMT" + std::string(1, '\0');
    append_header(out, stretches.size() - 1, stretches.size());
    for (std::size_t i = 1; i < stretches.size(); ++i) append(out, stretches[i].begin, 8);
    for (std::size_t i = 1; i < stretches.size(); ++i) append(out, static_cast<std::int64_t>(i), 1);
    for (const uvsched::ZoneStretch& stretch : stretches) {
        append(out, stretch.offset, 4);
        out += std::string(2, '\0');
    }
    return out + "LMT" + std::string(1, '\0') + "\n" + footer + "\n";
}

// A folder of them, which zones are loaded from while it lives.
class Folder {
public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "uvsched-zones-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp: " + name);
        path_ = name;
        uvsched::TimeZone::set_data_folder(name, "");
    }
    ~Folder() {
        uvsched::TimeZone::set_data_folder("", "");
        std::filesystem::remove_all(path_);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    // Under a name never used before: zones once loaded are kept.
    [[nodiscard]] uvsched::TimeZone load(const std::vector<uvsched::ZoneStretch>& stretches) const {
        static int count = 0;
        const std::string name = "Made_up_" + std::to_string(++count);
        std::ofstream(path_ / name, std::ios::binary) << text(stretches);
        return uvsched::TimeZone::load(name);
    }

private:
    std::filesystem::path path_;
};

}  // namespace tzif
