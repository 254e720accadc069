// A process that is stopped inside a commit holds SQLite's lock. The others wait, none of them is taken for dead, and
// all goes on when it continues or is killed.
#include <csignal>

#include "core/stores/sqlite/sqlite_store.hpp"
#include "tests/chaos/workers.hpp"

using namespace chaos;

namespace {

// A worker that stops itself in the commit of claims once the file `order` is there, and tells its parent so before.
std::unique_ptr<Child> begin_victim(const Course& plan, const std::string& path, const std::string& order) {
    return std::make_unique<Child>([&plan, path, order](Child& self) {
        return serve(self, plan, [&self, path, order](Config& config) {
            config.stores.at("default").make = [&self, path, order] {
                SqliteOptions options;
                options.path = path;
                options.lease = 2 * kSecond;
                options.probe = [&self, order](const char* step) {
                    if (std::string_view(step) != "claim.before_commit" || ::unlink(order.c_str()) != 0) return;
                    self.tell_parent();
                    raise(SIGSTOP);
                };
                return make_sqlite_store(std::move(options));
            };
        });
    });
}

void stop_in_commit(int then) {
    const Folder folder;
    const auto place = make_place();
    Course plan{.url = place->url("&lease=2&retention_per_task=0"), .log_path = folder.file("starts"), .nodes = 2};
    plan.keeps_leases = true;
    plan.begin = wall_microseconds() / kSecond * kSecond;
    plan.end = plan.begin + 8 * kSecond;
    const std::string path = plan.url.substr(std::string("sqlite:").size(), plan.url.find('?') - 7);
    {
        Course forgiving = plan;
        forgiving.keeps_leases = false;  // it is silent for longer than a lease
        const std::string order = folder.file("stop");
        const auto victim = begin_victim(forgiving, path, order);
        victim->await();  // it runs
        Workers others(plan);
        std::ofstream(order).flush();
        victim->await();  // it is in the commit
        std::this_thread::sleep_for(std::chrono::milliseconds(3'500));
        kill(victim->pid(), then);
        wait_until_done(*place);
        if (then == SIGCONT) {
            victim->tell();
            CHECK(victim->exit_status() == 0);
        } else {
            victim->wait();
        }
        others.end_all();
    }
    check(*place, plan, 1);
}

}  // namespace

TEST_CASE("a process that is stopped inside a commit, and continues") { stop_in_commit(SIGCONT); }

TEST_CASE("a process that is stopped inside a commit, and is killed") { stop_in_commit(SIGKILL); }
