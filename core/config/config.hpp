// Config: what a scheduler is made of. Nothing is open.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/config/executor_config.hpp"
#include "core/model/policy.hpp"
#include "core/stores/registry/store_config.hpp"
#include "core/time/clock.hpp"
#include "core/time/zone.hpp"

namespace uvsched {

// What a start does about tasks of durable stores that an earlier start declared and this one did not.
enum class Undeclared : std::uint8_t { keep, pause, remove };

// Who turns a scheduler: a thread of its own, or the program's, by Scheduler::poll().
enum class Driver : std::uint8_t { own_thread, caller };

struct Config {
    std::string identity;                             // empty: host and process id
    std::optional<TimeZone> zone;                     // nullopt: the machine's, when the scheduler is made
    std::shared_ptr<Clock> clock;                     // nullptr: the system clock
    std::map<std::string, StoreConfig> stores;        // without "default", a memory store is added
    std::map<std::string, ExecutorConfig> executors;  // without "default", a thread pool is added
    Policies defaults;
    Undeclared undeclared = Undeclared::keep;
    Driver driver = Driver::own_thread;
    Role role = Role::node;

    // Add a store or an executor, from text, or from text or an object. They throw as read_store() and read_executor()
    // do, and Error(invalid) for a wrong alias, Error(already) if the alias is taken.
    void add_store(const std::string& alias, const std::string& url);
    void add_executor(const std::string& alias, const std::string& name);
    void add_store_json(const std::string& alias, const nlohmann::json& given);
    void add_executor_json(const std::string& alias, const nlohmann::json& given);
};

// Reads the asyncz configuration dictionary in both spellings: flat keys such as "asyncz.stores.default.type", and
// nested objects. The prefix may also be "uvsched.", or be left out. Numbers and truth values may be strings ("20",
// "false").
//
//   stores.ALIAS         see read_store()
//   executors.ALIAS      see read_executor()
//   task_defaults        mistrigger_grace_time (seconds; null: none), coalesce, max_instances, max_catch_up, overlap,
//                        on_crash, max_crashes
//   timezone, identity
//   undeclared           keep, pause, delete
//
// Throws Error(invalid) for unknown keys, wrong types and wrong values, Error(not_found) for an unknown store or
// executor, and Error(unsupported) for one that is known but not available in this build. The message starts with the
// JSON path of the fault ("executors.default.max_workers: …"). At most 1 MiB, nested 64 deep.
[[nodiscard]] Config config_from_json(const std::string& text);

// The configuration in the form that config_from_json() reads: nested, with all options of stores and executors,
// without the clock.
[[nodiscard]] nlohmann::json config_json(const Config& config);

}  // namespace uvsched
