// The file is what was opened: other names of it, a deleted lock file, and files that are removed or replaced.
#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>

#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;
namespace fs = std::filesystem;

namespace {

std::unique_ptr<Store> make(const std::string& path) { return make_sqlite_store({path, Synchronous::normal, {}}); }

Opened open(Store& store) { return store.open({.wall = kStart, .label = "node-1", .retention = {}}); }

Error error_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error;
    }
    return {Code::ok, ""};
}

Error try_open(const std::string& path) {
    return error_of([&] { open(*make(path)); });
}

bool says(const Error& error, const std::string& part) { return error.message().find(part) != std::string::npos; }

void write_file(const std::string& path, const std::string& text) { std::ofstream(path, std::ios::binary) << text; }

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

bool is_lock_file(const std::string& path) { return read_file(path).starts_with("uvsched lock file"); }

// Whether the next batch says that the store is lost, and how.
std::string loss_of(Store& store) {
    try {
        run_now(store, "digest");
    } catch (const StoreLost& lost) {
        return lost.message();
    }
    return "";
}

// A process that has the file open until the test lets it go.
class Holder {
public:
    explicit Holder(const std::string& path)
        : child_([&](Child& self) {
              const auto store = make(path);
              open(*store);
              self.tell_parent();
              self.await_parent();
              return add(*store, every("late")).number > 0 ? 0 : 1;
          }) {
        child_.await();
    }
    [[nodiscard]] std::string pid() const { return std::to_string(child_.pid()); }
    int end() {
        child_.tell();
        return child_.exit_status();
    }

private:
    Child child_;
};

}  // namespace

TEST_CASE("another process is refused by any name of the file, and told who has it") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    Holder holder(path);
    fs::create_hard_link(path, folder.file("hard.db"));
    const Error error = try_open(folder.file("hard.db"));
    CHECK(error.code() == Code::busy);
    CHECK(says(error, "hard.db"));
    CHECK(says(error, holder.pid()));
    CHECK(holder.end() == 0);
    CHECK(try_open(folder.file("hard.db")).code() == Code::ok);
}

TEST_CASE("a deleted lock file lets nobody in, and is put back") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    Holder holder(path);
    fs::remove(path + "-lock");
    const Error error = try_open(path);
    CHECK(error.code() == Code::busy);
    CHECK(says(error, holder.pid()));
    fs::remove(path + "-lock");
    CHECK(holder.end() == 0);  // it added a task before it ended
    CHECK(is_lock_file(path + "-lock"));
}

TEST_CASE("an earlier version that has the file open is named, and one that comes is told who has it") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto lock_as_earlier = [&](short& type) {
        const int lock = ::open((path + "-lock").c_str(), O_RDWR | O_CREAT, 0600);
        struct flock whole {};
        whole.l_type = F_WRLCK;
        if (fcntl(lock, F_SETLK, &whole) == 0) return pid_t{0};
        fcntl(lock, F_GETLK, &whole);
        type = whole.l_type;
        return whole.l_pid;
    };
    Child earlier([&](Child& self) {
        short type = F_UNLCK;
        write_file(path + "-lock", std::to_string(getpid()) + "\n");
        if (lock_as_earlier(type) != 0) return 1;
        self.tell_parent();
        self.await_parent();
        return 0;
    });
    earlier.await();
    const Error error = try_open(path);
    CHECK(error.code() == Code::busy);
    CHECK(says(error, "in use by process " + std::to_string(earlier.pid())));
    earlier.tell();
    CHECK(earlier.exit_status() == 0);
    const auto store = make(path);
    open(*store);
    const pid_t own = getpid();
    Child later([&](Child&) {
        short type = F_UNLCK;
        return lock_as_earlier(type) == own && type != F_UNLCK ? 0 : 1;
    });
    CHECK(later.exit_status() == 0);
}

TEST_CASE("a lock file that was put back holds against other processes, and so does another in its place") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make(path);
    open(*store);
    for (const bool replaced : {false, true}) {
        CAPTURE(replaced);
        fs::remove(path + "-lock");
        if (replaced) write_file(path + "-lock", "");
        add(*store, every("task-" + std::to_string(replaced)));
        Child other([&](Child&) {
            const int lock = ::open((path + "-lock").c_str(), O_RDWR);
            struct flock whole {};
            whole.l_type = F_WRLCK;
            return fcntl(lock, F_SETLK, &whole) != 0 && errno == EAGAIN ? 0 : 1;
        });
        CHECK(other.exit_status() == 0);
        CHECK(is_lock_file(path + "-lock"));
    }
    // What is not a lock file is left alone, and disturbs nobody.
    fs::remove(path + "-lock");
    write_file(path + "-lock", "precious");
    add(*store, every("other"));
    CHECK(read_file(path + "-lock") == "precious");
    store->close();
    CHECK(says(try_open(path), "not a lock file"));
}

