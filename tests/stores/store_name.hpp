// The name of the store that this run of the program is about.
#pragma once

#include <string>

[[nodiscard]] const std::string& store_name();
