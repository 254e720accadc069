// Where this program runs: machine, boot and process.
#pragma once

#include <cstdint>
#include <string>

namespace uvsched {

using ProcessId = std::int64_t;

[[nodiscard]] ProcessId process_id() noexcept;

// "localhost" if the machine has no name.
[[nodiscard]] std::string host_name();

// Another text after each start of the machine. Empty if the system does not tell.
[[nodiscard]] std::string boot_id();

}  // namespace uvsched
