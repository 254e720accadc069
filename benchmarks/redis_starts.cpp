// How long a start takes on a Redis server, which syncs its file each second: with 100,000 new tasks, and in eight
// processes that declare the same 1,000.
//
//   bench_redis_starts      (TMPDIR: a folder on a real disk)
#include "benchmarks/starts.hpp"
#include "tests/stores/redis_server.hpp"

int main() {
    const RedisServer server(std::vector<std::string>{"--appendfsync", "everysec"});
    bench::measure_starts("on a Redis server", [&](const std::string& name) { return server.url("&prefix=" + name); });
    return 0;
}
