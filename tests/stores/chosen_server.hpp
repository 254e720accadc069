// The server of the store that this run of the program is about (chosen_store.hpp).
#pragma once

#include "tests/stores/server.hpp"

[[nodiscard]] Server& chosen_server();
