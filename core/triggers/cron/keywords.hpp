// The parser of keyword fields, as in asyncz and APScheduler (docs/triggers.md, "Cron fields").
#pragma once

#include <array>
#include <optional>
#include <string>

#include "core/triggers/cron/field_spec.hpp"
#include "core/triggers/cron/fields.hpp"

namespace uvsched {

struct CronKeywords;

// The members of CronKeywords from coarse to fine, in the order of CronKeyword.
[[nodiscard]] std::array<const std::optional<std::string>*, 8> keyword_texts(const CronKeywords& given);

// Fields that are finer than the finest given field have their smallest value, coarser ones are `*`; week and
// day_of_week stay `*`. All fields must match. Throws Error(invalid): `hour: "25" is not in 0-23 (column 1)`, with the
// column in the text of that field.
[[nodiscard]] CronFields parse_keywords(const CronKeywords& given);

}  // namespace uvsched
