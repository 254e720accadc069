#include <doctest/doctest.h>

#include <string>

#include "core/base/error.hpp"
#include "core/stores/sqlite/sqlite_store.hpp"

using namespace uvsched;

TEST_CASE("store URLs name a path and how much of a commit is synced") {
    const auto path = [](const char* url) { return parse_sqlite_url(url).path; };
    CHECK(path("sqlite:tasks.db") == "tasks.db");
    CHECK(path("sqlite:/var/lib/tasks.db") == "/var/lib/tasks.db");
    CHECK(path("sqlite:///data/tasks.db") == "data/tasks.db");
    CHECK(path("sqlite:////var/lib/tasks.db") == "/var/lib/tasks.db");
    CHECK(path("sqlite:with space & more.db") == "with space & more.db");
    CHECK(parse_sqlite_url("sqlite:t.db").synchronous == Synchronous::full);
    CHECK(parse_sqlite_url("sqlite:t.db?synchronous=full").synchronous == Synchronous::full);
    CHECK(parse_sqlite_url("sqlite:////t.db?synchronous=normal").synchronous == Synchronous::normal);
    CHECK(parse_sqlite_url("sqlite:////t.db?synchronous=normal").path == "/t.db");
}

TEST_CASE("a wrong store URL is an error that names the part at fault") {
    const auto check = [](const std::string& url, const std::string& part) {
        CAPTURE(url);
        try {
            static_cast<void>(parse_sqlite_url(url));
            FAIL("accepted");
        } catch (const Error& error) {
            CAPTURE(error.message());
            CHECK(error.code() == Code::invalid);
            CHECK(error.message().find(part) != std::string::npos);
        }
    };
    check("", "sqlite:");
    check("postgresql:x", "sqlite:");
    check("sqlite:", "path is missing");
    check("sqlite:///", "path is missing");
    check("sqlite:?synchronous=full", "path is missing");
    check("sqlite://host/t.db", "no host");
    check("sqlite::memory:", "memory");
    check("sqlite:t.db?synchronous=off", "\"off\"");
    check("sqlite:t.db?synchronous", "synchronous");
    check("sqlite:t.db?synchronous=full&journal=none", "\"journal=none\"");
    check(std::string("sqlite:a\0b", 10), "NUL");
}
