#include <string_view>

#include "core/base/error.hpp"
#include "core/stores/sqlite/sqlite_store.hpp"

namespace uvsched {
namespace {

void read_option(const std::string& url, std::string_view option, SqliteOptions& out) {
    const std::string shown = "store URL \"" + url + "\": ";
    const std::size_t equals = option.find('=');
    const std::string_view name = option.substr(0, equals);
    if (name != "synchronous" || equals == std::string_view::npos) {
        fail(Code::invalid,
             shown + "option \"" + std::string(option) + "\" is not known; there is synchronous=full|normal");
    }
    const std::string_view value = option.substr(equals + 1);
    if (value != "full" && value != "normal") {
        fail(Code::invalid, shown + "synchronous: \"" + std::string(value) + "\" is neither full nor normal");
    }
    out.synchronous = value == "full" ? Synchronous::full : Synchronous::normal;
}

}  // namespace

SqliteOptions parse_sqlite_url(const std::string& url) {
    constexpr std::string_view kScheme = "sqlite:";
    const std::string shown = "store URL \"" + url + "\": ";
    if (!url.starts_with(kScheme)) fail(Code::invalid, shown + "does not begin with sqlite:");
    std::string_view rest = std::string_view(url).substr(kScheme.size());
    SqliteOptions out;
    const std::size_t question = rest.find('?');
    std::string_view path = rest.substr(0, question);
    if (path.starts_with("//")) {
        // The form of other tools: sqlite://HOST/PATH with an empty host.
        if (!path.starts_with("///")) {
            fail(Code::invalid,
                 shown + "an SQLite file has no host; write sqlite:PATH, or sqlite:////PATH for an absolute one");
        }
        path.remove_prefix(3);
    }
    if (path.empty()) fail(Code::invalid, shown + "the path is missing; write sqlite:PATH");
    if (path == ":memory:") fail(Code::invalid, shown + "for tasks that live in memory write memory");
    if (path.find('\0') != std::string_view::npos) fail(Code::invalid, shown + "the path has a NUL");
    out.path = path;
    if (question == std::string_view::npos) return out;
    rest.remove_prefix(question + 1);
    while (!rest.empty()) {
        const std::size_t end = rest.find('&');
        read_option(url, rest.substr(0, end), out);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return out;
}

}  // namespace uvsched
