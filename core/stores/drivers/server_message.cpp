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
    std::string text = place + ": " + one_line(what);
    if (password.size() < kLeastSecret) return text;
    for (std::size_t at = text.find(password); at != std::string::npos; at = text.find(password, at + kHidden.size())) {
        text.replace(at, password.size(), kHidden);
    }
    return text;
}

}  // namespace uvsched
