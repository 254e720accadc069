// Copies of this library in one process.
#pragma once

#include <optional>
#include <string>

namespace uvsched {

// Takes the process for this copy of the library, unless another copy has taken it: then the file that the other one is
// in is returned, "the program itself" where it has no name. Thread-safe; of two copies that come in the same instant
// both may be refused.
//
// Each copy, shared or linked into a program or plugin, carries a mark that leads to its flag; all loaded objects are
// searched for such marks (docs/decisions/0031). Not seen: copies in another link namespace (dlmopen).
[[nodiscard]] std::optional<std::string> take_process();

}  // namespace uvsched
