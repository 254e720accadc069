// What a configuration says of a PostgreSQL store, and the module that it asks for.
#include <cstdlib>

#include "core/stores/drivers/driver_library.hpp"
#include "core/stores/registry/registry.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/postgresql_place.hpp"

using namespace uvsched;
using nlohmann::json;

namespace {

PostgresqlOptions options_of(const json& given) {
    static_cast<void>(PostgresqlServer::shared());  // which says where the module is
    StoreFields fields(given, "x");
    return read_postgresql_options(fields);
}

std::string text_of(const json& given) {
    std::string out;
    for (const auto& [name, value] : options_of(given).parameters) out += name + "=" + value + " ";
    return out;
}

std::string refusal(const json& given) {
    static_cast<void>(PostgresqlServer::shared());
    try {
        static_cast<void>(read_store(given, "stores.x"));
    } catch (const Error& error) {
        return error.message();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a server is named by a URL, or by its parts") {
    CHECK(text_of("postgresql://me:s%40crEt@db.example:5433/jobs") ==
          "dbname=jobs user=me password=s@crEt host=db.example port=5433 ");
    CHECK(text_of("postgres://db.example/jobs") == "dbname=jobs host=db.example ");
    CHECK(text_of("postgresql://") == "");
    CHECK(text_of("postgresql:///jobs?host=%2Frun%2Fpg&sslmode=require") ==
          "dbname=jobs host=/run/pg sslmode=require ");
    CHECK(text_of("postgresql://[::1]:5433/jobs") == "dbname=jobs host=::1 port=5433 ");
    CHECK(text_of("postgresql://a:1,b:2/jobs?target_session_attrs=read-write") ==
          "dbname=jobs host=a,b port=1,2 target_session_attrs=read-write ");
    const json parts{{"type", "postgresql"},
                     {"host", "h"},
                     {"port", 5433},
                     {"user", "me"},
                     {"password", "a%20b"},
                     {"database", "jobs"},
                     {"sslrootcert", "/etc/ca 100%.pem"}};
    CHECK(text_of(parts) == "user=me password=a%20b host=h port=5433 dbname=jobs sslrootcert=/etc/ca 100%.pem ");
}

TEST_CASE("the store's own options have defaults, and are checked") {
    const PostgresqlOptions plain = options_of("postgresql://h/d");
    CHECK(plain.schema == "uvsched");
    CHECK(plain.lease == 10 * kSecond);
    const PostgresqlOptions given = options_of("postgresql://h/d?schema=My%20Jobs&lease=2.5");
    CHECK(given.schema == "My Jobs");
    CHECK(given.lease == 2'500 * kMillisecond);
    CHECK(given.place() == "postgresql://h/d");
    const StoreConfig store = read_store("postgresql://h/d?retention_per_task=5&on_store_lost=reopen", "x");
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
        {"postgresql:jobs", "stores.x: \"postgresql:jobs\": write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"},
        {"postgresql:me:s3cret@h/d", "stores.x: not a URL; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"},
        {"postgresql://me:s3cret/d",
         "stores.x: \"postgresql://***/d\": the port is not a number; write "
         "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, and characters of a password as %XX that are no letters or "
         "digits"},
        {"postgresql://h/d?sslmod=require", "stores.x.sslmod: unknown option; did you mean sslmode?"},
        {"postgresql://h/d?shema=a", "stores.x.shema: unknown option; did you mean schema?"},
        {"postgresql://h/d?synchronous=full",
         "stores.x.synchronous: unknown option (known: schema, lease, and libpq's parameters)"},
        {"postgresql://h/d?lease=0.5", "stores.x.lease: 500 ms is not between 1 and 600 seconds"},
        {"postgresql://h/d?schema=", "stores.x.schema: not a name of 1 to 63 bytes"},
        {"postgresql://h/d?schema=pg_mine", "stores.x.schema: names that begin with pg_ are the server's own"},
        {"postgresql://h/d?host=other", "stores.x.host: given twice"},
        {"postgresql://me:%zz@h/d",
         "stores.x: a \"%\" in the URL is not followed by two hexadecimal digits; write %25"},
        {{{"type", "postgresql"}, {"url", "mysql://me:s3cret@h/d"}},
         "stores.x.url: \"mysql://***@h/d\": not a URL of this store; write postgresql://HOST/DATABASE"},
        {"postgresql+asyncpg://h/d", "stores.x: \"postgresql+asyncpg\" is a name of another library; write postgresql"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.given.dump());
        CHECK(refusal(c.given) == c.message);
    }
    for (const char* const url : {"postgresql://me:s3cret@h:port/d", "postgresql://me:s3/cret@h:x/d"}) {
        CHECK(refusal(url).find("s3") == std::string::npos);
        CHECK(refusal(url).find("cret") == std::string::npos);
    }
}

TEST_CASE("what was read is told as options, which are read as the same") {
    const StoreConfig store =
        read_store("postgresql://me:s%40c@h:1/d?sslmode=require&schema=a&lease=3&on_store_lost=reopen", "x");
    const json told = json::parse(store.options);
    CHECK(told["database"] == "d");
    CHECK(told["password"] == "s@c");
    CHECK(json::parse(read_store(told, "x").options) == told);
}

TEST_CASE("a module that is not there is named, with what to install and where it is looked for") {
    const std::string before = std::getenv(kModulePath);
    const Folder folder;
    ::setenv(kModulePath, (folder.file("") + ":relative").c_str(), 1);
    const std::string missing = refusal("postgresql://h/d");
    CHECK(missing.starts_with("stores.x: \"postgresql\" cannot be used: libuvsched-postgresql.so is not in "));
    CHECK(missing.find(folder.file("")) != std::string::npos);
    CHECK(missing.find("relative") == std::string::npos);
    CHECK(missing.find("libpq5 on Debian") != std::string::npos);
    CHECK(missing.find("UVSCHED_MODULE_PATH") != std::string::npos);
    std::ofstream(folder.file("libuvsched-postgresql.so")) << "no library";
    const std::string broken = refusal("postgresql://h/d");
    CHECK(broken.find("libuvsched-postgresql.so cannot be used: ") != std::string::npos);
    ::setenv(kModulePath, before.c_str(), 1);
    CHECK(refusal("postgresql://h/d") == "accepted");
    CHECK(std::string(postgresql_driver()->library()).starts_with("libpq "));
}
