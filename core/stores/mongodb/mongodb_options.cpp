#include "core/stores/mongodb/mongodb_options.hpp"

#include <algorithm>

#include "core/base/hex.hpp"
#include "core/stores/drivers/driver_library.hpp"

namespace uvsched {
namespace {

// All but letters and digits as %XX.
std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        const auto byte = static_cast<unsigned char>(c);
        if (plain) {
            out += c;
        } else {
            out += {'%', kHexDigits[byte >> 4U], kHexDigits[byte & 0xFU]};
        }
    }
    return out;
}

std::string joined(const std::vector<std::string>& hosts) {
    std::string out;
    for (const std::string& host : hosts) out += (out.empty() ? "" : ",") + host;
    return out;
}

std::string milliseconds(Micros time) { return std::to_string(std::max<Micros>(time / kMillisecond, 1)); }

}  // namespace

std::string MongodbOptions::place() const { return "mongodb://" + joined(hosts) + "/" + database; }

std::string MongodbOptions::url_of_servers() const {
    std::string out = "mongodb://" + joined(hosts);
    char before = '?';
    for (const auto& [name, value] : parameters) {
        out += before + name + "=" + escaped(value);
        before = '&';
    }
    return out;
}

std::string MongodbOptions::url(Micros connect, Micros answer) const {
    std::string out = "mongodb://";
    if (!user.empty()) out += escaped(user) + (password.empty() ? "" : ":" + escaped(password)) + "@";
    out += joined(hosts) + "/" + escaped(database) + "?connectTimeoutMS=" + milliseconds(connect) +
           "&serverSelectionTimeoutMS=" + milliseconds(connect) + "&socketTimeoutMS=" + milliseconds(answer);
    bool named = false;
    for (const auto& [name, value] : parameters) {
        out += "&" + name + "=" + escaped(value);
        named = named || name == "appname";
    }
    return named ? out : out + "&appname=uvsched";
}

std::vector<std::string> MongodbOptions::secrets() const {
    std::vector<std::string> out{password, escaped(password)};
    for (const auto& [name, value] : parameters) {
        if (!name.ends_with("Password") && name != "authMechanismProperties") continue;
        out.push_back(value);
        out.push_back(escaped(value));
    }
    return out;
}

const uvsched_mongodb_driver* mongodb_driver() {
    void* const found = find_driver("mongodb", UVSCHED_MONGODB_DRIVER_SYMBOL,
                                    "MongoDB's client library libmongoc 1.17 (libmongoc-1.0-0 on Debian and Ubuntu)");
    const uvsched_mongodb_driver* const table = reinterpret_cast<uvsched_mongodb_driver_function>(found)();
    if (table->version != UVSCHED_MONGODB_DRIVER_VERSION || table->size < sizeof *table) {
        refuse_driver("mongodb", table->version, UVSCHED_MONGODB_DRIVER_VERSION);
    }
    return table;
}

}  // namespace uvsched
