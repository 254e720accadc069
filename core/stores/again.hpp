// Again: other nodes came between what this one had read and what it was to write.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

namespace uvsched {

// What was to be written has to be decided anew.
struct Again {};

// They go on meanwhile.
inline void step_aside(int tries) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const int most = std::min(tries + 1, 10) * 2'000;
    std::this_thread::sleep_for(std::chrono::microseconds(std::uniform_int_distribution<int>(200, most)(random)));
}

}  // namespace uvsched
