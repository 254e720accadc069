#include "core/stores/sqlite/sqlite_module.hpp"

#include <sqlite3.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "core/json/span.hpp"

namespace uvsched {
namespace {

std::string read_path(StoreFields& given) {
    const auto place = given.place("sqlite", {"url", "database", "path"});
    if (!place) given.fields().refuse("url", R"(missing ("sqlite:PATH", or a path under "database"))");
    std::string_view path = place->text;
    if (place->is_url && path.starts_with("//")) {
        // The form of other tools: sqlite://HOST/PATH with an empty host.
        if (!path.starts_with("///")) {
            place->refuse("a SQLite file has no host; write sqlite:PATH, or sqlite:////PATH for an absolute one");
        }
        path.remove_prefix(3);
    }
    if (path.empty()) place->refuse("the path is missing; write sqlite:PATH");
    if (path == ":memory:") place->refuse("for tasks in memory write \"memory\"");
    if (path.find('\0') != std::string_view::npos) place->refuse("the path contains a NUL");
    if (path.find("://") != std::string_view::npos) {
        place->refuse("the path is the URL of another kind of store; write sqlite:PATH");
    }
    if (path.find('?') != std::string_view::npos) {
        place->refuse("a file name with \"?\" cannot be opened; choose another name");
    }
    return std::string(path);
}

}  // namespace

SqliteOptions read_sqlite_options(StoreFields& given) {
    SqliteOptions out;
    out.path = read_path(given);
    out.synchronous = given.first_of("synchronous", "full", "normal") ? Synchronous::full : Synchronous::normal;
    out.lease = given.lease();
    return out;
}

StoreConfig read_sqlite_store(StoreFields& given) {
    const SqliteOptions options = read_sqlite_options(given);
    StoreConfig out;
    out.make = [options] { return make_sqlite_store(options); };
    out.on_lost = given.first_of("on_file_lost", "stop", "reopen") ? OnLost::stop : OnLost::reopen;
    out.options =
        nlohmann::json{
            {"type", "sqlite"},
            {"path", options.path},
            {"synchronous", options.synchronous == Synchronous::full ? "full" : "normal"},
            {"lease", seconds_json(options.lease)},
            {"on_file_lost", out.on_lost == OnLost::stop ? "stop" : "reopen"},
        }
            .dump();
    return out;
}

std::string sqlite_library() { return std::string("SQLite ") + sqlite3_libversion(); }

}  // namespace uvsched
