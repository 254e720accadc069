// What a configuration says of a MongoDB store, and the module that it asks for.
#include <cstdlib>

#include "core/stores/drivers/driver_library.hpp"
#include "core/stores/registry/registry.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/mongodb_place.hpp"

using namespace uvsched;
using nlohmann::json;

namespace {

MongodbOptions options_of(const json& given) {
    static_cast<void>(MongodbServer::shared());  // which says where the module is
    StoreFields fields(given, "x");
    return read_mongodb_options(fields);
}

std::string text_of(const json& given) {
    const MongodbOptions out = options_of(given);
    std::string text = out.user + ":" + out.password + "@";
    for (const std::string& host : out.hosts) text += host + ",";
    text += "/" + out.database;
    for (const auto& [name, value] : out.parameters) text.append("&").append(name).append("=").append(value);
    return text;
}

std::string refusal(const json& given) {
    static_cast<void>(MongodbServer::shared());
    try {
        static_cast<void>(read_store(given, "stores.x"));
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a server is named by a URL, or by its parts") {
    CHECK(text_of("mongodb://me:s%40crEt@db.example:27018/jobs") == "me:s@crEt@db.example:27018,/jobs");
    CHECK(text_of("mongodb://a:1,b:2,c/jobs?replicaSet=rs0&tls=true") == ":@a:1,b:2,c,/jobs&replicaSet=rs0&tls=true");
    CHECK(text_of("mongodb://db.example/") == ":@db.example,/uvsched");
    CHECK(text_of("mongodb://") == ":@localhost:27017,/uvsched");
    CHECK(text_of("mongo://h/jobs") == ":@h,/jobs");
    CHECK(text_of("mongodb") == ":@localhost:27017,/uvsched");
    CHECK(text_of("mongodb://[::1]:27018/jobs") == ":@[::1]:27018,/jobs");
    const json parts{{"type", "mongodb"},   {"host", "h"},        {"port", 27018}, {"user", "me"},
                     {"password", "a%20b"}, {"database", "jobs"}, {"tls", true}};
    CHECK(text_of(parts) == "me:a%20b@h:27018,/jobs&tls=true");
    CHECK(text_of({{"type", "mongodb"}, {"host", "::1"}}) == ":@[::1]:27017,/uvsched");
}

TEST_CASE("the client library gets all of it, and deadlines") {
    const MongodbOptions options = options_of("mongodb://m%40e:p%2Fw@h:1/jobs?authSource=admin");
    CHECK(options.url(2 * kSecond, 30 * kSecond) ==
          "mongodb://m%40e:p%2fw@h:1/jobs?connectTimeoutMS=2000&serverSelectionTimeoutMS=2000&socketTimeoutMS=30000"
          "&authSource=admin&appname=uvsched");
}

TEST_CASE("the store's own options have defaults, and are checked") {
    const MongodbOptions plain = options_of("mongodb://h");
    CHECK(plain.collection == "tasks");
    CHECK(plain.lease == 10 * kSecond);
    CHECK(plain.place() == "mongodb://h/uvsched");
    const MongodbOptions given = options_of("mongodb://me:pw@h/jobs?collection=My%20Jobs&lease=2.5");
    CHECK(given.collection == "My Jobs");
    CHECK(given.lease == 2'500 * kMillisecond);
    CHECK(given.place() == "mongodb://h/jobs");
    const StoreConfig store = read_store("mongodb://h?retention_per_task=5&on_store_lost=reopen", "x");
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
        {"mongodb:jobs", "stores.x: \"mongodb:jobs\": write mongodb://USER:PASSWORD@HOST:PORT/DATABASE"},
        {"mongodb://h?colection=a", "stores.x.colection: unknown option; did you mean collection?"},
        {"mongodb://h?replicaset=a", "stores.x.replicaset: unknown option; did you mean replicaSet?"},
        {"mongodb://h?w=1",
         "stores.x.w: unknown option (known: host, port, user, password, database, collection, lease, on_store_lost, "
         "retention_age, retention_per_task, and options of libmongoc's that say how to connect)"},
        {"mongodb://h?lease=0.5", "stores.x.lease: 500 ms is not between 1 and 600 seconds"},
        {"mongodb://h?collection=",
         "stores.x.collection: not a name of 1 to 100 bytes without $ that does not begin with system."},
        {"mongodb://h/a.b", "stores.x.database: not a name of 1 to 63 bytes without dots, blanks, slashes and $"},
        {"mongodb://h?host=other", "stores.x.host: given twice"},
        {"mongodb://h/a?database=b", "stores.x.database: given twice"},
        {"mongodb://a,,b/jobs",
         "stores.x: \"mongodb://a,,b/jobs\": a host is missing; write mongodb://USER:PASSWORD@HOST:PORT/DATABASE"},
        {{{"type", "mongodb"}, {"password", "s3cret"}}, "stores.x.password: given without a user"},
        {{{"type", "mongodb"}, {"host", "a,b"}},
         "stores.x.host: not the name of a host; give several hosts, users and options in url"},
        {{{"type", "mongodb"}, {"url", "mysql://me:s3cret@h/d"}},
         "stores.x.url: \"mysql://***@h/d\": not a URL of this store; write mongodb://HOST:PORT/DATABASE"},
        {"mongodb+srv://h",
         "stores.x: \"mongodb+srv\" (hosts by the name server) is not supported; write the hosts: "
         "mongodb://HOST:PORT,HOST:PORT/DATABASE?replicaSet=NAME&tls=true"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.given.dump());
        CHECK(refusal(c.given) == c.message);
    }
    for (const char* const url : {"mongodb://me:s3cret@h:port/a", "mongodb://me:s3/cret@h:x/a"}) {
        CAPTURE(url);
        CHECK(refusal(url) != "accepted");
        CHECK(refusal(url).find("s3") == std::string::npos);
        CHECK(refusal(url).find("cret") == std::string::npos);
    }
}

TEST_CASE("what was read is told as options, which are read as the same") {
    for (const char* const url : {"mongodb://me:s%40c@h:1,i:2/jobs?collection=a&lease=3&on_store_lost=reopen&tls=true",
                                  "mongodb://[::1]/jobs", "mongodb://h"}) {
        const StoreConfig store = read_store(url, "x");
        const json told = json::parse(store.options);
        CHECK(json::parse(read_store(told, "x").options) == told);
    }
    const json told = json::parse(read_store("mongodb://me:s%40c@h:1,i/jobs?replicaSet=a%26b&tls=true", "x").options);
    CHECK(told["url"] == "mongodb://h:1,i?replicaSet=a%26b&tls=true");
    CHECK(told["username"] == "me");
    CHECK(told["password"] == "s@c");
    CHECK(told["database"] == "jobs");
}

TEST_CASE("a module that is not there is named, with what to install and where it is looked for") {
    const std::string before = std::getenv(kModulePath);
    const Folder folder;
    ::setenv(kModulePath, folder.file("").c_str(), 1);
    const std::string missing = refusal("mongodb://h");
    CHECK(missing.starts_with("stores.x: \"mongodb\" cannot be used: libuvsched-mongodb.so is not in "));
    CHECK(missing.find("libmongoc-1.0-0 on Debian") != std::string::npos);
    CHECK(missing.find("UVSCHED_MODULE_PATH") != std::string::npos);
    ::setenv(kModulePath, before.c_str(), 1);
    CHECK(refusal("mongodb://h") == "accepted");
    CHECK(std::string(mongodb_driver()->library()).starts_with("libmongoc "));
}
