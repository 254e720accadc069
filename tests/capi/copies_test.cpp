// Two copies of the library in one process: the one that comes second is refused.
#include <dlfcn.h>

#include <cstring>
#include <filesystem>

#include "support.hpp"

using namespace capi_test;

namespace {

template <class Function>
Function find(void* library, const char* name) {
    void* const symbol = dlsym(library, name);
    REQUIRE(symbol != nullptr);
    Function function = nullptr;
    std::memcpy(&function, &symbol, sizeof function);
    return function;
}

}  // namespace

TEST_CASE("a second copy of the library makes no scheduler") {
    Folder folder;
    const std::string copy = folder.file("libcopy.so");
    std::filesystem::copy_file(UVSCHED_LIBRARY, copy);
    void* const library = dlopen(copy.c_str(), RTLD_NOW | RTLD_LOCAL);
    REQUIRE_MESSAGE(library != nullptr, dlerror());
    const auto config_new = find<decltype(&sched_config_new)>(library, "sched_config_new");
    const auto make = find<decltype(&sched_new)>(library, "sched_new");
    const auto last_error = find<decltype(&sched_last_error)>(library, "sched_last_error");
    REQUIRE((config_new != &sched_config_new));

    // Being loaded is no harm.
    sched::Scheduler scheduler(manual_config());
    sched_config* config = nullptr;
    REQUIRE(config_new(&config) == UVSCHED_OK);
    sched_scheduler* out = nullptr;
    CHECK(make(&out, config) == UVSCHED_EVERSION);
    CHECK(out == nullptr);
    CHECK(doctest::String(last_error()) == doctest::Contains("libuvsched"));

    // A handle of one copy is none of the other's.
    CHECK(sched_new(&out, config) == UVSCHED_EHANDLE);
    const sched::Scheduler another(manual_config());
    CHECK(another.state() == sched::State::stopped);
}
