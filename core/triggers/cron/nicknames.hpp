// The nicknames of cron strings.
#pragma once

#include <string_view>

namespace uvsched {

inline constexpr std::string_view kRebootNickname = "@reboot";
inline constexpr std::string_view kRebootCanonical = "@REBOOT";

// The five fields that a nickname stands for; empty for `@reboot`, which is an event, not a rule. `nickname` begins
// with "@" and is the part of `whole` between the blanks at its ends. Throws Error(invalid) for any other text.
[[nodiscard]] std::string_view expand_nickname(std::string_view whole, std::string_view nickname);

}  // namespace uvsched
