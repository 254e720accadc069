// SqliteStore: the embedded durable default, one file in WAL mode.
#pragma once

#include <memory>
#include <string>

#include "core/stores/store.hpp"

namespace uvsched {

enum class Synchronous : std::uint8_t { normal, full };

// How long a node may be silent before the others declare it dead.
inline constexpr Micros kDefaultLease = 10 * kSecond;
inline constexpr Micros kShortestLease = kSecond;
inline constexpr Micros kLongestLease = 600 * kSecond;

struct SqliteOptions {
    std::string path;  // local disk only
    Synchronous synchronous = Synchronous::full;
    StepProbe probe;  // tests only; empty otherwise
    Micros lease = kDefaultLease;
};

// Opens nothing yet.
[[nodiscard]] std::unique_ptr<Store> make_sqlite_store(SqliteOptions options);

}  // namespace uvsched
