#include "core/model/fire.hpp"

#include <string_view>

#include "core/base/hash.hpp"
#include "core/base/hex.hpp"

namespace uvsched {
namespace {

// Each table is in the order of its enum.
constexpr const char* kKinds[] = {"scheduled", "manual", "boot", "shutdown"};
constexpr const char* kStates[] = {"waiting", "ready",     "claimed", "running", "done",
                                   "failed",  "cancelled", "lost",    "missed",  "skipped"};
constexpr const char* kReasons[] = {
    "",        "misfire", "catch_up",  "max_instances", "past_when_added", "replaced",
    "deleted", "crashed", "cancelled", "not_callable",  "trigger_failed",  "never_fires"};

template <class Value, std::size_t N>
const char* text_of(Value value, const char* const (&texts)[N]) noexcept {
    const auto index = static_cast<std::size_t>(value);
    return index < N ? texts[index] : "?";
}

template <class Value, std::size_t N>
bool value_of(std::string_view text, Value& out, const char* const (&texts)[N]) noexcept {
    for (std::size_t i = 0; i < N; ++i) {
        if (text != texts[i]) continue;
        out = static_cast<Value>(i);
        return true;
    }
    return false;
}

// One 64-bit half: each word is folded in and spread over the whole before the next one comes.
std::uint64_t half(std::uint64_t seed, std::uint64_t store, const FireKey& key) noexcept {
    const std::uint64_t words[] = {store, key.uid, (std::uint64_t{key.gen} << 8) | static_cast<std::uint64_t>(key.kind),
                                   static_cast<std::uint64_t>(key.slot)};
    std::uint64_t hash = seed;
    for (const std::uint64_t word : words) hash = splitmix((hash ^ word) + seed);
    return hash;
}

}  // namespace

FireId fire_id(std::uint64_t store, const FireKey& key) noexcept {
    // Two odd numbers without a pattern: the fractional parts of the golden ratio and of the square root of 2.
    FireId out{};
    char* const middle = write_hex(out.data(), half(0x9E3779B97F4A7C15, store, key));
    write_hex(middle, half(0x6A09E667F3BCC909, store, key));
    return out;
}

const char* kind_text(FireKind kind) noexcept { return text_of(kind, kKinds); }
const char* state_text(FireState state) noexcept { return text_of(state, kStates); }
const char* reason_text(Reason reason) noexcept { return text_of(reason, kReasons); }
bool kind_from_text(std::string_view text, FireKind& out) noexcept { return value_of(text, out, kKinds); }
bool state_from_text(std::string_view text, FireState& out) noexcept { return value_of(text, out, kStates); }
bool reason_from_text(std::string_view text, Reason& out) noexcept { return value_of(text, out, kReasons); }

}  // namespace uvsched
