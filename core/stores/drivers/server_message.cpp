#include "core/stores/drivers/server_message.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace uvsched {
namespace {

// A shorter password is in every message.
constexpr std::size_t kLeastSecret = 3;
constexpr std::string_view kHidden = "***";

// One line, without the ends of lines that client libraries put behind their messages.
std::string one_line(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
    std::ranges::replace(text, '\n', ' ');
    return text;
}

}  // namespace

std::string server_message(const std::string& place, const std::string& what, const std::string& password) {
    return without_secret(place + ": " + one_line(what), password);
}

std::string without_secret(std::string text, const std::string& secret) {
    if (secret.size() < kLeastSecret) return text;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + kHidden.size())) {
        text.replace(at, secret.size(), kHidden);
    }
    return text;
}

}  // namespace uvsched
