// The file itself: its permissions and settings, and files that are not what they should be.
#include <sys/stat.h>

#include <fstream>

#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;

namespace {

mode_t mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

std::unique_ptr<Store> make(const std::string& path, Synchronous synchronous = Synchronous::full) {
    return make_sqlite_store({path, synchronous, {}});
}

void open(Store& store) { store.open({.wall = kStart, .label = "node-1", .retention = {}}); }

// What opening the file says.
Error error_of(const std::string& path) {
    try {
        open(*make(path));
    } catch (const Error& error) {
        return error;
    }
    return {Code::ok, ""};
}

void check_error(const std::string& path, Code code, const std::string& part) {
    const Error error = error_of(path);
    CHECK(error.code() == code);
    CAPTURE(error.message());
    CHECK(error.message().find(part) != std::string::npos);
    CHECK(error.message().find(std::filesystem::path(path).filename().string()) != std::string::npos);
}

void write_file(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("all files of the store are for their owner alone, whatever the umask") {
    const mode_t before = umask(0);
    {
        const Folder folder;
        const auto store = make(folder.file("t.db"));
        open(*store);
        add(*store, every("digest"));
        for (const char* name : {"t.db", "t.db-wal", "t.db-shm", "t.db-lock"}) {
            CAPTURE(name);
            CHECK(mode_of(folder.file(name)) == 0600);
        }
    }
    umask(before);
}

TEST_CASE("making a store opens nothing") {
    const Folder folder;
    const auto store = make(folder.file("t.db"));
    CHECK(std::filesystem::is_empty(std::filesystem::path(folder.file("t.db")).parent_path()));
    store->close();
}

TEST_CASE("opening twice is an error, closing and opening again is not") {
    const Folder folder;
    const auto store = make(folder.file("t.db"));
    open(*store);
    CHECK_THROWS_AS(open(*store), Error);
    add(*store, every("digest"));
    store->close();
    open(*store);
    CHECK(store->counts().active == 1);
}

TEST_CASE("write-ahead log, and the application's id in the header") {
    const Folder folder;
    const auto store = make(folder.file("t.db"));
    open(*store);
    CHECK(ask_sql(folder.file("t.db"), "PRAGMA journal_mode") == "wal");
    CHECK(ask_sql(folder.file("t.db"), "PRAGMA application_id") == std::to_string(0x75767363));
    CHECK(ask_sql(folder.file("t.db"), "SELECT schema, min_reader, length(store_uuid) FROM meta") == "3|3|36");
}

TEST_CASE("folders that are not there, files that are not files") {
    const Folder folder;
    check_error(folder.file("no/t.db"), Code::store, "No such file");
    write_file(folder.file("plain"), "x");
    check_error(folder.file("plain/t.db"), Code::store, "Not a directory");
    std::filesystem::create_directory(folder.file("dir.db"));
    check_error(folder.file("dir.db"), Code::store, "not a regular file");
}

TEST_CASE("files that are not ours stay as they are") {
    const Folder folder;
    const std::string text(5000, 'x');
    write_file(folder.file("text"), text);
    check_error(folder.file("text"), Code::corrupt, "not an SQLite database");
    CHECK(read_file(folder.file("text")) == text);

    const std::string other = folder.file("other.db");
    run_sql(other, "CREATE TABLE accounts (id INTEGER); INSERT INTO accounts VALUES (1)");
    const std::string before = read_file(other);
    check_error(other, Code::corrupt, "another program");
    CHECK(read_file(other) == before);
    run_sql(other, "CREATE TABLE meta (schema, min_reader); INSERT INTO meta VALUES (1, 1)");
    check_error(other, Code::corrupt, "another program");
}

TEST_CASE("an empty file becomes a store") {
    const Folder folder;
    write_file(folder.file("t.db"), "");
    CHECK(error_of(folder.file("t.db")).code() == Code::ok);
}

TEST_CASE("a newer schema is refused only where it says so") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    CHECK(error_of(path).code() == Code::ok);
    run_sql(path, "UPDATE meta SET schema = 7, min_reader = 3");
    CHECK(error_of(path).code() == Code::ok);
    CHECK(ask_sql(path, "SELECT schema FROM meta") == "7");
    run_sql(path, "UPDATE meta SET min_reader = 7");
    check_error(path, Code::version, "newer uvsched");
}

TEST_CASE("a newer definition is left to newer programs, with its fires, and not set apart") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make(path);
    open(*store);
    add(*store, every("digest"));
    add(*store, every("other"));
    REQUIRE(start(*store, ref(claim(*store, "digest"))) == Outcome::done);
    store->close();
    run_sql(path, "UPDATE def SET format = 2 WHERE id = 'digest'");
    for (int i = 0; i < 2; ++i) {
        const Opened opened = store->open({.wall = kStart, .label = "node-1", .retention = {}});
        CHECK(opened.quarantined.empty());
        const Recovered left = recover_dead(*store, opened);
        CHECK(left.ready.empty());
        CHECK(left.lost.empty());
        CHECK(left.quarantined.empty());
        const Look found = look(*store, kStart + kMinute);
        CHECK(found.quarantined.empty());
        CHECK(found.ready.empty());
        for (const Lane& lane : store->lanes()) {
            const Look in_lane =
                store->look({.wall = kStart + kMinute, .elapsed = kStart, .lanes = {lane.number}, .limit = 9});
            CHECK(in_lane.due.size() == (lane.function == "app.tasks:other" ? 1 : 0));
            CHECK(lane.format == (lane.function == "app.tasks:other" ? 1 : 2));
        }
        CHECK(ask_sql(path, "SELECT count(*) FROM def WHERE quarantine IS NOT NULL") == "0");
        CHECK(ask_sql(path, "SELECT state, lane FROM open") == "running|3");
        CHECK_THROWS_WITH_AS(static_cast<void>(store->get("digest")), doctest::Contains("newer uvsched (format 2)"),
                             Error);
        store->close();
    }
    run_sql(path, "UPDATE def SET format = 1");
    const Opened opened = store->open({.wall = kStart, .label = "node-1", .retention = {}});
    CHECK(recover_dead(*store, opened).ready.size() == 1);
    CHECK(look(*store, kStart + kMinute).due.size() == 2);
    CHECK(ask_sql(path, "SELECT count(*) FROM node") == "1");
}

