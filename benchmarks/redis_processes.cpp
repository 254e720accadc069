// Processes that share one Redis server, which syncs its file each second, beside as many processes that write the same
// rows with bare hiredis, in batches.
//
//   bench_redis_processes      (TMPDIR: a folder on a real disk)
#include "benchmarks/bare_redis.hpp"
#include "benchmarks/processes.hpp"
#include "tests/stores/redis_server.hpp"

int main() {
    const RedisServer server(std::vector<std::string>{"--appendfsync", "everysec"});
    if (!server.is_own()) bench::die("it needs a server of its own");
    const auto url = [&](const std::string& name) { return server.url("&prefix=" + name); };
    const auto bare = [&](std::size_t count) {
        const auto connect = [&] { return bench::BareRedis(server.port(), bench::kTasks); };
        connect().fill();
        return bench::fire_bare(count, connect);
    };
    bench::measure("on a Redis server", url, "bare hiredis", bare);
    return 0;
}
