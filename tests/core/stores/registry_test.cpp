#include "core/stores/registry/registry.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/stores/registry/store_fields.hpp"
#include "core/stores/sqlite/sqlite_module.hpp"

using namespace uvsched;
using nlohmann::json;

namespace {

SqliteOptions sqlite_options(const json& given) {
    StoreFields fields(given, "x");
    return read_sqlite_options(fields);
}

std::string path_of(const json& given) { return sqlite_options(given).path; }

std::string refusal(const json& given) {
    try {
        static_cast<void>(read_store(given, "stores.x"));
    } catch (const Error& error) {
        CHECK(error.code() == Code::invalid);
        return error.message();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a SQLite file is named by a URL or a path") {
    CHECK(path_of("sqlite:tasks.db") == "tasks.db");
    CHECK(path_of("sqlite:/var/lib/tasks.db") == "/var/lib/tasks.db");
    CHECK(path_of("sqlite:///data/tasks.db") == "data/tasks.db");
    CHECK(path_of("sqlite:////var/lib/tasks.db") == "/var/lib/tasks.db");
    CHECK(path_of("sqlite:with space & more.db") == "with space & more.db");
    for (const char* key : {"url", "database", "path"}) {
        CHECK(path_of({{"type", "sqlite"}, {key, "tasks.db"}}) == "tasks.db");
        CHECK(path_of({{"type", "sqlite"}, {key, "//var/tasks.db"}}) == "//var/tasks.db");
        CHECK(path_of({{"type", "sqlite"}, {key, "sqlite:////var/tasks.db"}}) == "/var/tasks.db");
    }
    CHECK(path_of({{"type", "sqlite"}, {"path", "sqlite"}}) == "sqlite");
}

TEST_CASE("options stand behind a URL or beside it") {
    for (const json& given : {
             json("sqlite:t.db?synchronous=normal&lease=2.5&on_file_lost=reopen&retention_per_task=7"
                  "&retention_age=86400"),
             json{{"url", "sqlite:t.db?synchronous=normal"},
                  {"lease", "2.5"},
                  {"on_file_lost", "reopen"},
                  {"retention_per_task", "7"},
                  {"retention_age", 86400}},
             json{{"type", "sqlite"},
                  {"path", "t.db"},
                  {"synchronous", "normal"},
                  {"lease", 2.5},
                  {"on_file_lost", "reopen"},
                  {"retention_per_task", 7},
                  {"retention_age", "86400"}},
         }) {
        CAPTURE(given.dump());
        CHECK(sqlite_options(given).path == "t.db");
        CHECK(sqlite_options(given).synchronous == Synchronous::normal);
        CHECK(sqlite_options(given).lease == 2'500'000);
        const StoreConfig store = read_store(given, "stores.x");
        CHECK(store.durable());
        CHECK(store.on_lost == OnLost::reopen);
        CHECK(store.retention.per_task == 7);
        CHECK(store.retention.age == kDay);
    }
    CHECK(sqlite_options("sqlite:t.db").synchronous == Synchronous::full);
    CHECK(sqlite_options("sqlite:t.db").lease == 10 * kSecond);
    CHECK(sqlite_options("sqlite:t.db?lease=1").lease == kSecond);
    CHECK(sqlite_options("sqlite:t.db?lease=600").lease == 600 * kSecond);
    CHECK(sqlite_options("sqlite:t.db?synchronous=full").synchronous == Synchronous::full);
    CHECK(read_store("sqlite:t.db", "x").on_lost == OnLost::stop);
    CHECK(read_store("sqlite:t.db?on_file_lost=stop", "x").on_lost == OnLost::stop);
    CHECK(read_store("sqlite:t.db", "x").make() != nullptr);  // which opens nothing
}

TEST_CASE("a memory store is named by its scheme alone") {
    for (const json& given :
         {json("memory?history=5"), json("memory:?history=5"), json{{"url", "memory://"}, {"history", 5}},
          json{{"type", "memory"}, {"url", "memory"}, {"history", "5"}}}) {
        CAPTURE(given.dump());
        const StoreConfig store = read_store(given, "stores.x");
        CHECK_FALSE(store.durable());
        CHECK(store.history == 5);
    }
    CHECK(read_store("memory", "x").history == 10'000);
}

TEST_CASE("a fault of a store's configuration is named with its path") {
    const struct {
        json given;
        const char* message;
    } cases[] = {
        {"sqlite", "stores.x: \"sqlite\": the path is missing; write sqlite:PATH"},
        {"sqlite:", "stores.x: \"sqlite:\": the path is missing; write sqlite:PATH"},
        {"sqlite:///", "stores.x: \"sqlite:///\": the path is missing; write sqlite:PATH"},
        {"sqlite:?synchronous=full", "stores.x: \"sqlite:\": the path is missing; write sqlite:PATH"},
        {"sqlite://host/t.db",
         "stores.x: \"sqlite://host/t.db\": a SQLite file has no host; write sqlite:PATH, or sqlite:////PATH for an "
         "absolute one"},
        {"sqlite::memory:", "stores.x: \"sqlite::memory:\": for tasks in memory write \"memory\""},
        {"sqlite:postgresql://u:secret@host/db",
         "stores.x: \"sqlite:postgresql://***@host/db\": the path is the URL of another kind of store; write "
         "sqlite:PATH"},
        {{{"type", "sqlite"}, {"url", "postgresql://u:secret@host/db"}},
         "stores.x.url: \"postgresql://***@host/db\": the path is the URL of another kind of store; write sqlite:PATH"},
        {std::string("sqlite:a\0b", 10), "stores.x: \"sqlite:a\\x00b\": the path contains a NUL"},
        {"sqlite:t.db?synchronous=off", "stores.x.synchronous: \"off\" is neither full nor normal"},
        {"sqlite:t.db?lease=0.5", "stores.x.lease: 500 ms is not between 1 and 600 seconds"},
        {"sqlite:t.db?lease=601", "stores.x.lease: 601 s is not between 1 and 600 seconds"},
        {"sqlite:t.db?lease=long", "stores.x.lease: \"long\" is not a number of seconds"},
        {"sqlite:t.db?on_file_lost=cry", "stores.x.on_file_lost: \"cry\" is neither stop nor reopen"},
        {"sqlite:t.db?synchronous", "stores.x.synchronous: has no value; write synchronous=…"},
        {"sqlite:t.db?synchronous=full&journal=none",
         "stores.x.journal: unknown key (known: url, database, path, synchronous, lease, on_file_lost, retention_age, "
         "retention_per_task)"},
        {"sqlite:t.db?synchronous=full&synchronous=full", "stores.x.synchronous: given twice"},
        {{{"url", "sqlite:t.db?on_file_lost=stop"}, {"on_file_lost", "stop"}}, "stores.x.on_file_lost: given twice"},
        {"sqlite:t.db?path=b", "stores.x.path: cannot be an option after \"?\""},
        {"sqlite:t.db?type=memory", "stores.x.type: cannot be an option after \"?\""},
        {"sqlite:t.db?pass@host=1", "stores.x: the text after \"?\" is not of the form name=value&name=value"},
        {"memory?history=-1", "stores.x.history: \"-1\" is less than 0"},
        {"memory://host", "stores.x: \"memory://host\": a memory store has no path; write memory"},
        {5, "stores.x: 5 is not an object"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.given.dump());
        CHECK(refusal(c.given) == c.message);
    }
}
