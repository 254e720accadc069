#include "core/triggers/trigger.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "core/base/hash.hpp"
#include "core/base/hex.hpp"

namespace uvsched {

Count Trigger::count(Instant first, Instant last, Instant anchor, std::int64_t limit) const {
    Count out;
    Instant after = saturating_sub(first, 1);
    for (auto time = next(after, anchor); time && *time <= last; time = next(after, anchor)) {
        if (out.number >= limit) {
            out.exact = false;
            break;
        }
        ++out.number;
        after = *time;
    }
    return out;
}

bool Trigger::gave_up(Instant) const { return false; }

Why Trigger::why(Instant, Instant) const { return Why::match; }

TriggerPtr Trigger::with_key(const std::string&) const { return nullptr; }

Micros Trigger::jitter_at(Instant, Instant) const { return jitter(); }

Micros jitter_delay(std::uint64_t uid, Instant nominal, Micros jitter) {
    if (jitter <= 0) return 0;
    constexpr std::string_view kLabel{"\0jitter\0", 8};
    std::array<char, 48> key{};
    char* end = write_hex(key.data(), uid);
    end = std::copy(kLabel.begin(), kLabel.end(), end);
    end = std::to_chars(end, key.data() + key.size(), nominal).ptr;
    const std::uint64_t hash = splitmix(fnv1a({key.data(), static_cast<std::size_t>(end - key.data())}));
    return static_cast<Micros>(hash % (static_cast<std::uint64_t>(jitter) + 1));
}

Instant due_time(const Trigger& trigger, std::uint64_t uid, Instant nominal, Instant anchor, Micros to_wall) {
    const Micros jitter = trigger.jitter() == 0 ? 0 : trigger.jitter_at(nominal, anchor);
    const Instant delayed = saturating_add(nominal, jitter_delay(uid, nominal, jitter));
    const Instant end = saturating_sub(trigger.end_at().value_or(kLatest), to_wall);
    return std::max(nominal, std::min(delayed, end));
}

}  // namespace uvsched
