#include "core/stores/postgresql/postgresql_module.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace uvsched {
namespace {

// Parameters of libpq that the store sets itself, or could not work with.
constexpr std::string_view kOwn[] = {"client_encoding", "replication", "fallback_application_name",
                                     "dbname",          "requiressl",  "sslcompression"};

// The names beside a URL of what stands in it, and what libpq calls them.
struct Part {
    const char* name;
    const char* parameter;
};
constexpr Part kParts[] = {{"user", "user"}, {"username", "user"}, {"password", "password"},
                           {"host", "host"}, {"port", "port"},     {"database", "dbname"}};

class Parameters {
public:
    Parameters(PostgresqlOptions& options, const JsonFields& fields) : options_(options), fields_(fields) {}

    void set(const char* parameter, std::string value, const char* key) {
        if (value.empty()) return;
        if (value.find('\0') != std::string::npos) fields_.refuse(key, "contains a NUL");
        if (options_.find(parameter) != nullptr) fields_.refuse(key, "given twice");
        options_.parameters.emplace_back(parameter, std::move(value));
    }

private:
    PostgresqlOptions& options_;
    const JsonFields& fields_;
};

// "//USER:PASSWORD@HOST:PORT/DATABASE", each part of which may be missing. Several hosts stand between commas, each
// with a port of its own.
void read_place(const StorePlace& place, Parameters& out) {
    std::string_view rest = place.text;
    if (!rest.starts_with("//")) place.refuse_form("write postgresql://USER:PASSWORD@HOST:PORT/DATABASE");
    rest.remove_prefix(2);
    const auto plain = [&](std::string_view text) { return without_escapes(text, place.path); };
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos) out.set("dbname", plain(rest.substr(slash + 1)), "database");
    rest = rest.substr(0, slash);
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        const std::string_view who = rest.substr(0, at);
        const std::size_t colon = who.find(':');
        out.set("user", plain(who.substr(0, colon)), "user");
        if (colon != std::string_view::npos) out.set("password", plain(who.substr(colon + 1)), "password");
        rest.remove_prefix(at + 1);
    }
    std::string hosts;
    std::string ports;
    bool any_port = false;
    for (bool more = !rest.empty(); more;) {
        const std::size_t comma = rest.find(',');
        more = comma != std::string_view::npos;
        std::string_view host = rest.substr(0, comma);
        if (more) rest.remove_prefix(comma + 1);
        const std::size_t bracket = host.starts_with('[') ? host.find(']') : std::string_view::npos;  // an IPv6 address
        const std::size_t colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
        const std::string_view port = colon == std::string_view::npos ? std::string_view() : host.substr(colon + 1);
        host = host.substr(0, colon);
        if (bracket != std::string_view::npos) host = host.substr(1, bracket - 1);
        if (port.find_first_not_of("0123456789") != std::string_view::npos) {
            place.refuse(
                "the port is not a number; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, and "
                "characters of a password as %XX that are no letters or digits");
        }
        hosts += (hosts.empty() ? "" : ",") + plain(host);
        ports += (any_port ? "," : "") + std::string(port);
        any_port = any_port || !port.empty() || more;
    }
    out.set("host", std::move(hosts), "host");
    if (ports.find_first_not_of(',') != std::string::npos) out.set("port", std::move(ports), "port");
}

}  // namespace

PostgresqlOptions read_postgresql_options(StoreFields& given) {
    PostgresqlOptions out;
    JsonFields& fields = given.fields();
    const auto url = fields.text("url");
    const bool is_short = url && (url->starts_with("postgres:") || url->starts_with("postgres?"));
    const auto place = given.place(is_short ? "postgres" : "postgresql", {"url"}, Escapes::percent);
    Parameters parameters(out, fields);
    if (place) {
        if (!place->is_url) place->refuse("not a URL of this store; write postgresql://HOST/DATABASE");
        if (!place->text.empty()) read_place(*place, parameters);
    }
    out.driver = given.find_driver(postgresql_driver);
    std::vector<std::string> known{"type",  "class",         "url",           "schema",
                                   "lease", "on_store_lost", "retention_age", "retention_per_task"};
    for (const Part& part : kParts) {
        known.emplace_back(part.name);
        const nlohmann::json* const value = fields.find(part.name);
        if (value == nullptr) continue;
        const bool number = part.parameter == std::string_view("port") && value->is_number_integer();
        parameters.set(part.parameter, number ? std::to_string(value->get<std::int64_t>()) : *fields.text(part.name),
                       part.name);
    }
    for (std::size_t i = 0; out.driver->parameter(i) != nullptr; ++i) {
        const char* const name = out.driver->parameter(i);
        if (std::ranges::find(kOwn, std::string_view(name)) != std::end(kOwn)) continue;
        if (std::ranges::find(known, name) != known.end()) continue;
        known.emplace_back(name);
        if (const auto value = fields.text(name)) parameters.set(name, *value, name);
    }
    given.refuse_unknown(known, "schema, lease, and libpq's parameters");
    if (const auto schema = fields.text("schema")) out.schema = *schema;
    // Longer names are cut by the server: two could be one.
    if (out.schema.empty() || out.schema.size() > 63) fields.refuse("schema", "not a name of 1 to 63 bytes");
    if (out.schema.starts_with("pg_")) fields.refuse("schema", "names that begin with pg_ are the server's own");
    out.lease = given.lease();
    return out;
}

StoreConfig read_postgresql_store(StoreFields& given) {
    const PostgresqlOptions options = read_postgresql_options(given);
    StoreConfig out;
    out.make = [options] { return make_postgresql_store(options); };
    out.on_lost = given.first_of("on_store_lost", "stop", "reopen") ? OnLost::stop : OnLost::reopen;
    nlohmann::json told{
        {"type", "postgresql"},
        {"schema", options.schema},
        {"lease", static_cast<double>(options.lease) / kSecond},
        {"on_store_lost", out.on_lost == OnLost::stop ? "stop" : "reopen"},
    };
    for (const auto& [parameter, value] : options.parameters) {
        told[parameter == "dbname" ? "database" : parameter] = value;
    }
    out.options = told.dump();
    return out;
}

}  // namespace uvsched
