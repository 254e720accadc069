#include "core/platform/copies.hpp"

#include <link.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>

// kInUse when this copy has made a scheduler. Named for the assembler, and hidden: each copy has its own.
extern "C" {
[[gnu::visibility("hidden"), gnu::used]] constinit std::atomic<std::uint32_t> uvsched_in_use{0};
}

// The note: sizes of name and content, type 1, the name, and as content how far it is from here to the flag, and from
// there to the start of the object. Tools that edit libraries move a note, so only the two together say where the flag
// is: so far behind the start. Read-only, kept by linkers and strip, and found through the object's program headers.
asm(R"(
    .hidden __ehdr_start
    .pushsection .note.uvsched, "a", %note
    .balign 4
    .long 8
    .long 8
    .long 1
    .asciz "uvsched"
    .long uvsched_in_use - .
    .long __ehdr_start - .
    .popsection
)");

namespace uvsched {
namespace {

using Flag = std::atomic<std::uint32_t>;
using Address = ElfW(Addr);

constexpr std::uint32_t kInUse = 0x75767363;  // no value that stands there by chance
constexpr std::uint32_t kNoteType = 1;
constexpr char kNoteName[] = "uvsched";
using NoteContent = std::array<std::int32_t, 2>;

std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

// How far behind the start of the object the flag is, if one of these notes is ours.
std::optional<std::int64_t> flag_offset(const char* note, std::size_t size) {
    ElfW(Nhdr) header;
    while (size >= sizeof header) {
        std::memcpy(&header, note, sizeof header);
        const char* const name = note + sizeof header;
        const char* const content = name + padded(header.n_namesz);
        const std::size_t whole = sizeof header + padded(header.n_namesz) + padded(header.n_descsz);
        if (whole > size) return std::nullopt;
        if (header.n_type == kNoteType && header.n_namesz == sizeof kNoteName &&
            header.n_descsz == sizeof(NoteContent) && std::memcmp(name, kNoteName, sizeof kNoteName) == 0) {
            NoteContent far{};
            std::memcpy(far.data(), content, sizeof far);
            return std::int64_t{far[0]} - far[1] - std::int64_t{sizeof far[0]};
        }
        note += whole;
        size -= whole;
    }
    return std::nullopt;
}

class LoadedObject {
public:
    explicit LoadedObject(const dl_phdr_info& info) : info_(info) {}

    // Whether these bytes are in a segment with at least these permissions.
    [[nodiscard]] bool holds(Address bytes, std::size_t size, ElfW(Word) permissions) const {
        return std::any_of(begin(), end(), [&](const ElfW(Phdr) & segment) {
            const Address from = info_.dlpi_addr + segment.p_vaddr;
            return segment.p_type == PT_LOAD && (segment.p_flags & permissions) == permissions && bytes >= from &&
                   size <= segment.p_memsz && bytes - from <= segment.p_memsz - size;
        });
    }

    // Whether it is a copy of this library that has made a scheduler.
    [[nodiscard]] bool in_use() const {
        return std::any_of(begin(), end(), [&](const ElfW(Phdr) & segment) {
            // notes of 8 bytes' alignment are the system's
            if (segment.p_type != PT_NOTE || segment.p_align == 8) return false;
            const Address notes = info_.dlpi_addr + segment.p_vaddr;
            if (!holds(notes, segment.p_memsz, PF_R)) return false;
            // NOLINTNEXTLINE(performance-no-int-to-ptr): the dynamic linker gives addresses as numbers
            const auto* const first = reinterpret_cast<const char*>(notes);
            const std::optional<std::int64_t> offset = flag_offset(first, segment.p_memsz);
            if (!offset) return false;
            const Address flag = start() + static_cast<Address>(*offset);
            if (flag % alignof(Flag) != 0 || !holds(flag, sizeof(Flag), PF_R | PF_W)) return false;
            // NOLINTNEXTLINE(performance-no-int-to-ptr)
            return reinterpret_cast<const Flag*>(flag)->load() == kInUse;
        });
    }

    [[nodiscard]] std::string name() const {
        const bool named = info_.dlpi_name != nullptr && *info_.dlpi_name != '\0';
        return named ? info_.dlpi_name : "the program itself";
    }

private:
    [[nodiscard]] const ElfW(Phdr) * begin() const { return info_.dlpi_phdr; }
    [[nodiscard]] const ElfW(Phdr) * end() const { return info_.dlpi_phdr + info_.dlpi_phnum; }

    // Where its ELF header was linked to be: at 0, except in programs that are not to be moved.
    [[nodiscard]] Address start() const {
        if (info_.dlpi_addr != 0) return info_.dlpi_addr;
        Address lowest = std::numeric_limits<Address>::max();
        for (const ElfW(Phdr) & segment : *this) {
            if (segment.p_type == PT_LOAD) lowest = std::min(lowest, segment.p_vaddr);
        }
        return lowest;
    }

    const dl_phdr_info& info_;
};

// Stops at the first object with another copy that is in use; `data` is where its name goes.
int look_at_object(dl_phdr_info* info, std::size_t /*size*/, void* data) {
    const LoadedObject object(*info);
    if (object.holds(reinterpret_cast<Address>(&uvsched_in_use), sizeof(Flag), 0) || !object.in_use()) return 0;
    *static_cast<std::string*>(data) = object.name();
    return 1;
}

}  // namespace

std::optional<std::string> take_process() {
    if (uvsched_in_use.load() == kInUse) return std::nullopt;
    // Ours first, so that of two that come at the same time at least one sees the other.
    uvsched_in_use.store(kInUse);
    std::string other;
    if (dl_iterate_phdr(look_at_object, &other) == 0) return std::nullopt;
    uvsched_in_use.store(0);
    return other;
}

}  // namespace uvsched
