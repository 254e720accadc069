// One process for each file, and fork().
#include <filesystem>

#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"

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

TEST_CASE("a file that another process has open is busy, and the message names the process") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    Child other([&](Child& self) {
        const auto store = make_sqlite_store({path, Synchronous::normal, {}});
        open(*store);
        self.tell_parent();
        self.await_parent();
        return 0;
    });
    other.await();
    for (int attempt = 0; attempt < 2; ++attempt) {
        const Error error = try_open(path);
        CHECK(error.code() == Code::busy);
        CHECK(error.message().find(std::to_string(other.pid())) != std::string::npos);
        CHECK(error.message().find("t.db") != std::string::npos);
    }
    std::filesystem::create_symlink(path, folder.file("link.db"));
    CHECK(try_open(folder.file("link.db")).code() == Code::busy);
    other.tell();
    CHECK(other.exit_status() == 0);
    CHECK(try_open(path).code() == Code::ok);
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

TEST_CASE("a second store on the same file in one process is refused, by any name") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto first = make_sqlite_store({path, Synchronous::normal, {}});
    open(*first);
    std::filesystem::create_symlink(path, folder.file("link.db"));
    std::filesystem::create_hard_link(path, folder.file("hard.db"));
    for (const std::string& name : {path, folder.file("./t.db"), folder.file("link.db"), folder.file("hard.db")}) {
        CAPTURE(name);
        const Error error = try_open(name);
        CHECK(error.code() == Code::busy);
        CHECK(error.message().find(std::to_string(getpid())) != std::string::npos);
    }
    // The refused ones left the lock of the first alone.
    Child other([&](Child&) { return try_open(path).code() == Code::busy ? 0 : 1; });
    CHECK(other.exit_status() == 0);
    add(*first, every("digest"));
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
    CHECK(try_open(path).code() == Code::busy);
    CHECK(store->get("digest").has_value());
    CHECK(open_descriptors(path) == before);
    fork_once();
    CHECK(claim(*store, "digest").state == FireState::claimed);
    fork_once();
    store->close();
    open(*store);
    CHECK(store->counts().active == 1);
}

TEST_CASE("a forked child finds the file busy while its parent lives, and the parent loses nothing") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    open(*store);
    for (int round = 0; round < 50; ++round) {
        add(*store, every("task-" + std::to_string(round)));
        Child child([&](Child&) {
            const Error error = try_open(path);
            return error.code() == Code::busy && error.message().find(std::to_string(getppid())) != std::string::npos
                       ? 0
                       : 1;
        });
        add(*store, every("after-" + std::to_string(round)));
        CHECK(child.exit_status() == 0);
    }
    CHECK(store->counts().active == 100);
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
