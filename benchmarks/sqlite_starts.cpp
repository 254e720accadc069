// How long a start takes on a SQLite file, synchronous FULL: with 100,000 new tasks, in eight processes that declare
// the same 1,000, and beside 1,000,000 stored tasks, with the memory that it takes then.
//
//   bench_sqlite_starts [FOLDER]      (/var/tmp: a folder on a real disk)
#include "benchmarks/bare_sqlite.hpp"
#include "benchmarks/starts.hpp"

namespace {

constexpr std::int64_t kStored = 1'000'000;

double resident_megabytes() {
    std::ifstream statm("/proc/self/statm");
    double pages = 0;
    statm >> pages >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

}  // namespace

int main(int argc, char** argv) {
    const bench::Folder folder(argc > 1 ? argv[1] : "/var/tmp");
    bench::measure_starts("on a file", [&](const std::string& name) { return "sqlite:" + folder.file(name); });
    const std::string url = "sqlite:" + folder.file("stored");
    // In another process, whose memory is its own.
    bench::Processes(1, [&](std::size_t) {
        for (std::int64_t first = 0; first < kStored; first += bench::kNew) {
            bench::Starting(url, bench::kNew, first).start();
        }
        bench::ready();
    });
    const double before = resident_megabytes();
    bench::Starting scheduler(url, 1);
    const double begin = bench::seconds();
    scheduler.start();
    bench::row("a start beside 1,000,000 stored tasks on a file", bench::seconds() - begin, "s");
    bench::row("the memory that it takes", resident_megabytes() - before, "MB");
    return 0;
}
