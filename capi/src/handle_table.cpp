#include "handle_table.hpp"

#include <atomic>
#include <mutex>

#include "core/base/error.hpp"
#include "core/platform/fork.hpp"

namespace uvsched::capi {
namespace {

static_assert(sizeof(Token) == 8, "a token needs 64 bits");

// A token, from the low end: 1, which no address of an object has; kind (4 bits); slot (24); generation (35).
constexpr int kKindShift = 1;
constexpr int kSlotShift = 5;
constexpr int kGenerationShift = 29;
constexpr std::uint64_t kKindMask = 15;
constexpr std::uint64_t kSlotMask = (1ULL << 24) - 1;
constexpr std::uint64_t kLastGeneration = (1ULL << 35) - 1;

// A slot's state, from the low end: pins (24 bits), live (1), kind (4), generation (35).
constexpr std::uint64_t kPinMask = (1ULL << 24) - 1;
constexpr std::uint64_t kLive = 1ULL << 24;
constexpr int kStateKindShift = 25;

struct Slot {
    std::atomic<std::uint64_t> state{0};
    std::atomic<std::uint32_t> epoch{0};  // of forks, when the handle was made
    std::uint32_t next_free = 0;          // guarded by table_mutex()
    Object* object = nullptr;             // written while nobody has a pin
};

constexpr std::uint32_t kChunkShift = 12;
constexpr std::uint32_t kChunkSize = 1U << kChunkShift;
constexpr std::uint32_t kMaxSlots = 1U << 24;
constexpr std::uint32_t kNoSlot = UINT32_MAX;

struct Table {
    std::uint32_t free = kNoSlot;  // guarded by table_mutex()
    std::atomic<std::uint32_t> size{0};
    std::atomic<std::uint32_t> epoch{0};
    std::atomic<Slot*> chunks[kMaxSlots / kChunkSize]{};
};
static_assert(std::is_trivially_destructible_v<Table>);
constinit Table table;

// Held while a slot is taken or given back. A leaf: nothing is called while it is held. Never destroyed, because
// handles may be used until the process ends, and not every system has mutexes that need no destructor.
std::mutex& table_mutex() {
    static auto* const mutex = new std::mutex;
    return *mutex;
}

Kind kind_of(std::uint64_t state) noexcept { return static_cast<Kind>((state >> kStateKindShift) & kKindMask); }

Slot& slot_at(std::uint32_t index) noexcept {
    return table.chunks[index >> kChunkShift].load(std::memory_order_acquire)[index & (kChunkSize - 1)];
}

// Whether what stands behind the slot stayed with the process that this one was forked from.
bool is_left_behind(const Slot& slot, Kind kind) noexcept {
    return !outlives_fork(kind) &&
           slot.epoch.load(std::memory_order_relaxed) != table.epoch.load(std::memory_order_relaxed);
}

// The table must be whole and unlocked in a forked child. Handlers that are set up first prepare last, so that no other
// one waits for this mutex.
void watch_forks() {
    static const bool watching = [] {
        static_cast<void>(table_mutex());
        at_fork([] { table_mutex().lock(); }, [] { table_mutex().unlock(); },
                [] {
                    table.epoch.fetch_add(1, std::memory_order_relaxed);
                    table_mutex().unlock();
                });
        return true;
    }();
    static_cast<void>(watching);
}

std::uint32_t take_slot() {
    const std::lock_guard lock(table_mutex());
    if (table.free != kNoSlot) {
        const std::uint32_t index = table.free;
        table.free = slot_at(index).next_free;
        return index;
    }
    const std::uint32_t index = table.size.load(std::memory_order_relaxed);
    if (index == kMaxSlots) fail(Code::no_memory, "there are " + std::to_string(kMaxSlots) + " handles; free some");
    if ((index & (kChunkSize - 1)) == 0) {
        table.chunks[index >> kChunkShift].store(new Slot[kChunkSize], std::memory_order_release);
    }
    table.size.store(index + 1, std::memory_order_release);
    return index;
}

void give_slot(std::uint32_t index, std::uint64_t generation) noexcept {
    slot_at(index).state.store(generation << kGenerationShift, std::memory_order_release);
    if (generation == kLastGeneration) return;  // a used-up slot is left alone rather than let an old token fit again
    const std::lock_guard lock(table_mutex());
    slot_at(index).next_free = table.free;
    table.free = index;
}

}  // namespace

Token insert_handle(Kind kind, std::unique_ptr<Object> object) {
    watch_forks();
    const std::uint32_t index = take_slot();
    Slot& slot = slot_at(index);
    const std::uint64_t generation = slot.state.load(std::memory_order_acquire) >> kGenerationShift;
    const auto kind_bits = static_cast<std::uint64_t>(kind);
    slot.object = object.release();
    slot.epoch.store(table.epoch.load(std::memory_order_relaxed), std::memory_order_relaxed);
    slot.state.store(generation << kGenerationShift | kind_bits << kStateKindShift | kLive, std::memory_order_release);
    return generation << kGenerationShift | Token{index} << kSlotShift | kind_bits << kKindShift | 1;
}

Pin::Pin(Token token, Kind kind) noexcept {
    const auto kind_bits = static_cast<std::uint64_t>(kind);
    if (token == 0) lookup_ = Lookup::null;
    if ((token & 1) == 0 || ((token >> kKindShift) & kKindMask) != kind_bits) return;
    slot_ = static_cast<std::uint32_t>((token >> kSlotShift) & kSlotMask);
    if (slot_ >= table.size.load(std::memory_order_acquire)) return;

    Slot& slot = slot_at(slot_);
    const std::uint64_t wanted = (token >> kGenerationShift) << kGenerationShift | kind_bits << kStateKindShift | kLive;
    std::uint64_t state = slot.state.load(std::memory_order_relaxed);
    do {
        if ((state & ~kPinMask) != wanted) {
            lookup_ = Lookup::stale;
            return;
        }
    } while (!slot.state.compare_exchange_weak(state, state + 1, std::memory_order_acquire, std::memory_order_relaxed));

    if (is_left_behind(slot, kind)) {
        lookup_ = Lookup::forked;
        slot.state.fetch_sub(1, std::memory_order_release);
        return;
    }
    lookup_ = Lookup::found;
    object_ = slot.object;
}

Pin::~Pin() {
    if (object_ == nullptr) return;
    Slot& slot = slot_at(slot_);
    const std::uint64_t state = slot.state.fetch_sub(1, std::memory_order_acq_rel);
    if ((state & kLive) != 0 || (state & kPinMask) != 1) return;
    // In a child forked inside this call, the object's threads and locks are not there to be ended.
    const bool forked = is_left_behind(slot, kind_of(state));
    slot.object = nullptr;
    give_slot(slot_, (state >> kGenerationShift) + 1);
    if (!forked) delete object_;
}

bool Pin::retire() const noexcept {
    return (slot_at(slot_).state.fetch_and(~kLive, std::memory_order_acq_rel) & kLive) != 0;
}

}  // namespace uvsched::capi
