#include "core/time/tzif.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/time/instant.hpp"

namespace uvsched {
namespace {

constexpr std::int64_t kFirstSecond = kEarliest / kSecond;
constexpr std::int64_t kHorizonSecond = kHorizon / kSecond;
constexpr std::int64_t kLargestOffset = std::int64_t{26} * 3'600;
// Where a file lists no change at all, its rule counts from here on.
constexpr int kFirstRuleYear = 1900;
constexpr int kLastRuleYear = 2200;

std::uint64_t big_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
}

// One of the one or two blocks of a file.
struct Block {
    std::size_t isut, isstd, leap, times, types, chars;
    std::size_t width;       // of a time
    std::string_view bytes;  // behind the header

    [[nodiscard]] std::size_t size() const {
        return times * (width + 1) + types * 6 + chars + leap * (width + 4) + isstd + isut;
    }
    [[nodiscard]] std::int64_t time(std::size_t at) const {
        const std::uint64_t value = big_endian(bytes.substr(at * width, width));
        return width == 4 ? std::bit_cast<std::int32_t>(static_cast<std::uint32_t>(value))
                          : std::bit_cast<std::int64_t>(value);
    }
    [[nodiscard]] std::size_t type(std::size_t at) const {
        return static_cast<unsigned char>(bytes[times * width + at]);
    }
    [[nodiscard]] std::int64_t offset(std::size_t type) const {
        const std::uint64_t value = big_endian(bytes.substr(times * (width + 1) + type * 6, 4));
        return std::bit_cast<std::int32_t>(static_cast<std::uint32_t>(value));
    }
};

constexpr std::size_t kHeader = 44;

std::optional<Block> read_block(std::string_view bytes, std::size_t width) {
    if (bytes.size() < kHeader || bytes.substr(0, 4) != "TZif") return std::nullopt;
    const auto count = [&](std::size_t at) {
        return static_cast<std::size_t>(big_endian(bytes.substr(20 + 4 * at, 4)));
    };
    const Block block{.isut = count(0),
                      .isstd = count(1),
                      .leap = count(2),
                      .times = count(3),
                      .types = count(4),
                      .chars = count(5),
                      .width = width,
                      .bytes = bytes.substr(kHeader)};
    if (block.size() > block.bytes.size()) return std::nullopt;
    return block;
}

bool sound(const Block& block) {
    if (block.types == 0 || block.leap != 0) return false;
    for (std::size_t type = 0; type < block.types; ++type) {
        if (block.offset(type) > kLargestOffset || block.offset(type) < -kLargestOffset) return false;
    }
    for (std::size_t at = 0; at < block.times; ++at) {
        if (block.type(at) >= block.types || (at > 0 && block.time(at) <= block.time(at - 1))) return false;
    }
    return true;
}

// Appends a change. If two are at one instant, the later one counts; a change before all instants is the begin of time.
void append(std::vector<ZoneStretch>& stretches, std::int64_t begin, std::int64_t offset) {
    if (begin >= kHorizonSecond) return;
    if (begin <= kFirstSecond || begin <= stretches.back().begin) {
        stretches.back().offset = offset;
    } else {
        stretches.push_back({.begin = begin, .offset = offset});
    }
}

void append_rule(std::vector<ZoneStretch>& stretches, const PosixRule& rule, std::optional<std::int64_t> from) {
    if (from && *from >= kHorizonSecond) return;
    if (from) stretches.back().offset = rule.offset_at(*from);
    for (int year = kFirstRuleYear; year <= kLastRuleYear; ++year) {
        const auto changes = rule.changes(year);
        if (!changes) return;
        for (const ZoneStretch& change : *changes) {
            if (!from || change.begin > *from) append(stretches, change.begin, change.offset);
        }
    }
}

// Whether no change repeats local times from before the change before it. Searches of local times rely on this.
bool in_local_order(const std::vector<ZoneStretch>& stretches) {
    for (std::size_t at = 2; at < stretches.size(); ++at) {
        const auto local = [&](std::size_t i) { return stretches[i].begin + stretches[i].offset; };
        if (local(at) <= local(at - 1)) return false;
    }
    return true;
}

}  // namespace

std::optional<Tzif> read_tzif(std::string_view bytes) {
    auto block = read_block(bytes, 4);
    if (!block) return std::nullopt;
    Tzif out;
    if (bytes[4] != '\0') {
        block = read_block(block->bytes.substr(block->size()), 8);
        if (!block) return std::nullopt;
        std::string_view footer = block->bytes.substr(block->size());
        if (footer.size() < 2 || footer.front() != '\n') return std::nullopt;
        footer.remove_prefix(1);
        const std::size_t end = footer.find('\n');
        if (end == std::string_view::npos) return std::nullopt;
        if (end > 0) {
            out.rule = PosixRule::parse(footer.substr(0, end));
            if (!out.rule) return std::nullopt;
        }
    }
    if (!sound(*block)) return std::nullopt;
    out.stretches.push_back({.begin = ZoneTable::kBegin, .offset = block->offset(0)});
    for (std::size_t at = 0; at < block->times; ++at) {
        append(out.stretches, block->time(at), block->offset(block->type(at)));
    }
    if (out.rule) {
        const bool listed = block->times > 0;
        if (!listed) out.stretches.back().offset = out.rule->offset_at(kFirstSecond);
        append_rule(out.stretches, *out.rule, listed ? std::optional(block->time(block->times - 1)) : std::nullopt);
    }
    if (!in_local_order(out.stretches)) return std::nullopt;
    return out;
}

}  // namespace uvsched
