// Processes that share one server of MongoDB's protocol, beside as many processes that write the same documents with
// bare libmongoc, in batches. The server is that of UVSCHED_TEST_MONGODB_URL, or the one of the tests, which is not
// MongoDB: then the figures are more the server's than anybody's.
//
//   bench_mongodb_processes      (TMPDIR: a folder on a real disk)
#include "benchmarks/bare_mongodb.hpp"
#include "benchmarks/processes.hpp"
#include "tests/stores/mongodb_server.hpp"

int main() {
    constexpr bench::Scale kScale{.tasks = 5'000, .at_once = 500};  // adding as many as elsewhere takes it minutes
    const MongodbServer server;
    const auto bare = [&](std::size_t count) {
        const auto connect = [&] { return bench::BareMongodb(server.url(), kScale.tasks); };
        connect().fill();
        return bench::fire_bare(count, connect, kScale.tasks);
    };
    bench::measure(
        "on MongoDB's protocol", [&](const std::string& name) { return server.url_of(name); }, "bare libmongoc", bare,
        kScale);
    return 0;
}
