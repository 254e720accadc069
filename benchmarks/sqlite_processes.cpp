// Processes that share one SQLite file, synchronous FULL, beside as many processes that write the same rows with bare
// SQLite, in batches.
//
//   bench_sqlite_processes [FOLDER]      (/var/tmp: a folder on a real disk)
#include "benchmarks/bare_sqlite.hpp"
#include "benchmarks/processes.hpp"

int main(int argc, char** argv) {
    const bench::Folder folder(argc > 1 ? argv[1] : "/var/tmp");
    const auto url = [&](const std::string& name) { return "sqlite:" + folder.file(name); };
    const auto bare = [&](std::size_t count) {
        const std::string file = folder.file("bare" + std::to_string(count));
        const auto connect = [&] { return bench::BareSqlite(file, bench::kTasks); };
        connect();  // makes the tables
        return bench::fire_bare(count, connect);
    };
    bench::measure("on a file", url, "bare SQLite", bare);
    return 0;
}
