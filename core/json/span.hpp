// Spans in JSON: numbers of a unit, read and written so that each whole microsecond survives.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "core/time/instant.hpp"

namespace uvsched {

// A sum of numbers of units, rounded once, half to even, when all of it is there.
class SpanSum {
public:
    // False when the value is not a number or the sum leaves int64.
    bool add(const nlohmann::json& number, Micros unit);
    [[nodiscard]] std::optional<Micros> total() const;

private:
    Micros whole_ = 0;
    double part_ = 0;  // of fractions: microseconds
};

// The span in seconds: a whole number if possible, else a fraction. Exact up to kHorizon.
[[nodiscard]] nlohmann::json seconds_json(Micros span);

// Adds an interval's length to its JSON: as "seconds" if it is a whole number of milliseconds that a fraction can hold,
// else as "microseconds".
void put_span(nlohmann::json& object, Micros span);

}  // namespace uvsched
