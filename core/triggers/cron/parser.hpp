// The parser of cron strings: the Open Cron Pattern Specification, with the choices of docs/triggers.md, "Cron
// strings".
#pragma once

#include <string>
#include <string_view>

#include "core/triggers/cron/fields.hpp"

namespace uvsched {

struct CronRule {
    CronFields fields;
    std::string text;     // canonical: nickname expanded, single spaces, capitals, no leading zeros, nothing more
    bool hashed = false;  // it has `H`; without a key its fields are incomplete and must not be used
    bool reboot = false;  // it is `@reboot`; its fields mean nothing
};

// Reads 5 fields (minute hour day-of-month month day-of-week), 6 (second first) or 7 (year last), or a nickname. `key`
// decides the values of `H`; empty: not known.
//
// Throws Error(invalid) that names the field, the text, the expected form, and the column (counted in characters from 1
// in the untrimmed text): `minute: "61" is not in 0-59 (column 1)`. A fault of the whole text begins with `expression:
// `.
[[nodiscard]] CronRule parse_cron(std::string_view text, const std::string& key = {});

}  // namespace uvsched
