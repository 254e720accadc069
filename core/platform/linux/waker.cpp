#include "core/platform/waker.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "core/base/errno.hpp"

namespace uvsched {

Waker::Waker(const char* failure) : reader_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), writer_(reader_) {
    if (reader_ < 0) fail_with_errno(Code::internal, failure, errno);
}

void Waker::wake() const noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(writer_, &one, sizeof one);  // full is as good as written
}

void Waker::clear() const noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t got = ::read(reader_, &count, sizeof count);
}

void Waker::abandon() noexcept {
    if (reader_ >= 0) ::close(reader_);
    reader_ = writer_ = -1;
}

}  // namespace uvsched
