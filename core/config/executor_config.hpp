// ExecutorConfig: the configuration of one executor.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace uvsched {

// inline_: on the loop thread; queue: a run queue, for other languages.
enum class ExecutorType : std::uint8_t { inline_, thread_pool, queue };

struct ExecutorConfig {
    ExecutorType type = ExecutorType::thread_pool;
    std::uint32_t threads = 10;             // for a thread pool: 1 to 1024
    std::string thread_prefix = "uvsched";  // for a thread pool, whose threads are called PREFIX-ALIAS
};

// Reads the configuration of one executor: a name ("inline", "threadpool", "threadpool:8", "queue") or an object with
// "type" or "class" and, for a thread pool, "max_workers" and "pool_kwargs" (with "thread_name_prefix").
//
// Every error begins with the JSON path of the fault, below `path`. Error(invalid): a wrong option or value.
// Error(not_found): no such executor; the message lists the known ones. Error(unsupported): the executor is known, but
// not available in this build.
[[nodiscard]] ExecutorConfig read_executor(const nlohmann::json& given, const std::string& path);

// The configuration in the form that read_executor() reads, with all options.
[[nodiscard]] nlohmann::json executor_json(const ExecutorConfig& executor);

}  // namespace uvsched
