// What the benchmark programs share: a stopwatch, medians, failing loudly, and the line each result is printed on.
#pragma once

#include <time.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "uvsched.h"

namespace bench {

// Seconds of real time since some fixed point.
inline double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Seconds of processor time that all threads of this program have used.
inline double processor_seconds() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

// How fast something went, by the clock on the wall and by the processor's. The second says what it costs on a machine
// that others use too.
struct Speed {
    double per_second = 0;
    double nanoseconds = 0;  // of processor time, each
};

class Stopwatch {
public:
    // While paused: `count` things were done between each resume() and pause().
    [[nodiscard]] Speed of(double count) const { return {count / wall_, processor_ / count * 1e9}; }
    void resume() {
        wall_ -= seconds();
        processor_ -= processor_seconds();
    }
    void pause() {
        wall_ += seconds();
        processor_ += processor_seconds();
    }

private:
    double wall_ = 0;
    double processor_ = 0;
};

[[noreturn]] inline void die(const std::string& what) {
    std::fprintf(stderr, "%s\n", what.c_str());
    std::exit(1);  // NOLINT(concurrency-mt-unsafe)
}

// Ends the program when a call of the library failed.
inline void check(int status) {
    if (status != UVSCHED_OK) die(std::string(sched_error_name(status)) + ": " + sched_last_error());
}

// A whole number that a program was given.
inline std::int64_t argument(const std::string& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) die("'" + text + "' is not a whole number");
    return value;
}

// The value below which a share (0 to 1) of the samples lies.
inline double quantile(std::vector<double> samples, double share) {
    if (samples.empty()) die("no samples");
    std::sort(samples.begin(), samples.end());
    const auto last = static_cast<double>(samples.size() - 1);
    return samples[static_cast<std::size_t>(std::lround(last * share))];
}

inline double median(const std::vector<double>& samples) { return quantile(samples, 0.5); }

// Of each figure by itself.
inline Speed median(const std::vector<Speed>& samples) {
    std::vector<double> rates;
    std::vector<double> costs;
    for (const Speed& sample : samples) {
        rates.push_back(sample.per_second);
        costs.push_back(sample.nanoseconds);
    }
    return {median(rates), median(costs)};
}

// 5230000 -> "5,230,000"; below 1000 with a decimal.
inline std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, value < 1000 ? "%.1f" : "%.0f", value);
    std::string out = text;
    const auto dot = out.find('.');
    for (auto at = static_cast<std::ptrdiff_t>(dot == std::string::npos ? out.size() : dot) - 3; at > 0; at -= 3) {
        out.insert(static_cast<std::size_t>(at), 1, ',');
    }
    return out;
}

inline void row(const std::string& what, double value, const std::string& unit, const std::string& note = {}) {
    std::printf("%-52s %14s %-10s %s\n", what.c_str(), number(value).c_str(), unit.c_str(), note.c_str());
    std::fflush(stdout);
}

inline std::string ratio(double value, double peer, const std::string& peer_name) {
    char text[64];
    std::snprintf(text, sizeof text, "%.2f x ", value / peer);
    return text + peer_name;
}

// A wall-clock time in microseconds, as uvsched counts them.
inline std::int64_t wall_microseconds() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace bench
