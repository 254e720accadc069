// Random numbers that nobody can guess.
#pragma once

#include <cstdint>
#include <optional>

namespace uvsched {

// Nothing if the system has none.
[[nodiscard]] std::optional<std::uint64_t> system_random() noexcept;

}  // namespace uvsched
