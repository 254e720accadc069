// Messages about a server.
#pragma once

#include <string>

namespace uvsched {

// "place: what" in one line, whatever the server or a client library said. The password is not in it.
[[nodiscard]] std::string server_message(const std::string& place, const std::string& what,
                                         const std::string& password);

// The text with stars in the place of a secret.
[[nodiscard]] std::string without_secret(std::string text, const std::string& secret);

}  // namespace uvsched
