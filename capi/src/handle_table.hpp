// The handle table: turns handles, which are tokens and no addresses, into the objects behind them.
//
// A token holds a kind, a slot and the slot's generation. The table itself is never freed, so any pointer value at all
// can be looked up. A lookup pins its slot without a lock (a load and a compare-and-swap); an object whose handle was
// freed is destroyed when the last pin drops. docs/decisions/0030 says why.
//
//   free slot --insert--> live --retire--> dying (pins > 0) --last unpin--> free slot, of the next generation
#pragma once

#include <cstdint>
#include <memory>

namespace uvsched::capi {

enum class Kind : std::uint8_t {
    none,
    config,
    scheduler,
    task,
    queue,
    consumer,
    trigger,
    task_iterator,
    history_iterator,
};

// Whether a handle is of use in the child of a fork() too: behind it is data, and no thread, lock or descriptor.
[[nodiscard]] constexpr bool outlives_fork(Kind kind) noexcept {
    return kind == Kind::config || kind == Kind::task || kind == Kind::trigger;
}

// The object behind a handle.
class Object {
public:
    Object() = default;
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    virtual ~Object() = default;
};

using Token = std::uintptr_t;

// Thread-safe. Throws Error(no_memory) when 2^24 handles are live, and bad_alloc.
[[nodiscard]] Token insert_handle(Kind kind, std::unique_ptr<Object> object);

enum class Lookup : std::uint8_t {
    found,
    null,
    foreign,  // not a handle of this kind
    stale,    // freed, or never made
    forked,   // made by the process that this one was forked from, and of no use here
};

// Keeps an object alive while a call uses it. Thread-safe, lock-free.
class Pin {
public:
    Pin(Token token, Kind kind) noexcept;
    ~Pin();
    Pin(const Pin&) = delete;
    Pin& operator=(const Pin&) = delete;

    [[nodiscard]] Lookup lookup() const noexcept { return lookup_; }
    [[nodiscard]] Object* object() const noexcept { return object_; }  // none unless found

    // Makes the handle stale. False when another thread did so first. Precondition: found.
    bool retire() const noexcept;

private:
    Lookup lookup_ = Lookup::foreign;
    std::uint32_t slot_ = 0;
    Object* object_ = nullptr;
};

}  // namespace uvsched::capi
