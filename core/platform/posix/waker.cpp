// A pipe. It is made close-on-exec after it is opened, so that a child that another thread starts in between has it.
#include "core/platform/waker.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/errno.hpp"

namespace uvsched {

Waker::Waker(const char* failure) {
    int ends[2] = {-1, -1};
    if (pipe(ends) != 0) fail_with_errno(Code::internal, failure, errno);
    for (const int end : ends) {
        fcntl(end, F_SETFD, FD_CLOEXEC);
        fcntl(end, F_SETFL, O_NONBLOCK);
    }
    reader_ = ends[0];
    writer_ = ends[1];
}

void Waker::wake() const noexcept {
    const char byte = 0;
    [[maybe_unused]] const ssize_t written = ::write(writer_, &byte, 1);  // full is as good as written
}

void Waker::clear() const noexcept {
    char bytes[64];
    while (::read(reader_, bytes, sizeof bytes) == sizeof bytes) {
    }
}

void Waker::abandon() noexcept {
    if (reader_ >= 0) ::close(reader_);
    if (writer_ >= 0) ::close(writer_);
    reader_ = writer_ = -1;
}

}  // namespace uvsched
