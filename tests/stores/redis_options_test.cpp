// What a configuration says of a Redis store, and the module that it asks for.
#include <cstdlib>

#include "core/stores/drivers/driver_library.hpp"
#include "core/stores/registry/registry.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/redis_place.hpp"

using namespace uvsched;
using nlohmann::json;

namespace {

RedisOptions options_of(const json& given) {
    static_cast<void>(RedisServer::shared());  // which says where the module is
    StoreFields fields(given, "x");
    return read_redis_options(fields);
}

std::string text_of(const json& given) {
    const RedisOptions out = options_of(given);
    return out.user + ":" + out.password + "@" + out.host + ":" + std::to_string(out.port) + "/" +
           std::to_string(out.database) + " " + out.socket;
}

std::string refusal(const json& given) {
    static_cast<void>(RedisServer::shared());
    try {
        static_cast<void>(read_store(given, "stores.x"));
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a server is named by a URL, or by its parts") {
    CHECK(text_of("redis://me:s%40crEt@cache.example:6380/3") == "me:s@crEt@cache.example:6380/3 ");
    CHECK(text_of("redis://:secret@cache.example") == ":secret@cache.example:6379/0 ");
    CHECK(text_of("redis://cache.example/") == ":@cache.example:6379/0 ");
    CHECK(text_of("redis://") == ":@localhost:6379/0 ");
    CHECK(text_of("redis") == ":@localhost:6379/0 ");
    CHECK(text_of("redis://[::1]:6380") == ":@::1:6380/0 ");
    CHECK(text_of("redis:///2?socket=%2Frun%2Fredis.sock") == ":@localhost:6379/2 /run/redis.sock");
    const json parts{{"type", "redis"}, {"host", "h"},         {"port", 6380},
                     {"user", "me"},    {"password", "a%20b"}, {"database", 4}};
    CHECK(text_of(parts) == "me:a%20b@h:6380/4 ");
}

TEST_CASE("the store's own options have defaults, and are checked") {
    const RedisOptions plain = options_of("redis://h");
    CHECK(plain.prefix == "uvsched");
    CHECK(plain.lease == 10 * kSecond);
    CHECK(plain.place() == "redis://h:6379/0");
    const RedisOptions given = options_of("redis://me:pw@h/1?prefix=My%20Jobs&lease=2.5");
    CHECK(given.prefix == "My Jobs");
    CHECK(given.lease == 2'500 * kMillisecond);
    CHECK(given.place() == "redis://h:6379/1");
    CHECK(options_of("redis://?socket=/run/r.sock").place() == "redis:///run/r.sock/0");
    CHECK(options_of("redis://h?tasks_key=jobs&run_times_key=times").prefix == "jobs");
    CHECK(options_of("redis://h?tasks_key=asyncz.tasks&prefix=jobs").prefix == "jobs");
    const StoreConfig store = read_store("redis://h?retention_per_task=5&on_store_lost=reopen", "x");
    CHECK(store.durable());
    CHECK(store.retention.per_task == 5);
    CHECK(store.on_lost == OnLost::reopen);
    CHECK(store.make() != nullptr);  // which opens nothing
}

TEST_CASE("a fault is named with its path, and no password is shown") {
    const struct {
        json given;
        const char* message;
    } cases[] = {
        {"redis:jobs", "stores.x: \"redis:jobs\": write redis://USER:PASSWORD@HOST:PORT/DATABASE"},
        {"redis:me:s3cret@h", "stores.x: not a URL; write redis://USER:PASSWORD@HOST:PORT/DATABASE"},
        {"redis://me:s3cret/1",
         "stores.x: \"redis://***/1\": the port is not a number from 1 to 65535; write "
         "redis://USER:PASSWORD@HOST:PORT/DATABASE, and characters of a password as %XX that are no letters or digits"},
        {"redis://h?prefx=a", "stores.x.prefx: unknown option; did you mean prefix?"},
        {"redis://h?synchronous=full",
         "stores.x.synchronous: unknown option (known: host, port, user, password, database, socket, prefix, lease, "
         "on_store_lost, retention_age and retention_per_task)"},
        {"redis://h?lease=0.5", "stores.x.lease: 500 ms is not between 1 and 600 seconds"},
        {"redis://h?prefix=", "stores.x.prefix: not a name of 1 to 100 bytes without { and }"},
        {"redis://h?prefix=a%7Bb", "stores.x.prefix: not a name of 1 to 100 bytes without { and }"},
        {"redis://h?tasks_key=a&prefix=b", "stores.x.prefix: given twice"},
        {"redis://h?host=other", "stores.x.host: given twice"},
        {"redis://h?socket=/run/r.sock", "stores.x.socket: given twice"},
        {"redis://h/1?database=2", "stores.x.database: given twice"},
        {"redis://me@h", "stores.x.user: given without a password"},
        {"redis://h/jobs",
         "stores.x: \"redis://h/jobs\": the database is not a number; write redis://USER:PASSWORD@HOST:PORT/DATABASE"},
        {{{"type", "redis"}, {"url", "mysql://me:s3cret@h/d"}},
         "stores.x.url: \"mysql://***@h/d\": not a URL of this store; write redis://HOST:PORT/DATABASE"},
        {"rediss://h",
         "stores.x: \"rediss\" (TLS) is not supported; use redis:, through a tunnel (stunnel) if the network is not "
         "yours alone"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.given.dump());
        CHECK(refusal(c.given) == c.message);
    }
    for (const char* const url : {"redis://me:s3cret@h:port/1", "redis://me:s3/cret@h:x/1", "redis://:s3cret@h/x"}) {
        CAPTURE(url);
        CHECK(refusal(url) != "accepted");
        CHECK(refusal(url).find("s3") == std::string::npos);
        CHECK(refusal(url).find("cret") == std::string::npos);
    }
}

TEST_CASE("what was read is told as options, which are read as the same") {
    for (const char* const url : {"redis://me:s%40c@h:1/2?prefix=a&lease=3&on_store_lost=reopen",
                                  "redis://:pw@?socket=/run/r.sock", "redis://h"}) {
        const StoreConfig store = read_store(url, "x");
        const json told = json::parse(store.options);
        CHECK(json::parse(read_store(told, "x").options) == told);
    }
    CHECK(json::parse(read_store("redis://me:s%40c@h", "x").options)["password"] == "s@c");
}

TEST_CASE("a module that is not there is named, with what to install and where it is looked for") {
    const std::string before = std::getenv(kModulePath);
    const Folder folder;
    ::setenv(kModulePath, folder.file("").c_str(), 1);
    const std::string missing = refusal("redis://h");
    CHECK(missing.starts_with("stores.x: \"redis\" cannot be used: libuvsched-redis.so is not in "));
    CHECK(missing.find("libhiredis0.14 on Debian") != std::string::npos);
    CHECK(missing.find("UVSCHED_MODULE_PATH") != std::string::npos);
    ::setenv(kModulePath, before.c_str(), 1);
    CHECK(refusal("redis://h") == "accepted");
    CHECK(std::string(redis_driver()->library()).starts_with("hiredis "));
}
