// Waker: makes a descriptor readable, for whoever sleeps on it.
#pragma once

namespace uvsched {

// Thread-safe, but for abandon() and the destructor.
class Waker {
public:
    // Throws Error(no_descriptor), whose text begins with `failure`: what cannot be made without it.
    explicit Waker(const char* failure);
    ~Waker() { abandon(); }
    Waker(const Waker&) = delete;
    Waker& operator=(const Waker&) = delete;

    // Readable from wake() until clear(). -1 after abandon().
    [[nodiscard]] int descriptor() const noexcept { return reader_; }

    // Async-signal-safe; may be repeated.
    void wake() const noexcept;

    void clear() const noexcept;

    // Closes the descriptors. In the child of a fork too, which shares them with its parent.
    void abandon() noexcept;

private:
    int reader_ = -1;
    int writer_ = -1;
};

}  // namespace uvsched
