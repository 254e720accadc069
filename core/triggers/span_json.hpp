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

// Seconds: a whole number where it is one, else a fraction. Exact up to kHorizon.
[[nodiscard]] nlohmann::json seconds_json(Micros span);

// Puts an interval's length into its JSON: "seconds" where it is a whole number of milliseconds and a fraction holds
// it, else "microseconds".
void put_span(nlohmann::json& object, Micros span);

}  // namespace uvsched
