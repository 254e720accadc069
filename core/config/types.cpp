#include "core/config/types.hpp"

#include <optional>
#include <string_view>

#include "core/base/error.hpp"
#include "core/time/quote.hpp"

namespace uvsched {
namespace {

template <class Type>
struct Name {
    const char* text;
    std::optional<Type> type;  // nothing: known, but not in this build
};

constexpr Name<StoreType> kStores[] = {
    {"memory", StoreType::memory},     {"MemoryStore", StoreType::memory},
    {"sqlite", StoreType::sqlite},     {"SQLiteStore", StoreType::sqlite},
    {"postgresql", std::nullopt},      {"PostgreSQLStore", std::nullopt},
    {"postgres", std::nullopt},        {"redis", std::nullopt},
    {"RedisStore", std::nullopt},      {"mongodb", std::nullopt},
    {"MongoDBStore", std::nullopt},    {"sqlalchemy", std::nullopt},
    {"SQLAlchemyStore", std::nullopt}, {"file", std::nullopt},
    {"FileStore", std::nullopt},
};

constexpr Name<ExecutorType> kExecutors[] = {
    {"threadpool", ExecutorType::thread_pool},
    {"pool", ExecutorType::thread_pool},
    {"ThreadPoolExecutor", ExecutorType::thread_pool},
    {"inline", ExecutorType::inline_},
    {"debug", ExecutorType::inline_},
    {"DebugExecutor", ExecutorType::inline_},
    {"queue", ExecutorType::queue},
    {"asyncio", ExecutorType::queue},
    {"AsyncIOExecutor", ExecutorType::queue},
    {"processpool", std::nullopt},
    {"process_pool", std::nullopt},
    {"ProcessPoolExecutor", std::nullopt},
};

bool is_class(std::string_view text) { return text.find_first_of(":.") != std::string_view::npos; }

// "asyncz.stores.memory:MemoryStore" is MemoryStore, but "myapp.stores:MemoryStore" is somebody's own.
std::string_view class_name(std::string_view text) {
    if (!text.starts_with("asyncz.") && !text.starts_with("uvsched.")) return text;
    return text.substr(text.find_last_of(":.") + 1);
}

template <class Type, std::size_t N>
Type look_up(const Name<Type> (&names)[N], const std::string& text, const std::string& path, const char* what) {
    const bool spelt_as_class = is_class(text);
    const std::string_view wanted = class_name(text);
    std::string list;
    for (const Name<Type>& name : names) {
        const bool names_class = name.text[0] >= 'A' && name.text[0] <= 'Z';
        if (name.type && !names_class) list += (list.empty() ? "" : ", ") + std::string(name.text);
        if (wanted != name.text || names_class != spelt_as_class) continue;
        if (name.type) return *name.type;
        fail(Code::unsupported, path + ": " + in_quotes(text) + " is not in this build");
    }
    if (spelt_as_class && wanted == text) {
        fail(Code::unsupported, path + ": " + in_quotes(text) + " is a class that only its own language can load");
    }
    fail(Code::invalid, path + ": " + in_quotes(text) + " is not " + what + " (one of " + list + ")");
}

}  // namespace

StoreType store_type(const std::string& name, const std::string& path) {
    return look_up(kStores, name, path, "a store");
}

ExecutorType executor_type(const std::string& name, const std::string& path) {
    return look_up(kExecutors, name, path, "an executor");
}

}  // namespace uvsched
