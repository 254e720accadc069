// SqliteStore: the embedded durable default, one file in WAL mode.
#pragma once

#include <memory>
#include <string>

#include "core/stores/lease.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

enum class Synchronous : std::uint8_t { normal, full };

struct SqliteOptions {
    std::string path;  // local disk only
    Synchronous synchronous = Synchronous::full;
    StepProbe probe;  // tests only; empty otherwise
    Micros lease = kDefaultLease;
};

// Opens nothing yet.
[[nodiscard]] std::unique_ptr<Store> make_sqlite_store(SqliteOptions options);

}  // namespace uvsched
