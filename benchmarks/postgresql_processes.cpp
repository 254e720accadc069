// Processes that share one PostgreSQL database, which waits for its disk at each commit, beside as many processes that
// write the same rows with bare libpq, in batches.
//
//   bench_postgresql_processes      (TMPDIR: a folder on a real disk; UVSCHED_TEST_POSTGRESQL_URL: another server)
#include "benchmarks/bare_postgresql.hpp"
#include "benchmarks/processes.hpp"
#include "tests/stores/postgresql_server.hpp"

int main() {
    const PostgresqlServer server(std::vector<std::string>{});
    const auto url = [&](const std::string& name) { return server.url("&schema=" + name); };
    const auto bare = [&](std::size_t count) {
        const auto connect = [&] { return bench::BarePostgresql(server.url(), bench::kTasks); };
        connect().fill();
        return bench::fire_bare(count, connect);
    };
    bench::measure("on a PostgreSQL server", url, "bare libpq", bare);
    return 0;
}
