#include "core/stores/redis/redis_module.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/base/name.hpp"

namespace uvsched {
namespace {

constexpr const char* kForm = "write redis://USER:PASSWORD@HOST:PORT/DATABASE";
constexpr const char* kAsynczTasks = "asyncz.tasks";  // its default
constexpr std::size_t kMostPrefix = 100;
constexpr int kMostPort = 65'535;
constexpr int kMostDatabase = 1'000'000;

// A whole number of digits alone; -1: something else.
int number_in(std::string_view text) {
    int out = -1;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? out : -1;
}

// What the URL said, to find what is given twice.
struct Said {
    bool host = false;
    bool port = false;
    bool user = false;
    bool password = false;
    bool database = false;
};

// "//USER:PASSWORD@HOST:PORT/DATABASE", each part of which may be missing.
Said read_place(const StorePlace& place, RedisOptions& out) {
    Said said;
    std::string_view rest = place.text;
    if (!rest.starts_with("//")) place.refuse_form(kForm);
    rest.remove_prefix(2);
    const auto plain = [&](std::string_view text) { return without_escapes(text, place.path); };
    // A password may have a slash in it that is not escaped: then what is behind it is no database, and is not shown.
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos && slash + 1 < rest.size()) {
        out.database = number_in(rest.substr(slash + 1));
        if (out.database < 0 || out.database > kMostDatabase) {
            place.refuse(std::string("the database is not a number; ") + kForm);
        }
        said.database = true;
    }
    rest = rest.substr(0, slash);
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view who = rest.substr(0, at);
        const std::size_t colon = who.find(':');
        out.user = plain(who.substr(0, colon));
        said.user = !out.user.empty();
        if (colon != std::string_view::npos) out.password = plain(who.substr(colon + 1));
        said.password = !out.password.empty();
        rest.remove_prefix(at + 1);
    }
    const std::size_t bracket = rest.starts_with('[') ? rest.find(']') : std::string_view::npos;  // an IPv6 address
    const std::size_t colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (colon != std::string_view::npos) {
        out.port = number_in(rest.substr(colon + 1));
        if (out.port < 1 || out.port > kMostPort) {
            place.refuse(std::string("the port is not a number from 1 to 65535; ") + kForm +
                         ", and characters of a password as %XX that are no letters or digits");
        }
        said.port = true;
    }
    rest = rest.substr(0, colon);
    if (bracket != std::string_view::npos) rest = rest.substr(1, bracket - 1);
    if (!rest.empty()) out.host = plain(rest);
    said.host = !rest.empty();
    return said;
}

void read_text(JsonFields& fields, const char* name, bool said, std::string& out) {
    const auto given = fields.text(name);
    if (!given) return;
    if (said) fields.refuse(name, "given twice");
    if (given->find('\0') != std::string::npos) fields.refuse(name, "contains a NUL");
    out = *given;
}

void read_number(JsonFields& fields, const char* name, bool said, std::int64_t least, std::int64_t most, int& out) {
    const auto given = fields.integer(name, least, most);
    if (!given) return;
    if (said) fields.refuse(name, "given twice");
    out = static_cast<int>(*given);
}

// What tells stores on one server apart; asyncz has two names for it.
void read_prefix(JsonFields& fields, RedisOptions& out) {
    std::string tasks_key = kAsynczTasks;
    std::string run_times_key;
    read_text(fields, "tasks_key", false, tasks_key);
    read_text(fields, "run_times_key", false, run_times_key);
    const bool renamed = tasks_key != kAsynczTasks;
    if (renamed) out.prefix = tasks_key;
    read_text(fields, "prefix", renamed, out.prefix);
    const char* const name = renamed ? "tasks_key" : "prefix";
    if (out.prefix.empty() || out.prefix.size() > kMostPrefix || out.prefix.find_first_of("{}") != std::string::npos) {
        fields.refuse(name, "not a name of 1 to 100 bytes without { and }");
    }
    validate_text(name, out.prefix);
}

}  // namespace

RedisOptions read_redis_options(StoreFields& given) {
    RedisOptions out;
    JsonFields& fields = given.fields();
    const auto place = given.place("redis", {"url"}, Escapes::percent);
    Said said;
    if (place) {
        if (!place->is_url) place->refuse("not a URL of this store; write redis://HOST:PORT/DATABASE");
        if (!place->text.empty()) said = read_place(*place, out);
    }
    out.driver = given.find_driver(redis_driver);
    given.refuse_unknown(
        {"type", "class", "url", "host", "port", "user", "username", "password", "database", "socket", "prefix",
         "tasks_key", "run_times_key", "lease", "on_store_lost", "retention_age", "retention_per_task"},
        "host, port, user, password, database, socket, prefix, lease, on_store_lost, retention_age "
        "and retention_per_task");
    read_text(fields, "host", said.host, out.host);
    read_text(fields, "socket", said.host, out.socket);
    read_number(fields, "port", said.port, 1, kMostPort, out.port);
    read_text(fields, "user", said.user, out.user);
    read_text(fields, "username", !out.user.empty(), out.user);
    read_text(fields, "password", said.password, out.password);
    read_number(fields, "database", said.database, 0, kMostDatabase, out.database);
    read_prefix(fields, out);
    if (!out.user.empty() && out.password.empty()) fields.refuse("user", "given without a password");
    out.lease = given.lease();
    return out;
}

void refuse_redis_with_tls(const StoreFields& given) {
    if (given.kind() != "rediss") return;
    fail(Code::unsupported, given.kind_path() +
                                ": \"rediss\" (TLS) is not supported; use redis:, through a tunnel (stunnel) if "
                                "the network is not yours alone");
}

StoreConfig read_redis_store(StoreFields& given) {
    const RedisOptions options = read_redis_options(given);
    StoreConfig out;
    out.make = [options] { return make_redis_store(options); };
    out.on_lost = given.first_of("on_store_lost", "stop", "reopen") ? OnLost::stop : OnLost::reopen;
    nlohmann::json told{
        {"type", "redis"},
        {"database", options.database},
        {"prefix", options.prefix},
        {"lease", static_cast<double>(options.lease) / kSecond},
        {"on_store_lost", out.on_lost == OnLost::stop ? "stop" : "reopen"},
    };
    if (options.socket.empty()) {
        told["host"] = options.host;
        told["port"] = options.port;
    } else {
        told["socket"] = options.socket;
    }
    if (!options.user.empty()) told["username"] = options.user;
    if (!options.password.empty()) told["password"] = options.password;
    out.options = told.dump();
    return out;
}

}  // namespace uvsched
