// Shared libraries that are opened while the program runs, and where this one is.
#pragma once

#include <string>

namespace uvsched {

// The file that this code is in: the shared library, or the program. Empty if the system does not tell.
[[nodiscard]] std::string own_file();

// The folder of that file; empty if it is not known.
[[nodiscard]] std::string own_folder();

// The address of a function in the library of this file, which is never unloaded. nullptr: it cannot be loaded, or has
// no such function; `why` says which.
[[nodiscard]] void* find_in_library(const std::string& file, const char* function, std::string& why);

}  // namespace uvsched
