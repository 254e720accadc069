#include "core/platform/waker.hpp"

#include <doctest/doctest.h>
#include <poll.h>

#include "core/platform/descriptors.hpp"

using namespace uvsched;

namespace {

bool readable(int descriptor) {
    pollfd one{descriptor, POLLIN, 0};
    return poll(&one, 1, 0) == 1;
}

}  // namespace

TEST_CASE("a waker is readable from the first wake on, however many there are, until it is cleared") {
    Waker waker("no waker");
    CHECK_FALSE(readable(waker.descriptor()));
    waker.clear();
    waker.wake();
    CHECK(readable(waker.descriptor()));
    for (int i = 0; i < 100'000; ++i) waker.wake();  // more than a pipe holds
    CHECK(readable(waker.descriptor()));
    waker.clear();
    CHECK_FALSE(readable(waker.descriptor()));
    waker.wake();
    CHECK(readable(waker.descriptor()));
}

TEST_CASE("a waker that was abandoned has no descriptor, and closes nothing a second time") {
    Waker waker("no waker");
    waker.abandon();
    CHECK(waker.descriptor() == -1);
    const Waker other("no waker");
    waker.abandon();
    CHECK(lack_of_descriptors(other.descriptor(), 1) == 0);
}
