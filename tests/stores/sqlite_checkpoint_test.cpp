// When the log is written back into the database.
#include <filesystem>

#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;

namespace {

// Ends the next run of "digest" with a text that makes about 1,500 pages of log.
void write_much(Store& store, int& number) {
    const Instant now = kStart + number++ * 10 * kSecond;
    const OpenFire fire = claim(store, "digest", now);
    REQUIRE(start(store, ref(fire), now) == Outcome::done);
    Batch batch;
    Finish& end = batch.finishes.emplace_back(finishing(ref(fire), FireState::failed, now));
    const std::string text(6'000'000, 'x');
    end.error = text;
    store.apply(batch);
    REQUIRE(batch.finishes[0].outcome == Outcome::done);
}

// Does so until the log was written back, ten times at most. Returns the size of the log.
std::uintmax_t write_until_checkpoint(Store& store, const std::string& path, int& number) {
    const auto before = std::filesystem::file_size(path);
    for (int last = number + 10; number < last && std::filesystem::file_size(path) == before;) {
        write_much(store, number);
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
    add(*store, every("digest"));
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
    add(*store, every("digest"));
    int number = 0;
    {
        const Shell reader(path, "BEGIN; SELECT count(*) FROM def");
        while (number < 4) write_much(*store, number);
        CHECK(std::filesystem::file_size(path) < (1U << 20U));  // what the reader has seen
    }
    write_until_checkpoint(*store, path, number);
    CHECK(ask_sql(path, "SELECT count(*) FROM history") == std::to_string(number));
}
