// What the benchmark programs share: a stopwatch, medians with their spread, a look at how busy the machine is, failing
// loudly, and the line each result is printed on.
#pragma once

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
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
struct Speeds {
    std::vector<double> per_second;
    std::vector<double> nanoseconds;  // of processor time, each
};

class Stopwatch {
public:
    // While paused: `count` things were done between each resume() and pause().
    void add_to(Speeds& speeds, double count) const {
        speeds.per_second.push_back(count / wall_);
        speeds.nanoseconds.push_back(processor_ / count * 1e9);
    }
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

inline std::string spread(const std::vector<double>& samples, const char* format = "%.3g") {
    char text[96];
    const std::string both = std::string("(") + format + " to " + format + ")";
    std::snprintf(text, sizeof text, both.c_str(), quantile(samples, 0), quantile(samples, 1));
    return text;
}

// Somebody who does the same work. The samples of both come in pairs, one of each round.
struct Peer {
    std::string name;
    std::vector<double> samples;
};

// One result: the median of the samples and their spread, and how many times as good as the peer's, by pairs. More is
// better, unless the unit is one of time or memory. It is also appended to the file that UVSCHED_BENCH_JSON names.
inline void row(const std::string& what, const std::vector<double>& samples, const std::string& unit,
                const Peer* peer = nullptr, const std::string& note = {}) {
    const bool less_is_better = unit == "ns" || unit == "us" || unit == "us/s" || unit == "bytes" || unit == "in all";
    std::string more = samples.size() > 1 ? spread(samples) : "";
    std::vector<double> ratios;
    for (std::size_t i = 0; peer != nullptr && i < std::min(samples.size(), peer->samples.size()); ++i) {
        ratios.push_back(less_is_better ? peer->samples[i] / samples[i] : samples[i] / peer->samples[i]);
    }
    if (!ratios.empty()) {
        char text[32];
        std::snprintf(text, sizeof text, "  %.2f x ", median(ratios));
        more += text + peer->name + " " + spread(ratios, "%.2f");
    }
    if (!note.empty()) more += "  " + note;
    std::printf("%-64s %12s %-8s %s\n", what.c_str(), number(median(samples)).c_str(), unit.c_str(), more.c_str());
    std::fflush(stdout);
    const char* const path = std::getenv("UVSCHED_BENCH_JSON");  // NOLINT(concurrency-mt-unsafe)
    if (path == nullptr) return;
    std::FILE* const file = std::fopen(path, "ae");
    if (file == nullptr) die(std::string("cannot write ") + path);
    const auto json = [&](const char* name, const std::vector<double>& values) {
        std::fprintf(file, ", \"%s\": [%.17g, %.17g, %.17g]", name, median(values), quantile(values, 0),
                     quantile(values, 1));
    };
    std::fprintf(file, "{\"what\": \"%s\", \"unit\": \"%s\", \"less_is_better\": %s", what.c_str(), unit.c_str(),
                 less_is_better ? "true" : "false");
    json("value", samples);
    if (!ratios.empty()) json("ratio", ratios);
    std::fprintf(file, "}\n");
    std::fclose(file);
}

inline void row(const std::string& what, double value, const std::string& unit, const std::string& note = {}) {
    row(what, std::vector<double>{value}, unit, nullptr, note);
}

// Polls the clock for a while now and then: what is missing, somebody else had. Figures of a busy machine are worth
// nothing, so the program ends before it prints any; with UVSCHED_BENCH_BUSY=1 it only says so.
class Control {
public:
    static constexpr double kMost = 0.02;  // of the time

    void look() {
        constexpr double kGap = 20e-6;  // a poll takes 30 ns, and a tick of the system some microseconds
        const double begin = seconds();
        double missing = 0;
        double last = begin;
        while (last - begin < kLook) {
            const double now = seconds();
            if (now - last > kGap) missing += now - last;
            longest_ = std::max(longest_, now - last);
            last = now;
        }
        missing_.push_back(missing / (last - begin));
    }
    // The longest gap, in microseconds.
    [[nodiscard]] double longest() const { return longest_ * 1e6; }

    void judge() const {
        const double missing = median(missing_);
        if (missing <= kMost) return;
        char text[160];
        std::snprintf(text, sizeof text,
                      "the machine was busy: a loop that only polls the clock missed %.0f %% of its time",
                      missing * 100);
        if (std::getenv("UVSCHED_BENCH_BUSY") == nullptr) {  // NOLINT(concurrency-mt-unsafe)
            die(std::string(text) + ", so there are no figures");
        }
        std::printf("%s: don't trust absolute figures\n", text);
    }

private:
    static constexpr double kLook = 0.02;  // seconds

    std::vector<double> missing_;
    double longest_ = 0;
};

// Memory of this process that is in use, in bytes.
inline double memory_in_use() {
    std::int64_t pages = 0;
    std::int64_t resident = 0;
    if (!(std::ifstream("/proc/self/statm") >> pages >> resident)) die("cannot read /proc/self/statm");
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

// A wall-clock time in microseconds, as uvsched counts them.
inline std::int64_t wall_microseconds() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace bench
