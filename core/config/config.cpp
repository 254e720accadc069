#include "core/config/config.hpp"

#include <charconv>

#include "core/base/error.hpp"
#include "core/config/types.hpp"
#include "core/model/task.hpp"
#include "core/stores/sqlite/sqlite_store.hpp"
#include "core/time/quote.hpp"

namespace uvsched {
namespace {

constexpr std::uint32_t kMaxThreads = 1024;

// "name" or "name:rest".
struct Spec {
    std::string name;
    std::string rest;
    bool has_rest = false;
};

Spec split(const std::string& text) {
    const auto colon = text.find(':');
    if (colon == std::string::npos) return {.name = text, .rest = "", .has_rest = false};
    return {.name = text.substr(0, colon), .rest = text.substr(colon + 1), .has_rest = true};
}

[[noreturn]] void taken(const std::string& path) { fail(Code::already, path + ": there is one of that alias already"); }

std::uint32_t read_threads(const std::string& text, const std::string& path) {
    std::uint32_t threads = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
    if (error != std::errc() || end != text.data() + text.size() || threads < 1 || threads > kMaxThreads) {
        fail(Code::invalid,
             path + ": " + in_quotes(text) + " is not a number of threads from 1 to " + std::to_string(kMaxThreads));
    }
    return threads;
}

}  // namespace

void Config::add_store(const std::string& alias, const std::string& url) {
    validate_text("store alias", alias);
    const std::string path = "stores." + alias;
    const Spec parts = split(url);
    StoreConfig store;
    store.url = url;
    store.type = store_type(parts.name, path);
    if (store.type == StoreType::memory && parts.has_rest) {
        fail(Code::invalid, path + ": " + in_quotes(url) + " has something behind \"memory\", which takes nothing");
    }
    if (store.type == StoreType::sqlite) {
        try {
            static_cast<void>(parse_sqlite_url(url));
        } catch (const Error& error) {
            throw Error(error.code(), path + ": " + error.message());
        }
    }
    if (!stores.emplace(alias, std::move(store)).second) taken(path);
}

void Config::add_executor(const std::string& alias, const std::string& spec) {
    validate_text("executor alias", alias);
    const std::string path = "executors." + alias;
    const Spec parts = split(spec);
    ExecutorConfig executor;
    executor.type = executor_type(parts.name, path);
    if (parts.has_rest && executor.type != ExecutorType::thread_pool) {
        fail(Code::invalid, path + ": " + in_quotes(spec) + " has something behind its name, which takes nothing");
    }
    if (parts.has_rest) executor.threads = read_threads(parts.rest, path);
    if (!executors.emplace(alias, executor).second) taken(path);
}

}  // namespace uvsched
