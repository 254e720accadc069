// Config: what a scheduler is made of. Plain data; nothing is opened.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/model/policy.hpp"
#include "core/stores/store.hpp"
#include "core/time/clock.hpp"
#include "core/time/zone.hpp"

namespace uvsched {

enum class ExecutorType : std::uint8_t { inline_, thread_pool, queue };

struct ExecutorConfig {
    ExecutorType type = ExecutorType::thread_pool;
    std::uint32_t threads = 10;  // thread pool: 1 to 1024
};

enum class StoreType : std::uint8_t { memory, sqlite };

struct StoreConfig {
    StoreType type = StoreType::memory;
    std::string url;  // as given, for messages
    Retention retention;
    std::size_t history = 10'000;  // memory: the size of the history ring
};

struct Config {
    std::string identity;                             // empty: host and process id
    TimeZone zone;                                    // UTC
    std::shared_ptr<Clock> clock;                     // none: the system clock
    std::map<std::string, StoreConfig> stores;        // "default" is a memory store unless given
    std::map<std::string, ExecutorConfig> executors;  // "default" is a thread pool unless given
    Policies defaults;

    // Text forms: "memory", "sqlite:PATH"; "inline", "threadpool", "threadpool:8", "queue". Throw Error(invalid)
    // naming the alias and the text; Error(already) for an alias given twice.
    void add_store(const std::string& alias, const std::string& url);
    void add_executor(const std::string& alias, const std::string& spec);
};

// Reads the asyncz configuration dictionary in both its spellings: flat "asyncz.stores.default.type" keys and nested
// objects; "uvsched." as prefix too, or none. Numbers and truth values may be texts ("20", "false").
//
//   stores.ALIAS         a text form, or: type (memory, sqlite) or asyncz's class; for sqlite one of url, database and
//                        path; retention_age (seconds), retention_per_task; for memory history
//   executors.ALIAS      a text form, or: type (threadpool, pool; inline, debug; queue, asyncio) or asyncz's class;
//                        for threadpool max_workers
//   task_defaults        mistrigger_grace_time (seconds; null: none), coalesce, max_instances, max_catch_up, overlap,
//                        on_crash, max_crashes
//   timezone, identity
//
// Unknown keys, wrong types and wrong values throw Error(invalid), what is known but not in this build
// Error(unsupported); the message starts with the JSON path of the fault ("executors.default.max_workers: …"). At most
// 1 MiB, nested 64 deep.
[[nodiscard]] Config config_from_json(const std::string& text);

}  // namespace uvsched
