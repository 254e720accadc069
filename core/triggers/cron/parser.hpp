// The parser of cron strings: the Open Cron Pattern Specification with SEMANTICS' choices ("Cron strings").
#pragma once

#include <string>
#include <string_view>

#include "core/triggers/cron/fields.hpp"

namespace uvsched {

struct CronRule {
    CronFields fields;
    std::string text;     // canonical: nickname expanded, single spaces, capitals, no leading zeros, nothing more
    bool hashed = false;  // has `H`; without a key its fields are not complete and must not be asked
    bool reboot = false;  // `@reboot`: the fields say nothing
};

// Reads 5 fields (minute hour day-of-month month day-of-week), 6 (second first) or 7 (year last), or a nickname. `key`
// settles `H`; empty: not known.
//
// Throws Error(invalid) that says which field, which text, what was expected, and the column (characters from 1 of the
// untrimmed text): `minute: "61" is not in 0-59 (column 1)`. What is wrong with the whole begins with `expression: `.
[[nodiscard]] CronRule parse_cron(std::string_view text, const std::string& key = {});

}  // namespace uvsched
