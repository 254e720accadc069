// The items that every field of a cron string knows: values, ranges, steps and `H`.
#pragma once

#include <optional>
#include <string>

#include "core/triggers/cron/reader.hpp"

namespace uvsched {

// What `H` stands for while a string is read: its key settles it; without one it is only found to be there.
struct CronHash {
    const std::string& key;
    bool used = false;
};

// Reads `*`, a, a-b and their steps, or `H` in its forms. Nothing for an `H` without a key. Where an item is a single
// value, `single` is true and what follows it is left to be read.
[[nodiscard]] std::optional<CronRange> read_range_item(CronReader& reader, CronHash& hash, bool& single);

}  // namespace uvsched
