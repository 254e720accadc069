// A file that is touched tells those who watch it, where the system does.
#include "core/platform/touch.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "core/platform/descriptors.hpp"
#include "core/platform/files.hpp"

using namespace uvsched;

TEST_CASE("a touch is told, a write is not") {
    std::string path = "/tmp/uvsched-touch-XXXXXX";
    const int descriptor = mkstemp(path.data());
    REQUIRE(descriptor >= 0);
    TouchWatch watch;
    if (watch.watch(path)) {
        CHECK_FALSE(is_readable(watch.descriptor()));
        REQUIRE(write_at(descriptor, 0, "beat"));
        CHECK_FALSE(is_readable(watch.descriptor()));
        touch(descriptor);
        CHECK(is_readable(watch.descriptor()));
        watch.clear();
        CHECK_FALSE(is_readable(watch.descriptor()));
        REQUIRE(watch.watch("/dev/null"));
        watch.clear();  // of the end of the watch before
        touch(descriptor);
        CHECK_FALSE(is_readable(watch.descriptor()));
    } else {
        CHECK(watch.descriptor() == -1);
        touch(descriptor);
    }
    close_descriptor(descriptor);
    unlink(path.c_str());
}
