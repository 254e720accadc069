// When the log is written back into the database.
#include <filesystem>

#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"

using namespace ledger;

namespace {

constexpr int kTasks = 300;

// A batch that makes about 1,500 pages of log.
Batch large_batch(int number) {
    Batch batch;
    for (int task = 0; task < kTasks; ++task) {
        Definition large = every("task-" + std::to_string(number) + "-" + std::to_string(task));
        large.arguments = "[\"" + std::string(19'000, 'x') + "\"]";
        batch.adds.push_back(adding(large));
    }
    return batch;
}

// Applies such batches until the log was written back, ten at most. Returns the greatest size of the log.
std::uintmax_t write_until_checkpoint(Store& store, const std::string& path, int& number) {
    const auto before = std::filesystem::file_size(path);
    for (int last = number + 10; number < last && std::filesystem::file_size(path) == before;) {
        Batch batch = large_batch(number++);
        store.apply(batch);
    }
    REQUIRE(std::filesystem::file_size(path) > before);
    return std::filesystem::file_size(path + "-wal");
}

// The sqlite3 shell of somebody who has left a transaction open.
class Shell {
public:
    Shell(const std::string& path, const char* sql) {
        REQUIRE(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK);
        REQUIRE(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    }
    Shell(const Shell&) = delete;
    Shell& operator=(const Shell&) = delete;
    ~Shell() { sqlite3_close(handle_); }

private:
    sqlite3* handle_ = nullptr;
};

}  // namespace

TEST_CASE("the log is written back when it has grown, and begins anew") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    store->open({.wall = kStart, .label = "node-1", .retention = {}});
    int number = 0;
    for (int round = 0; round < 3; ++round) CHECK(write_until_checkpoint(*store, path, number) < (40U << 20U));
    CHECK(ask_sql(path, "PRAGMA integrity_check") == "ok");
    fork_once();  // the connections are others from here on
    CHECK(write_until_checkpoint(*store, path, number) < (40U << 20U));
}

TEST_CASE("a reader who stays keeps the log growing; afterwards it is written back") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    store->open({.wall = kStart, .label = "node-1", .retention = {}});
    int number = 0;
    {
        const Shell reader(path, "BEGIN; SELECT count(*) FROM def");
        for (; number < 4; ++number) {
            Batch batch = large_batch(number);
            store->apply(batch);
        }
        CHECK(std::filesystem::file_size(path) < (1U << 20U));  // what the reader has seen
    }
    write_until_checkpoint(*store, path, number);
    CHECK(store->counts().active == number * kTasks);
}
