#include "core/triggers/cron/nicknames.hpp"

#include <algorithm>

#include "core/triggers/cron/letters.hpp"
#include "core/triggers/cron/reader.hpp"

namespace uvsched {
namespace {

struct Nickname {
    std::string_view name;
    std::string_view fields;
};
constexpr Nickname kNicknames[] = {
    {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"},  {kRebootNickname, ""},
};

}  // namespace

std::string_view expand_nickname(std::string_view whole, std::string_view nickname) {
    const auto blank = std::find_if(nickname.begin(), nickname.end(), is_blank);
    const std::string_view word = nickname.substr(0, static_cast<std::size_t>(blank - nickname.begin()));
    std::string list;
    for (const Nickname& known : kNicknames) {
        if (word == known.name) {
            if (word == nickname) return known.fields;
            refuse_cron(whole, "expression", nickname, "has more than the nickname; a nickname stands alone",
                        nickname.data());
        }
        if (same_but_for_case(word, known.name)) {
            refuse_cron(whole, "expression", word, "is not a nickname; write \"" + std::string(known.name) + "\"",
                        nickname.data());
        }
        list += (list.empty() ? "" : ", ") + std::string(known.name);
    }
    if (word.size() > 1 && (word.starts_with("@every") || is_digit(word[1]))) {
        refuse_cron(whole, "expression", nickname, "is not a nickname; for a fixed period use an interval trigger",
                    nickname.data());
    }
    refuse_cron(whole, "expression", word, "is not a nickname; known are " + list, nickname.data());
}

}  // namespace uvsched