TEST_CASE("a forked child that lives on does not keep its dead parent's file") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    int pipe_ends[2];
    int up[2];
    REQUIRE(pipe(pipe_ends) == 0);
    REQUIRE(pipe(up) == 0);
    Child parent([&](Child& self) {
        const auto store = make(path);
        open(*store);
        add(*store, every("digest"));
        char byte = 0;
        if (fork() == 0) {
            ::close(pipe_ends[1]);
            if (write(up[1], &byte, 1) != 1) _exit(1);
            _exit(read(pipe_ends[0], &byte, 1) == 0 ? 0 : 1);  // until the test ends
        }
        if (read(up[0], &byte, 1) != 1) return 1;  // the child has come out of fork()
        self.tell_parent();
        self.await_parent();
        return 0;
    });
    parent.await();
    CHECK(open(*make(path)).dead.empty());
    kill(parent.pid(), SIGKILL);
    parent.wait();
    CHECK_FALSE(open(*make(path)).dead.empty());
    for (const int end : {pipe_ends[0], pipe_ends[1], up[0], up[1]}) ::close(end);
}

TEST_CASE("a file with several names is opened, and said to have them") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    CHECK(try_open(path).code() == Code::ok);
    CHECK(open(*make(path)).notices.empty());
    fs::create_hard_link(path, folder.file("backup.db"));
    const Opened opened = open(*make(path));
    REQUIRE(opened.notices.size() == 1);
    CHECK(opened.notices[0].find("2 names") != std::string::npos);
}

TEST_CASE("a database that is removed or replaced is lost: nothing more is written to it") {
    for (const char* how : {"removed", "replaced", "moved away"}) {
        CAPTURE(how);
        const Folder folder;
        const std::string path = folder.file("t.db");
        const std::string other = folder.file("other.db");
        {
            const auto store = make(other);
            open(*store);
            add(*store, every("other"));
        }
        const auto store = make(path);
        open(*store);
        add(*store, every("digest"));
        const std::string word = how;
        if (word == "removed") fs::remove(path);
        if (word == "replaced") fs::rename(other, path);
        if (word == "moved away") fs::rename(path, folder.file("moved.db"));
        const std::string message = loss_of(*store);
        CHECK(message.find("t.db: the file was " + std::string(word == "replaced" ? "replaced" : "removed")) !=
              std::string::npos);
        store->close();
        // The log of what is gone is no log of what comes.
        CHECK_FALSE(fs::exists(path + "-wal"));
        CHECK_FALSE(fs::exists(path + "-shm"));
        open(*store);
        CHECK(store->counts().active == (word == "replaced" ? 1 : 0));
        CHECK(store->get("digest").has_value() == false);
        CHECK(ask_sql(path, "PRAGMA integrity_check") == "ok");
        if (word == "moved away") CHECK(ask_sql(folder.file("moved.db"), "SELECT id FROM def") == "digest");
    }
}

TEST_CASE("a removed log is made anew and nothing is lost; one that was replaced is") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make(path);
    open(*store);
    add(*store, every("digest"));
    for (const char* side : {"-wal", "-shm"}) {
        CAPTURE(side);
        fs::remove(path + side);
        const Error error = error_of([&] { run_now(*store, "digest"); });
        CHECK(error.code() == Code::store);
        CHECK(says(error, path + side + ": the file was removed"));
        CHECK(run_now(*store, "digest").outcome == Outcome::done);
        CHECK(fs::exists(path + side));
    }
    CHECK(ask_sql(path, "SELECT count(*) FROM open") == "2");
    fs::copy_file(path + "-wal", folder.file("copy"));
    fs::rename(folder.file("copy"), path + "-wal");
    CHECK(loss_of(*store).find("-wal: the file was replaced") != std::string::npos);
}

TEST_CASE("a start gate does not pass where the file went away while it was written") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto remove_at = [&](const char* step) {
        if (step == std::string("start.before_commit")) fs::remove(path);
    };
    const auto store = make_sqlite_store({path, Synchronous::normal, remove_at});
    open(*store);
    add(*store, every("digest"));
    const OpenFire fire = claim(*store, "digest");
    CHECK_THROWS_AS(start(*store, ref(fire)), StoreLost);
}

TEST_CASE("a log that goes away while a start gate is written undoes nothing of the batch, and is told by the next") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto remove_at = [&](const char* step) {
        if (step == std::string("start.before_commit")) fs::remove(path + "-wal");
    };
    const auto store = make_sqlite_store({path, Synchronous::normal, remove_at});
    open(*store);
    add(*store, every("digest"));
    Batch batch;
    Start& gate = batch.starts.emplace_back();
    gate.fire = ref(claim(*store, "digest"));
    gate.now_wall = kStart;
    RunNow& run = batch.runs.emplace_back();
    run.id = "digest";
    run.now_wall = kStart;
    batch.shift = kHour;
    REQUIRE_NOTHROW(store->apply(batch));
    CHECK(gate.outcome == Outcome::done);
    CHECK(run.outcome == Outcome::done);
    CHECK(says(error_of([&] { add(*store, every("other")); }), "-wal: the file was removed"));
    add(*store, every("other"));
    CHECK(ask_sql(path, "SELECT state FROM open WHERE kind = 'scheduled'") == "running");
    CHECK(ask_sql(path, "SELECT count(*) FROM open") == "2");
    CHECK(ask_sql(path, "SELECT shift FROM meta") == std::to_string(kHour));
}

