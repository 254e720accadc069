// Documents as they travel: BSON, and what it becomes here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/time/instant.hpp"

namespace uvsched::mongodb {

// A document, whose members keep their order: the first one of a command names it.
using Document = nlohmann::ordered_json;

[[nodiscard]] std::vector<std::uint8_t> to_bson(const Document& document);

// Times become milliseconds since 1970, object ids hexadecimal digits, and what this program never asks for null.
// Throws std::invalid_argument if it is not BSON.
[[nodiscard]] Document from_bson(const std::uint8_t* bytes, std::size_t size);

// A member; null if there is none.
[[nodiscard]] const Document& member(const Document& document, std::string_view name);

// A whole number, as an operator's shell may have written it too (as a double); `otherwise` if it is none.
[[nodiscard]] std::int64_t whole(const Document& value, std::int64_t otherwise = 0);
[[nodiscard]] std::string_view text_of(const Document& value);  // empty if it is none
[[nodiscard]] bool truth(const Document& value);                // false if it is none

// Times of the server are in milliseconds.
[[nodiscard]] constexpr Instant instant_of(std::int64_t milliseconds) noexcept { return milliseconds * kMillisecond; }

// About how many bytes a document has.
[[nodiscard]] std::size_t weight(const Document& document);

}  // namespace uvsched::mongodb
