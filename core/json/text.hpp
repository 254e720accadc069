// JSON text from outside: bounded before it is parsed.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace uvsched {

inline constexpr std::size_t kMaxJsonBytes = 1 << 20;
inline constexpr std::size_t kMaxJsonDepth = 64;

// Parses one JSON value. Throws Error(invalid), with a message that starts with `path` unless that is empty, for text
// that is not JSON, is longer or deeper than the bounds, has a name twice in one object, or has a whole number beyond
// 64 bits (it would silently lose digits).
[[nodiscard]] nlohmann::json parse_json(std::string_view text, const std::string& path);

// A value for messages, cut to a readable length.
[[nodiscard]] std::string json_excerpt(const nlohmann::json& value);

}  // namespace uvsched
