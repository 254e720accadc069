#include "core/stores/sqlite/inode_lock.hpp"

#include <cerrno>
#include <system_error>

#include "core/base/error.hpp"
#include "core/platform/descriptors.hpp"
#include "core/platform/file_lock.hpp"
#include "core/platform/files.hpp"

namespace uvsched::sqlite {

// A descriptor that a child of a fork has to close. Another thread may hold any mutex at a fork, so there is none here:
// entries are a list that only grows, and are used again.
struct InodeLock::Entry {
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

namespace {

constexpr std::int64_t kByte = 0x40000000 + 512;  // SQLite locks the 512 bytes before it

}  // namespace

int InodeLock::open(const std::string& path) {
    Entry* const entry = Entry::take();
    const int descriptor = open_or_make(path, Links::follow);
    entry->descriptor = descriptor;
    entry->used = descriptor >= 0;
    if (descriptor >= 0) entry_ = entry;
    return descriptor;
}

bool InodeLock::lock(const std::string& path) const {
    const Locking outcome = lock_byte(entry_->descriptor, kByte);
    if (outcome != Locking::failed) return outcome == Locking::done;
    fail(Code::store,
         path + ": locking failed: " + std::generic_category().message(errno) + "; keep the file on a local disk");
}

std::optional<ProcessId> InodeLock::holder() const { return holder_of_byte(entry_->descriptor, kByte); }

void InodeLock::release() noexcept {
    if (entry_ == nullptr) return;
    // Unlocked first: a child that is forked off just now keeps a copy of the descriptor, but not the lock.
    const int descriptor = entry_->descriptor.exchange(-1);
    unlock_byte(descriptor, kByte);
    close_descriptor(descriptor);
    entry_->used = false;
    entry_ = nullptr;
}

void InodeLock::close_inherited() noexcept {
    for (Entry* entry = Entry::first(); entry != nullptr; entry = entry->next) {
        close_descriptor(entry->descriptor.exchange(-1));
    }
}

}  // namespace uvsched::sqlite
