// HeldFile: an open file with locks that a child of a fork must not keep.
#pragma once

#include <string>
#include <utility>

#include "core/platform/files.hpp"

namespace uvsched::sqlite {

// Locks can belong to the opening, which a child of a fork shares with its parent: the child closes its descriptor.
class HeldFile {
public:
    HeldFile() = default;
    HeldFile(const HeldFile&) = delete;
    HeldFile& operator=(const HeldFile&) = delete;
    ~HeldFile() { close(); }

    // Opens the file; makes it if there is none. Returns the descriptor; negative, and errno, where that failed.
    int open(const std::string& path, Links links);

    // Whether there is a file to close.
    [[nodiscard]] bool is_open() const noexcept { return entry_ != nullptr; }
    [[nodiscard]] int descriptor() const noexcept;

    // Leaves the descriptor open for ever: closing it would drop locks that others of this process have on the file.
    void abandon() noexcept { entry_ = nullptr; }

    void close() noexcept;

    void swap(HeldFile& other) noexcept { std::swap(entry_, other.entry_); }

    // In the child of a fork: closes the parent's descriptors.
    static void close_inherited() noexcept;

private:
    struct Entry;
    Entry* entry_ = nullptr;
};

}  // namespace uvsched::sqlite
