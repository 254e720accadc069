// Modules: files beside this library that hold the client library of a database, each behind a table of C functions.
#pragma once

#include <string>

namespace uvsched {

// The environment variable with further folders, between colons, that are searched first.
inline constexpr const char* kModulePath = "UVSCHED_MODULE_PATH";

// A function of libuvsched-NAME.so. Throws Error(unsupported) if there is no such file, or the client library that it
// needs is missing; the message says where it was looked for, and that `needs` is to be installed.
[[nodiscard]] void* find_driver(const std::string& name, const char* function, const char* needs);

// Throws Error(version): the module in `file` has another version than this library.
[[noreturn]] void refuse_driver(const std::string& name, unsigned version, unsigned wanted);

}  // namespace uvsched
