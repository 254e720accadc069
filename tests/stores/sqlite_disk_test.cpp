// Disks that fail: full, and locked by somebody else.
#include <sys/resource.h>

#include <csignal>

#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;

namespace {

void limit_file_size(rlim_t bytes) {
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

// Writes until the disk is full, gives way, and writes the same batch again. Returns what went wrong.
std::string fill_and_recover(const std::string& path, Store& store) {
    Batch batch;
    for (int i = 0; i < 2000; ++i) batch.adds.push_back(adding(every("task-" + std::to_string(i))));
    limit_file_size(std::filesystem::file_size(path + "-wal") + 20'000);
    for (int attempt = 0; attempt < 3; ++attempt) {
        try {
            store.apply(batch);
            return "the batch was applied on a full disk";
        } catch (const Error& error) {
            if (error.code() != Code::store) return "another code: " + error.message();
            if (error.message().find("t.db") == std::string::npos) return "no file name: " + error.message();
        }
        if (batch.adds[0].result != Add::Result::none) return "the batch was touched";
        if (store.counts().active != 1) return "rows of the failed batch are there";
    }
    limit_file_size(RLIM_INFINITY);
    store.apply(batch);
    if (batch.adds[1999].result != Add::Result::created || store.counts().active != 2001) return "not applied";
    if (claim(store, "task-7").state != FireState::claimed) return "no claim";
    return "";
}

}  // namespace

TEST_CASE("a full disk is a clear error, loses nothing, and goes by") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    // In a child: the limit is the process's, and would cut what the test program prints.
    Child child([&](Child&) {
        std::signal(SIGXFSZ, SIG_IGN);
        const auto store = make_sqlite_store({path, Synchronous::full, {}});
        store->open({.wall = kStart, .label = "node-1", .retention = {}});
        add(*store, every("first"));
        const std::string wrong = fill_and_recover(path, *store);
        limit_file_size(RLIM_INFINITY);
        std::fputs(wrong.c_str(), stderr);
        return wrong.empty() ? 0 : 1;
    });
    CHECK(child.exit_status() == 0);
    CHECK(ask_sql(path, "PRAGMA integrity_check") == "ok");
    CHECK(ask_sql(path, "SELECT count(*) FROM def") == "2001");
}

TEST_CASE("a short look into the file by another program does no harm") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make_sqlite_store({path, Synchronous::full, {}});
    store->open({.wall = kStart, .label = "node-1", .retention = {}});
    Child shell([&](Child& self) {
        sqlite3* handle = nullptr;
        sqlite3_open(path.c_str(), &handle);
        sqlite3_exec(handle, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
        self.tell_parent();
        self.await_parent();
        sqlite3_exec(handle, "COMMIT", nullptr, nullptr, nullptr);
        sqlite3_close(handle);
        return 0;
    });
    shell.await();
    CHECK(look(*store, kStart).due.empty());  // reading never waits
    shell.tell();
    add(*store, every("digest"));
    CHECK(shell.exit_status() == 0);
    CHECK(store->counts().active == 1);
}
