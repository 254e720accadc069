#include "core/stores/sqlite/roster.hpp"

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace uvsched::sqlite {
namespace {

constexpr std::string_view kMagic = "uvsched lock file, v1\n";

static_assert(std::is_trivially_copyable_v<Roster> && sizeof(Roster::Header) == 88 && sizeof(Roster::Place) == 32 &&
              sizeof(Roster) == 88 + Roster::kPlaces * 32);

template <class Value>
std::string_view bytes_of(const Value& value) noexcept {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

std::optional<Roster> Roster::read(int descriptor) {
    const std::string bytes = read_start(descriptor, sizeof(Roster) + 1);
    if (bytes.size() != sizeof(Roster) || !std::string_view(bytes).starts_with(kMagic)) return std::nullopt;
    Roster out;
    std::memcpy(&out, bytes.data(), sizeof out);
    return out;
}

bool Roster::begin(int descriptor, const Header& header) noexcept {
    Roster empty;
    empty.header = header;
    std::memcpy(empty.header.magic.data(), kMagic.data(), kMagic.size());
    return write_whole(descriptor, bytes_of(empty));
}

bool Roster::write_header(int descriptor, const Header& header) noexcept {
    return write_at(descriptor, 0, bytes_of(header));
}

bool Roster::write_place(int descriptor, std::size_t place, const Place& value) noexcept {
    return write_at(descriptor, offset(place), bytes_of(value));
}

bool Roster::write_beats(int descriptor, std::size_t place, std::uint64_t beats) noexcept {
    return write_at(descriptor, offset(place) + offsetof(Place, beats), bytes_of(beats));
}

bool Roster::write_notices(int descriptor, std::size_t place, std::uint64_t notices) noexcept {
    return write_at(descriptor, offset(place) + offsetof(Place, notices), bytes_of(notices));
}

}  // namespace uvsched::sqlite
