// The items that every field of a cron string may have: values, ranges, steps and `H`.
#pragma once

#include <optional>
#include <string>

#include "core/triggers/cron/reader.hpp"

namespace uvsched {

// `H` while a string is read: a key decides its value; without a key the reader only notes that there is an `H`.
struct CronHash {
    const std::string& key;
    bool used = false;
};

// Reads `*`, a, a-b and their steps, or `H` in its forms. Adds nothing for an `H` without a key. If the item begins
// with a single value, `single` is true and the text after it is not read yet.
[[nodiscard]] std::optional<CronRange> read_range_item(CronReader& reader, CronHash& hash, bool& single);

}  // namespace uvsched
