#include "core/stores/sqlite/held_file.hpp"

#include <atomic>

#include "core/platform/descriptors.hpp"

namespace uvsched::sqlite {

// A descriptor that a child of a fork has to close. Another thread may hold any mutex at a fork, so there is none here:
// entries are a list that only grows, and are used again.
struct HeldFile::Entry {
    std::atomic<int> descriptor{-1};
    std::atomic<bool> used{false};
    Entry* next = nullptr;

    static std::atomic<Entry*>& first() {
        static std::atomic<Entry*> list{nullptr};
        return list;
    }
    static Entry* take() {
        for (Entry* entry = first(); entry != nullptr; entry = entry->next) {
            if (!entry->used.exchange(true)) return entry;
        }
        auto* const made = new Entry;
        made->used = true;
        made->next = first();
        while (!first().compare_exchange_weak(made->next, made)) {
        }
        return made;
    }
};

int HeldFile::open(const std::string& path, Links links) {
    close();
    Entry* const entry = Entry::take();
    const int descriptor = open_or_make(path, links);
    entry->descriptor = descriptor;
    entry->used = descriptor >= 0;
    if (descriptor >= 0) entry_ = entry;
    return descriptor;
}

int HeldFile::descriptor() const noexcept { return entry_ == nullptr ? -1 : entry_->descriptor.load(); }

void HeldFile::close() noexcept {
    if (entry_ == nullptr) return;
    close_descriptor(entry_->descriptor.exchange(-1));
    entry_->used = false;
    entry_ = nullptr;
}

void HeldFile::close_inherited() noexcept {
    for (Entry* entry = Entry::first(); entry != nullptr; entry = entry->next) {
        close_descriptor(entry->descriptor.exchange(-1));
    }
}

}  // namespace uvsched::sqlite