TEST_CASE("a damaged file is an error that says what to do") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    {
        const auto store = make(path);
        open(*store);
        Batch batch;
        for (int i = 0; i < 500; ++i) batch.adds.push_back(adding(every("task-" + std::to_string(i))));
        store->apply(batch);
    }
    const std::string whole = read_file(path);
    constexpr std::size_t kPage = 4096;
    std::string damaged = whole;
    damaged.replace(5 * kPage, kPage * 10, kPage * 10, '\x5a');
    write_file(path, damaged);
    check_error(path, Code::corrupt, "damaged");
    write_file(path, whole.substr(0, whole.size() / 2));
    check_error(path, Code::corrupt, "backup");
    write_file(path, whole);
    CHECK(error_of(path).code() == Code::ok);
}

TEST_CASE("state that was edited into nonsense sets its task apart") {
    for (const char* edit :
         {"clk = 'sundial'", "state = 'asleep'", "uid = 0", "uid = -5", "gen = -1", "gen = 4294967296", "rev = -1"}) {
        CAPTURE(edit);
        const Folder folder;
        const std::string path = folder.file("t.db");
        const auto store = make(path);
        open(*store);
        add(*store, every("bad"), kStart + kHour);
        add(*store, every("good"));
        run_now(*store, "bad");
        run_sql(path, std::string("UPDATE sched SET ") + edit + " WHERE n = 1");
        const Look found = look(*store, kStart);
        CHECK(found.quarantined.size() == 1);
        CHECK(found.due.size() == 1);
        Add again = adding(every("bad"));
        CHECK(apply(*store, again).result == Add::Result::conflict);
        again.on_existing = OnExisting::replace;
        CHECK(apply(*store, again).result == Add::Result::replaced);
        CHECK(look(*store, kStart).due.size() == 2);
    }
}

TEST_CASE("fires that were edited into nonsense set their task apart") {
    for (const char* edit : {"kind = 'lunar'", "state = 'done'", "token = -1"}) {
        CAPTURE(edit);
        const Folder folder;
        const std::string path = folder.file("t.db");
        const auto store = make(path);
        open(*store);
        add(*store, every("bad"), kStart + kHour);
        run_now(*store, "bad");
        run_sql(path, std::string("UPDATE open SET ") + edit);
        CHECK(look(*store, kStart).quarantined.size() == 1);
        CHECK(look(*store, kStart).ready.empty());
        CHECK_THROWS_AS(static_cast<void>(store->get("bad")), Error);
        CHECK(run_now(*store, "bad").outcome == Outcome::missing);
        store->close();
        open(*store);
        CHECK(ask_sql(path, "SELECT count(*) FROM open") == "1");
    }
}

TEST_CASE("replacing a row that became unreadable leaves runs of this process alone") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make(path);
    open(*store);
    add(*store, every("bad"));
    const OpenFire fire = claim(*store, "bad");
    REQUIRE(start(*store, ref(fire)) == Outcome::done);
    run_sql(path, "UPDATE def SET def = '{'; UPDATE sched SET def_hash = 0");
    REQUIRE(look(*store, kStart + kHour).quarantined.size() == 1);
    Add again = adding(every("bad"), kStart + kHour);
    again.on_existing = OnExisting::replace;
    CHECK(apply(*store, again).task.open == 1);
    CHECK(look(*store, kStart).ready.empty());
    CHECK(finish(*store, ref(fire)) == Outcome::done);
}

TEST_CASE("the number of a lane that nothing is on any more is given to no other") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make(path);
    open(*store);
    add(*store, every("a"));
    add(*store, every("b"));
    remove(*store, "a");
    REQUIRE(store->lanes().size() == 1);
    CHECK(store->lanes()[0].function == "app.tasks:b");
    store->close();
    run_sql(path, "DELETE FROM lane WHERE fn = 'app.tasks:a'");  // by hand: uvsched deletes none
    open(*store);
    CHECK(add(*store, every("c")).lane == 3);
    CHECK(add(*store, every("a")).lane == 4);
}

TEST_CASE("a hostile schema runs nothing") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make(path);
    open(*store);
    store->close();
    run_sql(path, "CREATE TRIGGER evil AFTER INSERT ON def BEGIN DELETE FROM def; END");
    open(*store);
    add(*store, every("digest"));
    CHECK(store->counts().active == 1);
    CHECK(store->get("digest").has_value());
}

TEST_CASE("names and texts are data, not SQL") {
    const Folder folder;
    const auto store = make(folder.file("t'; DROP TABLE def; --.db"));
    open(*store);
    const std::string id = "'); DROP TABLE def; -- \xc3\xb1";
    add(*store, every(id));
    CHECK(store->get(id)->definition->id == id);
    CHECK(remove(*store, id).outcome == Outcome::done);
}
