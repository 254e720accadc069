// Several processes and stores on one file, and fork().
#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;

namespace {

void open(Store& store) { store.open({.wall = kStart, .label = "node-1", .retention = {}}); }

// Opens the file and says with which code that ended, and the message.
Error try_open(const std::string& path) {
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    try {
        open(*store);
    } catch (const Error& error) {
        return error;
    }
    return {Code::ok, ""};
}

// How many descriptors this process has of the database and the files beside it.
std::size_t open_descriptors(const std::string& path) {
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (std::filesystem::read_symlink(entry, gone).string().starts_with(path)) ++found;
    }
    return found;
}

}  // namespace

TEST_CASE("a file that another process has open is shared with it") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    Child other([&](Child& self) {
        const auto store = make_sqlite_store({path, Synchronous::normal, {}});
        open(*store);
        add(*store, every("digest"));
        const OpenFire fire = claim(*store, "digest");
        self.tell_parent();
        self.await_parent();
        if (!store->get("late")) return 1;
        return finish(*store, ref(fire)) == Outcome::done ? 0 : 2;
    });
    other.await();
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    const Opened opened = store->open({.wall = kStart, .label = "node-1", .retention = {}});
    CHECK(opened.dead.empty());
    CHECK(store->counts().active == 1);
    CHECK(store->mine().empty());
    add(*store, every("late"));
    other.tell();
    CHECK(other.exit_status() == 0);
    CHECK(history(*store, "digest").size() == 1);
}

TEST_CASE("a killed process holds nothing") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    Child other([&](Child& self) {
        const auto store = make_sqlite_store({path, Synchronous::normal, {}});
        open(*store);
        add(*store, every("digest"));
        claim(*store, "digest");
        self.tell_parent();
        self.await_parent();
        return 0;
    });
    other.await();
    kill(other.pid(), SIGKILL);
    other.wait();
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    const Opened opened = store->open({.wall = kStart, .label = "node-2", .retention = {}});
    CHECK(recover_dead(*store, opened).ready.size() == 1);
}

TEST_CASE("several stores of one process share a file, by one name") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto first = make_sqlite_store({path, Synchronous::normal, {}});
    open(*first);
    std::filesystem::create_symlink(path, folder.file("link.db"));
    for (const std::string& name : {path, folder.file("./t.db"), folder.file("link.db")}) {
        CAPTURE(name);
        const auto second = make_sqlite_store({name, Synchronous::normal, {}});
        open(*second);
        add(*first, every("of the first " + name));
        add(*second, every("of the second " + name));
        const OpenFire fire = claim(*second, "of the first " + name);
        CHECK(finish(*first, ref(fire)) == Outcome::refused);
        CHECK(finish(*second, ref(fire)) == Outcome::done);
    }
    std::filesystem::create_hard_link(path, folder.file("hard.db"));
    const Error error = try_open(folder.file("hard.db"));
    CHECK(error.code() == Code::busy);
    CHECK(error.message().find("this process (" + std::to_string(getpid()) + ") has the file open as " + path) !=
          std::string::npos);
    // Closing one of them dropped no lock of the others.
    const pid_t own = getpid();
    Child other([&](Child&) {
        const Error refused = try_open(folder.file("hard.db"));
        return refused.code() == Code::busy && refused.message().find(std::to_string(own)) != std::string::npos ? 0 : 1;
    });
    CHECK(other.exit_status() == 0);
    first->close();
    CHECK(try_open(path).code() == Code::ok);
}

TEST_CASE("a fork lets go of the database and keeps the claim on the file; the next call takes it up again") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    open(*store);
    add(*store, every("digest"));
    const std::size_t before = open_descriptors(path);
    fork_once();
    CHECK(open_descriptors(path) < before);
    fork_once();
    CHECK(std::filesystem::file_size(path + "-wal") > 0);
    CHECK(try_open(path).code() == Code::ok);
    CHECK(store->get("digest").has_value());
    CHECK(open_descriptors(path) == before);
    fork_once();
    CHECK(claim(*store, "digest").state == FireState::claimed);
    fork_once();
    store->close();
    open(*store);
    CHECK(store->counts().active == 1);
}

TEST_CASE("a forked child may share the file with its parent, and neither loses anything") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    open(*store);
    for (int round = 0; round < 50; ++round) {
        add(*store, every("task-" + std::to_string(round)));
        Child child([&](Child&) {
            const auto own = make_sqlite_store({path, Synchronous::normal, {}});
            open(*own);
            add(*own, every("child-" + std::to_string(round)));
            return 0;
        });
        add(*store, every("after-" + std::to_string(round)));
        CHECK(child.exit_status() == 0);
    }
    CHECK(store->counts().active == 150);
    CHECK(ask_sql(path, "PRAGMA integrity_check") == "ok");
}

TEST_CASE("a child may take the file when its parent has let it go") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    open(*store);
    Child child([&](Child& self) {
        self.await_parent();
        return try_open(path).code() == Code::ok ? 0 : 1;
    });
    store->close();
    child.tell();
    CHECK(child.exit_status() == 0);
}

TEST_CASE("who opens a file while the last one closes it is not refused") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto come_and_go = [&path](int rounds) {
        for (int round = 0; round < rounds; ++round) {
            const auto store = make_sqlite_store({path, Synchronous::normal, {}});
            open(*store);
            store->close();
        }
    };
    std::vector<std::unique_ptr<Child>> others;
    for (int i = 0; i < 3; ++i) {
        others.push_back(std::make_unique<Child>([&](Child&) {
            come_and_go(40);
            return 0;
        }));
    }
    std::thread beside([&] { come_and_go(40); });
    come_and_go(40);
    beside.join();
    for (const auto& other : others) CHECK(other->exit_status() == 0);
}
