// What must hold whatever the input: shared by the fuzz targets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/triggers/trigger.hpp"

namespace uvsched::fuzz {

// Prints what does not hold, and aborts.
void require(bool holds, const char* what, std::string_view shown = {});

// Numbers that the input alone decides.
class Choices {
public:
    explicit Choices(std::string_view input);
    std::uint64_t next();
    // Mostly in 1970 to 2199, where rules fire; now and then anywhere on the line.
    Instant instant();
    // UTC, or a zone whose offset changes by an hour, half an hour or a day.
    TimeZone zone();

private:
    std::uint64_t state_;
};

// A message is UTF-8 on one line, begins with `begin`, and its code is `invalid`.
void check_message(const Error& error, std::string_view begin);

// next is later, previous is earlier, the two agree, and each time has its reason.
void check_times(const Trigger& trigger, Choices& choices);

// JSON is stable, also where another zone is around, and so is the line for people.
void check_json(const Trigger& trigger);

}  // namespace uvsched::fuzz
