#include "core/time/zone_files.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "core/base/error.hpp"
#include "core/time/zone.hpp"

using namespace uvsched;
namespace fs = std::filesystem;

namespace {

// A folder of its own with the named zones in it, gone at the end.
class Folder {
public:
    explicit Folder(std::initializer_list<const char*> zones) {
        std::string name = (fs::temp_directory_path() / "uvsched-zones-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
        for (const char* zone : zones) add(zone, "Asia/Kolkata");
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path_); }

    void add(const std::string& zone, const std::string& like) const {
        fs::create_directories((path_ / zone).parent_path());
        fs::copy_file(fs::path("/usr/share/zoneinfo") / like, path_ / zone);
    }
    void write(const std::string& zone, const std::string& content) const { std::ofstream(path_ / zone) << content; }
    [[nodiscard]] std::string path() const { return path_.string(); }

private:
    fs::path path_;
};

// $TZDIR for the length of a test.
class Tzdir {
public:
    explicit Tzdir(const std::string& value) {
        if (const char* old = ::getenv("TZDIR")) old_ = old;
        ::setenv("TZDIR", value.c_str(), 1);
    }
    Tzdir(const Tzdir&) = delete;
    Tzdir& operator=(const Tzdir&) = delete;
    ~Tzdir() {
        if (old_) {
            ::setenv("TZDIR", old_->c_str(), 1);
        } else {
            ::unsetenv("TZDIR");
        }
    }

private:
    std::optional<std::string> old_;
};

std::string refusal(const ZoneFolders& folders, const std::string& name) {
    try {
        static_cast<void>(find_zone_file(folders, name));
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("an explicit folder comes first and alone, then TZDIR alone, then the system, then the fallback") {
    const Folder given({"Test/Given", "Test/All"});
    const Folder named({"Test/Named", "Test/All"});
    const Folder fallback({"Test/Fallback", "Europe/Madrid"});
    const ZoneFolders none;
    const ZoneFolders both{.explicit_folder = given.path(), .fallback = fallback.path()};
    const ZoneFolders second{.explicit_folder = "", .fallback = fallback.path()};
    {
        const Tzdir tzdir(named.path());
        CHECK(find_zone_file(both, "Test/All") == given.path() + "/Test/All");
        CHECK(refusal(both, "Test/Named") != "");
        CHECK(refusal(both, "Europe/Madrid") != "");
        CHECK(find_zone_file(second, "Test/All") == named.path() + "/Test/All");
        CHECK(refusal(second, "Test/Fallback") != "");
        CHECK(refusal(second, "Europe/Madrid") != "");
    }
    const Tzdir tzdir("");
    CHECK(find_zone_file(second, "Europe/Madrid") == "/usr/share/zoneinfo/Europe/Madrid");
    CHECK(find_zone_file(second, "Test/Fallback") == fallback.path() + "/Test/Fallback");
    CHECK(refusal(none, "Test/Fallback") != "");
}

TEST_CASE("without any data the error names what to install") {
    const ZoneFolders nowhere{.explicit_folder = "/nonexistent/zones", .fallback = ""};
    CHECK(refusal(nowhere, "Europe/Madrid") ==
          "\"Europe/Madrid\" is not a time zone: this machine has no zone data (looked in /nonexistent/zones); install "
          "the "
          "package tzdata, or set TZDIR to a folder that has it");
    const Folder empty({});
    CHECK(refusal({.explicit_folder = empty.path(), .fallback = ""}, "Europe/Madrid") ==
          "\"Europe/Madrid\" is not a time zone: there is no zone of that name in " + empty.path() +
              "; use an IANA name such as \"Europe/Madrid\", spelt exactly like that");
}

TEST_CASE("zones are loaded from the folder that was set, and stay what they were") {
    const Folder first({"Test/Moves"});
    const Folder second({});
    second.add("Test/Moves", "America/New_York");
    TimeZone::set_data_folder(first.path(), "");
    CHECK(TimeZone::load("Test/Moves").offset_seconds(0) == 19800);
    TimeZone::set_data_folder(second.path(), "");
    CHECK(TimeZone::load("Test/Moves").offset_seconds(0) == 19800);
    CHECK_THROWS_AS(static_cast<void>(TimeZone::load("Atlantic/Azores")), Error);
    TimeZone::set_data_folder("", "");
    CHECK(TimeZone::load("Atlantic/Azores").name() == "Atlantic/Azores");
}

TEST_CASE("a zone that appears later is found, a damaged one never becomes UTC") {
    const Folder folder({});
    TimeZone::set_data_folder(folder.path(), "");
    CHECK_THROWS_AS(static_cast<void>(TimeZone::load("Test_Later")), Error);
    folder.add("Test_Later", "Asia/Kolkata");
    CHECK(TimeZone::load("Test_Later").offset_seconds(0) == 19800);
    folder.write("Test_Damaged", "TZif2 and then nothing of use");
    folder.write("Test_Text", "not zone data");
    for (const char* name : {"Test_Damaged", "Test_Text"}) {
        CHECK_THROWS_AS(static_cast<void>(TimeZone::load(name)), Error);
        CHECK_THROWS_AS(static_cast<void>(TimeZone::load(name)), Error);
    }
    TimeZone::set_data_folder("", "");
}
