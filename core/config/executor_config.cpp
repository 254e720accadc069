#include "core/config/executor_config.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/base/error.hpp"
#include "core/base/known_name.hpp"
#include "core/base/name.hpp"
#include "core/base/quote.hpp"
#include "core/json/fields.hpp"

namespace uvsched {
namespace {

using nlohmann::json;

constexpr std::uint32_t kMostThreads = 1024;

constexpr KnownName<std::optional<ExecutorType>> kExecutors[] = {
    {"threadpool", "ThreadPoolExecutor", ExecutorType::thread_pool},
    {"pool", "", ExecutorType::thread_pool},
    {"inline", "DebugExecutor", ExecutorType::inline_},
    {"debug", "", ExecutorType::inline_},
    {"queue", "AsyncIOExecutor", ExecutorType::queue},
    {"asyncio", "", ExecutorType::queue},
    {"processpool", "ProcessPoolExecutor", std::nullopt},
    {"process_pool", "", std::nullopt},
};

std::uint32_t read_threads(const std::string& text, const std::string& path) {
    std::uint32_t threads = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), threads);
    if (error == std::errc() && end == text.data() + text.size() && threads >= 1 && threads <= kMostThreads) {
        return threads;
    }
    fail(Code::invalid,
         path + ": " + in_quotes(text) + " is not a number of threads from 1 to " + std::to_string(kMostThreads));
}

std::string read_prefix(const JsonFields& fields, const json& given) {
    JsonFields members(given, fields.path_of("pool_kwargs"), Spelling::lenient);  // the others are Python's
    std::string prefix = members.text("thread_name_prefix").value_or("");
    if (prefix.empty()) return ExecutorConfig().thread_prefix;
    members.within([&] { validate_text("thread_name_prefix", prefix); });
    return prefix;
}

void read_pool(JsonFields& fields, bool has_threads, ExecutorConfig& out) {
    if (const auto threads = fields.integer("max_workers", 1, kMostThreads)) {
        if (has_threads) fields.refuse("max_workers", "given twice");
        out.threads = static_cast<std::uint32_t>(*threads);
    }
    if (const json* kwargs = fields.find("pool_kwargs")) out.thread_prefix = read_prefix(fields, *kwargs);
}

}  // namespace

ExecutorConfig read_executor(const json& given, const std::string& path) {
    const bool is_name = given.is_string();
    const json object = is_name ? json{{"type", given}} : given;
    JsonFields fields(object, path, Spelling::lenient);
    const auto type = fields.text("type");
    const auto class_name = fields.text("class");
    if (type && class_name) fields.refuse("class", "given together with type; give only one of them");
    if (!type && !class_name) fail(Code::invalid, path + R"(: one of "type" and "class" is missing)");
    const std::string text = type ? *type : *class_name;
    const std::string place = is_name ? path : fields.path_of(type ? "type" : "class");
    // "threadpool:8" is "threadpool" with max_workers 8.
    const auto colon = type && !names_own_class(text) ? text.find(':') : std::string::npos;
    const std::string name = text.substr(0, colon);
    ExecutorConfig out;
    out.type = *find_known(kExecutors, name, place, "an executor").value;
    const bool is_pool = out.type == ExecutorType::thread_pool;
    if (colon != std::string::npos && !is_pool) {
        fail(Code::invalid, place + ": " + in_quotes(text) + ": nothing may follow " + in_quotes(name));
    }
    if (colon != std::string::npos) out.threads = read_threads(text.substr(colon + 1), place);
    if (is_pool) read_pool(fields, colon != std::string::npos, out);
    fields.refuse_others();
    return out;
}

json executor_json(const ExecutorConfig& executor) {
    switch (executor.type) {
        case ExecutorType::inline_:
            return {{"type", "inline"}};
        case ExecutorType::queue:
            return {{"type", "queue"}};
        case ExecutorType::thread_pool:
            break;
    }
    return {{"type", "threadpool"},
            {"max_workers", executor.threads},
            {"pool_kwargs", {{"thread_name_prefix", executor.thread_prefix}}}};
}

}  // namespace uvsched
