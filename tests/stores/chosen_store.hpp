// The store that this run of the program is about: that of the argument --store=NAME, or SQLite. A program has the
// tests of all stores. It runs those of any store, and those in the files that begin with the name of this one, or with
// "server_" if it is on a server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/stores/place.hpp"

// A place for it, and one that is on its server, the one of this program or another.
[[nodiscard]] std::unique_ptr<Place> make_place();
[[nodiscard]] std::unique_ptr<ServerPlace> make_server_place();
[[nodiscard]] std::unique_ptr<ServerPlace> make_server_place(const Server& server);
// Another server of its kind that loses nothing when it is killed.
[[nodiscard]] std::unique_ptr<Server> make_durable_server();
