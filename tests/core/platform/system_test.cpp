// Host, random numbers, threads and descriptors.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "core/platform/clocks.hpp"
#include "core/platform/descriptors.hpp"
#include "core/platform/host.hpp"
#include "core/platform/native_thread.hpp"
#include "core/platform/random.hpp"

using namespace uvsched;

TEST_CASE("the host, the process and the boot have names") {
    CHECK(process_id() == getpid());
    CHECK_FALSE(host_name().empty());
    CHECK(boot_id() == boot_id());
}

TEST_CASE("elapsed time does not run backwards") {
    std::int64_t last = elapsed_microseconds();
    for (int i = 0; i < 10'000; ++i) {
        const std::int64_t now = elapsed_microseconds();
        REQUIRE(now >= last);
        last = now;
    }
}

TEST_CASE("random numbers are not the same ones") {
    std::set<std::uint64_t> numbers;
    for (int i = 0; i < 1'000; ++i) numbers.insert(system_random().value());
    CHECK(numbers.size() == 1'000);
}

TEST_CASE("a thread of the engine's own has every signal blocked, and its starter keeps its own mask") {
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    sigset_t inside;
    sigemptyset(&inside);
    start_native_thread("a name that is longer than systems show", [&] {
        pthread_sigmask(SIG_SETMASK, nullptr, &inside);
    }).join();
    sigset_t after;
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (const int signal : {SIGINT, SIGTERM, SIGCHLD, SIGUSR1}) {
        CAPTURE(signal);
        CHECK(sigismember(&inside, signal) == 1);
        CHECK(sigismember(&after, signal) == sigismember(&before, signal));
    }
}

TEST_CASE("whether descriptors are to be had is asked without keeping any") {
    for (int i = 0; i < 2'000; ++i) REQUIRE(lack_of_descriptors(STDIN_FILENO, kMostSpare) == 0);
    CHECK(lack_of_descriptors(-1, 1) == EBADF);
    CHECK(lack_of_descriptors(-1, 0) == 0);
}
