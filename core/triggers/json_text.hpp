// JSON text from outside: bounded before it is parsed.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace uvsched {

inline constexpr std::size_t kMaxJsonBytes = 1 << 20;
inline constexpr std::size_t kMaxJsonDepth = 64;

// Parses one JSON value. Throws Error(invalid) whose message starts with `path` where that is not empty: text that is
// no JSON, longer or deeper than the bounds, with a name given twice in one object, or with a whole number that 64 bits
// do not hold (it would lose digits without a word).
[[nodiscard]] nlohmann::json parse_json(std::string_view text, const std::string& path);

// A value as messages show it: cut to a readable length.
[[nodiscard]] std::string json_excerpt(const nlohmann::json& value);

}  // namespace uvsched
