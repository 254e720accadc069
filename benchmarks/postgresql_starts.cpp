// How long a start takes on a PostgreSQL server, which waits for its disk at each commit: with 100,000 new tasks, and
// in eight processes that declare the same 1,000.
//
//   bench_postgresql_starts      (TMPDIR: a folder on a real disk; UVSCHED_TEST_POSTGRESQL_URL: another server)
#include "benchmarks/starts.hpp"
#include "tests/stores/postgresql_server.hpp"

int main() {
    const PostgresqlServer server(std::vector<std::string>{});
    bench::measure_starts("on a PostgreSQL server",
                          [&](const std::string& name) { return server.url("&schema=" + name); });
    return 0;
}
