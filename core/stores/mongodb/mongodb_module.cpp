#include "core/stores/mongodb/mongodb_module.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

#include "core/base/name.hpp"

namespace uvsched {
namespace {

constexpr const char* kHowToWrite = "write mongodb://USER:PASSWORD@HOST:PORT/DATABASE";
constexpr int kLastPort = 65'535;
constexpr const char* kUsualPort = ":27017";

// What the URL said, to find what is given twice.
struct GivenInUrl {
    bool host = false;
    bool user = false;
    bool password = false;
    bool database = false;
};

// "host", "host:port" or "[address]:port"; a port is a number of at most five digits.
void check_host(const StorePlace& place, std::string_view host) {
    const std::size_t bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;  // an IPv6 address
    const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (host.substr(0, colon).empty()) place.refuse(std::string("a host is missing; ") + kHowToWrite);
    if (colon == std::string_view::npos) return;
    const std::string_view port = host.substr(colon + 1);
    const bool digits = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == port.npos;
    const int number = digits ? std::stoi(std::string(port)) : 0;
    if (number < 1 || number > kLastPort) {
        place.refuse(std::string("the port is not a number from 1 to 65535; ") + kHowToWrite +
                     ", and characters of a password as %XX that are no letters or digits");
    }
}

// "//USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE", each part of which may be missing.
GivenInUrl read_url(const StorePlace& place, MongodbOptions& out) {
    GivenInUrl said;
    std::string_view rest = place.text;
    if (!rest.starts_with("//")) place.refuse(kHowToWrite);
    rest.remove_prefix(2);
    const auto plain = [&](std::string_view text) { return without_escapes(text, place.path); };
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos && slash + 1 < rest.size()) {
        out.database = plain(rest.substr(slash + 1));
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
    said.host = !rest.empty();
    while (!rest.empty()) {
        const std::string_view host = rest.substr(0, rest.find(','));
        rest.remove_prefix(std::min(host.size() + 1, rest.size()));
        check_host(place, host);
        out.hosts.emplace_back(host);
    }
    return said;
}

void take_text(JsonFields& fields, const char* name, bool said, std::string& out) {
    const auto given = fields.text(name);
    if (!given) return;
    if (said) fields.refuse(name, "given twice");
    if (given->find('\0') != std::string::npos) fields.refuse(name, "contains a NUL");
    out = *given;
}

// Beside the URL: one host, and its port.
void read_host(JsonFields& fields, bool said, MongodbOptions& out) {
    std::string host;
    take_text(fields, "host", said, host);
    const auto port = fields.integer("port", 1, kLastPort);
    if (port && said) fields.refuse("port", "given twice");
    if (host.find_first_of("/@?, ") != std::string::npos) {
        fields.refuse("host", "not the name of a host; give several hosts, users and options in url");
    }
    if (!said) {
        const std::string name = host.empty() ? "localhost" : host;
        const bool is_address = name.find(':') != std::string::npos && !name.starts_with('[');
        out.hosts = {(is_address ? "[" + name + "]" : name) + (port ? ":" + std::to_string(*port) : kUsualPort)};
    }
}

// Names that the server takes.
void check_names(const JsonFields& fields, const MongodbOptions& options) {
    if (options.database.empty() || options.database.size() > 63 ||
        options.database.find_first_of("/\\. \"$*<>:|?") != std::string::npos) {
        fields.refuse("database", "not a name of 1 to 63 bytes without dots, blanks, slashes and $");
    }
    validate_text("database", options.database);
    if (options.collection.empty() || options.collection.size() > 100 || options.collection.starts_with("system.") ||
        options.collection.starts_with('.') || options.collection.find('$') != std::string::npos) {
        fields.refuse("collection", "not a name of 1 to 100 bytes without $ that does not begin with system.");
    }
    validate_text("collection", options.collection);
}

}  // namespace

MongodbOptions read_mongodb_options(StoreFields& given) {
    MongodbOptions out;
    JsonFields& fields = given.fields();
    const auto url = fields.text("url");
    const bool is_short = url && (url->starts_with("mongo:") || url->starts_with("mongo?"));
    const auto place = given.place(is_short ? "mongo" : "mongodb", {"url"}, Escapes::percent);
    GivenInUrl said;
    if (place) {
        if (!place->is_url) place->refuse("not a URL of this store; write mongodb://HOST:PORT/DATABASE");
        if (!place->text.empty()) said = read_url(*place, out);
    }
    out.driver = given.find_driver(mongodb_driver);
    std::vector<std::string> known{"type",     "class",         "url",           "host",
                                   "port",     "user",          "username",      "password",
                                   "lease",    "on_store_lost", "retention_age", "retention_per_task",
                                   "database", "collection"};
    for (std::size_t i = 0; out.driver->option(i) != nullptr; ++i) known.emplace_back(out.driver->option(i));
    given.refuse_unknown(known,
                         "host, port, user, password, database, collection, lease, on_store_lost, "
                         "retention_age, retention_per_task, and options of libmongoc's that say how to connect");
    read_host(fields, said.host, out);
    take_text(fields, "user", said.user, out.user);
    take_text(fields, "username", !out.user.empty(), out.user);
    take_text(fields, "password", said.password, out.password);
    take_text(fields, "database", said.database, out.database);
    take_text(fields, "collection", false, out.collection);
    for (std::size_t i = 0; out.driver->option(i) != nullptr; ++i) {
        const char* const name = out.driver->option(i);
        const nlohmann::json* const value = fields.find(name);
        if (value == nullptr) continue;
        std::string text;
        if (value->is_boolean() || value->is_number_integer()) {
            text = value->dump();
        } else {
            take_text(fields, name, false, text);
        }
        out.parameters.emplace_back(name, std::move(text));
    }
    check_names(fields, out);
    if (out.user.empty() && !out.password.empty()) fields.refuse("password", "given without a user");
    out.lease = given.lease();
    return out;
}

void refuse_mongodb_by_name_server(const StoreFields& given) {
    if (given.kind() != "mongodb+srv") return;
    fail(Code::unsupported, given.kind_path() +
                                ": \"mongodb+srv\" (hosts by the name server) is not supported; write the hosts: "
                                "mongodb://HOST:PORT,HOST:PORT/DATABASE?replicaSet=NAME&tls=true");
}

StoreConfig read_mongodb_store(StoreFields& given) {
    const MongodbOptions options = read_mongodb_options(given);
    StoreConfig out;
    out.make = [options] { return make_mongodb_store(options); };
    out.on_lost = given.first_of("on_store_lost", "stop", "reopen") ? OnLost::stop : OnLost::reopen;
    nlohmann::json told{
        {"type", "mongodb"},
        {"url", options.url_of_servers()},
        {"database", options.database},
        {"collection", options.collection},
        {"lease", static_cast<double>(options.lease) / kSecond},
        {"on_store_lost", out.on_lost == OnLost::stop ? "stop" : "reopen"},
    };
    if (!options.user.empty()) told["username"] = options.user;
    if (!options.password.empty()) told["password"] = options.password;
    out.options = told.dump();
    return out;
}

}  // namespace uvsched
