#include "core/time/local_zone.hpp"

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

const fs::path kSystem = "/usr/share/zoneinfo";

// An /etc of its own, gone at the end.
class Etc {
public:
    Etc() {
        std::string name = (fs::temp_directory_path() / "uvsched-etc-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
    }
    Etc(const Etc&) = delete;
    Etc& operator=(const Etc&) = delete;
    ~Etc() { fs::remove_all(folder_); }

    [[nodiscard]] fs::path localtime() const { return folder_ / "localtime"; }
    [[nodiscard]] fs::path timezone() const { return folder_ / "timezone"; }
    [[nodiscard]] std::string zone() const {
        return local_zone_name({}, {.localtime = localtime().string(), .timezone = timezone().string()});
    }

private:
    fs::path folder_;
};

// $TZ for the length of a test; nullptr: unset.
class Tz {
public:
    explicit Tz(const char* value) {
        if (const char* old = ::getenv("TZ")) old_ = old;
        set(value);
    }
    Tz(const Tz&) = delete;
    Tz& operator=(const Tz&) = delete;
    ~Tz() { set(old_ ? old_->c_str() : nullptr); }

private:
    static void set(const char* value) {
        if (value != nullptr) {
            ::setenv("TZ", value, 1);
        } else {
            ::unsetenv("TZ");
        }
    }
    std::optional<std::string> old_;
};

std::string refusal(const auto& call) {
    try {
        static_cast<void>(call());
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "";
}

}  // namespace

TEST_CASE("TZ says the machine's zone: a name, a path, or a POSIX string of one offset") {
    const struct {
        const char* tz;
        const char* name;
    } cases[] = {{"Europe/Madrid", "Europe/Madrid"},
                 {":America/New_York", "America/New_York"},
                 {"", "UTC"},
                 {":", "UTC"},
                 {"UTC", "UTC"},
                 {"UTC0", "UTC"},
                 {"Etc/UTC", "UTC"},
                 {"Zulu", "UTC"},
                 {"EST5EDT", "EST5EDT"},
                 {"EST5", "-05:00"},
                 {"JST-9", "+09:00"},
                 {"<+0530>-5:30", "+05:30"},
                 {"Etc/GMT+5", "Etc/GMT+5"},
                 {"/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"},
                 {":/usr/share/zoneinfo/posix/Asia/Tokyo", "Asia/Tokyo"}};
    for (const auto& [tz, name] : cases) {
        CAPTURE(tz);
        const Tz set(tz);
        CHECK(TimeZone::local().name() == name);
        CHECK(TimeZone::load("local").name() == name);
    }
}

TEST_CASE("what TZ says and names no zone is an error, and never UTC") {
    for (const char* tz : {"CET-1CEST,M3.5.0,M10.5.0/3", "Europe/Nowhere", "/no/such/file", "local", "../etc/passwd"}) {
        CAPTURE(tz);
        const Tz set(tz);
        const std::string message = refusal([] { return TimeZone::local(); });
        CHECK(message.starts_with("the machine's time zone: "));
        CHECK(message.find(tz) != std::string::npos);
    }
}

TEST_CASE("without TZ, where /etc/localtime leads, also by a relative link, by two, and to data that is not there") {
    const Tz unset(nullptr);
    for (const char* target : {"/usr/share/zoneinfo/Europe/Madrid", "../usr/share/zoneinfo/Europe/Madrid",
                               "/no/such/zoneinfo/right/Europe/Madrid"}) {
        CAPTURE(target);
        const Etc etc;
        fs::create_symlink(target, etc.localtime());
        CHECK(etc.zone() == "Europe/Madrid");
    }
    const Etc etc;
    fs::create_symlink("/usr/share/zoneinfo/US/Eastern", etc.localtime().parent_path() / "own");
    fs::create_symlink("own", etc.localtime());
    CHECK(etc.zone() == "US/Eastern");
}

TEST_CASE("a copied /etc/localtime is found by its content, under the name of a place") {
    const Tz unset(nullptr);
    for (const char* name : {"Europe/Madrid", "America/New_York", "Asia/Kolkata", "Europe/Berlin"}) {
        CAPTURE(name);
        const Etc etc;
        std::ofstream(etc.timezone()) << "Etc/UTC\n";
        fs::copy_file(kSystem / name, etc.localtime());
        CHECK(etc.zone() == name);
    }
    const Etc etc;
    fs::copy_file(kSystem / "Etc/UTC", etc.localtime());
    CHECK(etc.zone() == "UTC");
}

TEST_CASE("a file that is like no zone is an error that says what to set") {
    const Tz unset(nullptr);
    const Etc etc;
    std::ofstream(etc.localtime()) << "nothing of the kind";
    const std::string message = refusal([&] { return etc.zone(); });
    CHECK(message.find(etc.localtime().string()) != std::string::npos);
    CHECK(message.find("set TZ to an IANA name") != std::string::npos);
}

TEST_CASE("without /etc/localtime /etc/timezone says it, and without both it is UTC") {
    const Tz unset(nullptr);
    const Etc etc;
    CHECK(etc.zone() == "UTC");
    std::ofstream(etc.timezone()) << "Europe/Madrid\n";
    CHECK(etc.zone() == "Europe/Madrid");
    fs::create_directory(etc.localtime());  // what a container has where its host had no such file
    CHECK(etc.zone() == "Europe/Madrid");
}
