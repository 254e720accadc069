#include "copies.hpp"

#include <link.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string>

#include "core/base/error.hpp"
#include "core/time/quote.hpp"

// Whether this copy has made a scheduler. Named for the assembler, and hidden: each copy has its own.
extern "C" {
[[gnu::visibility("hidden"), gnu::used]] constinit std::atomic<std::uint32_t> uvsched_in_use{0};
}

// The note: sizes of name and content, type 1, the name, and as content how far from here the flag is. Read-only, kept
// by linkers and strip, and found at run time through the object's program headers.
asm(R"(
    .pushsection .note.uvsched, "a", %note
    .balign 4
    .long 8
    .long 4
    .long 1
    .asciz "uvsched"
    .long uvsched_in_use - .
    .popsection
)");

namespace uvsched::capi {
namespace {

using Flag = std::atomic<std::uint32_t>;

constexpr std::uint32_t kNoteType = 1;
constexpr char kNoteName[] = "uvsched";

std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

// The flag that a note of ours in this segment leads to, or none.
const Flag* flag_in(const char* note, std::size_t size) {
    ElfW(Nhdr) header;
    while (size >= sizeof header) {
        std::memcpy(&header, note, sizeof header);
        const char* const name = note + sizeof header;
        const char* const content = name + padded(header.n_namesz);
        const std::size_t whole = sizeof header + padded(header.n_namesz) + padded(header.n_descsz);
        if (whole > size) return nullptr;
        if (header.n_type == kNoteType && header.n_namesz == sizeof kNoteName &&
            std::memcmp(name, kNoteName, sizeof kNoteName) == 0) {
            std::int32_t distance = 0;
            std::memcpy(&distance, content, sizeof distance);
            return reinterpret_cast<const Flag*>(content + distance);
        }
        note += whole;
        size -= whole;
    }
    return nullptr;
}

// Stops at the first object with another copy that is in use; `data` is where its name goes.
int look_at_object(dl_phdr_info* object, std::size_t /*size*/, void* data) {
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = object->dlpi_phdr[i];
        if (segment.p_type != PT_NOTE || segment.p_align == 8)
            continue;  // notes of 8 bytes' alignment are the system's
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the dynamic linker gives addresses as numbers
        const auto* const note = reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr);
        const Flag* const flag = flag_in(note, segment.p_memsz);
        if (flag == nullptr || flag == &uvsched_in_use || flag->load() == 0) continue;
        const bool named = object->dlpi_name != nullptr && *object->dlpi_name != '\0';
        *static_cast<std::string*>(data) = named ? object->dlpi_name : "the program itself";
        return 1;
    }
    return 0;
}

}  // namespace

void claim_process() {
    if (uvsched_in_use.load() != 0) return;
    // Ours first, so that of two that come at the same time at least one sees the other.
    uvsched_in_use.store(1);
    std::string other;
    if (dl_iterate_phdr(look_at_object, &other) == 0) return;
    uvsched_in_use.store(0);
    fail(Code::version,
         "another copy of libuvsched is in use in this process, of " + in_quotes(other, 256) + "; load one copy only");
}

}  // namespace uvsched::capi
