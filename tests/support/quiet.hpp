// A moment at which no other thread of this process runs. Linux only.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <thread>

namespace uvsched::test {

namespace detail {

using Sleeps = std::map<std::string, std::string>;

// For each other thread how often it has gone to sleep, or nothing if one of them does not sleep.
inline std::optional<Sleeps> sleeps_of_others() {
    Sleeps sleeps;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        const std::string thread = task.path().filename();
        if (thread == std::to_string(gettid())) continue;
        std::ifstream status(task.path() / "status");
        bool sleeping = false;
        for (std::string line; std::getline(status, line);) {
            if (line.find("State:") == 0) sleeping = line.find("(sleeping)") != std::string::npos;
            if (line.find("voluntary_ctxt_switches:") == 0) sleeps[thread] = line;
        }
        if (!sleeping) return std::nullopt;
    }
    return sleeps;
}

}  // namespace detail

// Returns when all other threads sleep, and have slept while each of them was looked at. A child of fork() may then
// allocate: nobody was in the allocator, whose lock AddressSanitizer leaves locked in a child.
inline void wait_until_others_sleep() {
    std::optional<detail::Sleeps> before;
    for (auto now = detail::sleeps_of_others(); !now || now != before; now = detail::sleeps_of_others()) {
        before = std::move(now);
        std::this_thread::yield();
    }
}

}  // namespace uvsched::test