TEST_CASE("a file that is replaced while a fork is under way is noticed") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make(path);
    open(*store);
    add(*store, every("digest"));
    fork_once();
    fs::rename(path, folder.file("moved.db"));
    CHECK_THROWS_AS(static_cast<void>(store->get("digest")), StoreLost);
    CHECK_FALSE(fs::exists(path));
    store->close();
    CHECK_FALSE(fs::exists(path + "-wal"));
    // What was written last is in the log alone, and nobody could write it back: it is kept.
    fs::rename(path + "-wal-lost", folder.file("moved.db-wal"));
    CHECK(ask_sql(folder.file("moved.db"), "SELECT id FROM def") == "digest");
}

TEST_CASE("opened anew, a file leaves to this process what it is at work on, and recovers the rest") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make(path);
    open(*store);
    for (const char* id : {"at-work", "left"}) add(*store, every(id));
    const OpenFire ours = claim(*store, "at-work");
    const OpenFire left = claim(*store, "left");
    REQUIRE(start(*store, ref(ours)) == Outcome::done);
    REQUIRE(start(*store, ref(left)) == Outcome::done);
    store->close();
    const Opened opened = store->open({.wall = kStart, .label = "node-1", .retention = {}, .ours = {ref(ours)}});
    const Recovered recovered = recover_dead(*store, opened);
    REQUIRE(recovered.ready.size() == 1);
    CHECK(recovered.ready[0].task.definition->id == "left");
    CHECK(finish(*store, ref(left)) == Outcome::refused);
    CHECK(finish(*store, ref(ours)) == Outcome::done);
}

TEST_CASE("files beside the database that are not the store's own are not written to") {
    for (const char* suffix : {"-lock", "-wal", "-shm", "-journal"}) {
        for (const char* kind : {"symbolic link", "hard link", "regular file"}) {
            CAPTURE(suffix);
            CAPTURE(kind);
            const Folder folder;
            const std::string path = folder.file("t.db");
            const std::string victim = folder.file("victim");
            CHECK(try_open(path).code() == Code::ok);
            fs::remove(path + suffix);
            write_file(victim, "precious");
            if (kind == std::string("symbolic link")) fs::create_symlink(victim, path + suffix);
            if (kind == std::string("hard link")) fs::create_hard_link(victim, path + suffix);
            if (kind == std::string("regular file")) REQUIRE(mkfifo((path + suffix).c_str(), 0600) == 0);
            const Error error = try_open(path);
            CHECK(error.code() == Code::store);
            CAPTURE(error.message());
            CHECK(says(error, path + suffix + ": "));
            CHECK(says(error, kind));
            CHECK(read_file(victim) == "precious");
            fs::remove(path + suffix);
            CHECK(try_open(path).code() == Code::ok);
        }
    }
}

TEST_CASE("a lock file that holds something, or belongs to somebody else, is refused") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    for (const char* text : {"precious", "12 34", "123456789012345678901234567890"}) {
        write_file(path + "-lock", text);
        const Error error = try_open(path);
        CHECK(error.code() == Code::store);
        CHECK(says(error, "not a lock file"));
        CHECK(read_file(path + "-lock") == text);
    }
    for (const char* text : {"", "17", "17\n"}) {
        write_file(path + "-lock", text);
        CHECK(try_open(path).code() == Code::ok);
    }
    if (geteuid() != 0) return;  // who may not give files away cannot try
    REQUIRE(chown((path + "-lock").c_str(), 4711, 0) == 0);
    CHECK(says(try_open(path), "another user (4711)"));
    REQUIRE(chown(path.c_str(), 4711, 0) == 0);
    CHECK(try_open(path).code() == Code::ok);
}

TEST_CASE("another program's transaction is waited for five seconds, and not again until it ends") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    const auto store = make(path);
    open(*store);
    add(*store, every("digest"));
    sqlite3* shell = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &shell) == SQLITE_OK);
    REQUIRE(sqlite3_exec(shell, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
    const auto seconds = [&] {
        const auto begin = std::chrono::steady_clock::now();
        CHECK(says(error_of([&] { run_now(*store, "digest"); }), "end its transaction"));
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    const double first = seconds();
    CHECK(first >= 5.0);
    CHECK(first < 6.5);
    CHECK(seconds() < 1.0);
    sqlite3_close(shell);
    CHECK(run_now(*store, "digest").outcome == Outcome::done);
}
