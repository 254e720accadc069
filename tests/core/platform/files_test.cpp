// Files and the locks on them. What locks mean to another process is asked of a child.
#include "core/platform/files.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "core/platform/descriptors.hpp"
#include "core/platform/file_lock.hpp"

using namespace uvsched;
namespace fs = std::filesystem;

namespace {

class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "uvsched-files-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string file(const char* name) const { return (path_ / name).string(); }

private:
    fs::path path_;
};

// What a child of a fork finds out, as its exit status.
template <class Ask>
int in_child(Ask&& ask) {
    const pid_t child = fork();
    if (child == 0) _exit(ask());
    int status = -1;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("a file is the same by each of its names, and a link is itself or leads to it") {
    const Folder folder;
    const int descriptor = open_or_make(folder.file("a"), Links::refuse);
    REQUIRE(descriptor >= 0);
    fs::create_hard_link(folder.file("a"), folder.file("b"));
    fs::create_symlink("a", folder.file("c"));
    const FileStatus status = status_of(descriptor).value();
    CHECK(status.kind == FileKind::regular);
    CHECK(status.names == 2);
    CHECK(status.owner == effective_user());
    CHECK(status_of_name(folder.file("b"))->identity == status.identity);
    CHECK(status_behind(folder.file("c"))->identity == status.identity);
    CHECK(status_of_name(folder.file("c"))->kind == FileKind::symbolic_link);
    CHECK(status_of_name(folder.file("."))->kind == FileKind::other);
    CHECK(resolved_path(folder.file("c")) == resolved_path(folder.file("a")));
    CHECK_FALSE(status_of_name(folder.file("nothing")).has_value());
    CHECK(errno == ENOENT);
    CHECK_FALSE(resolved_path(folder.file("nothing")).has_value());
    CHECK(open_or_make(folder.file("c"), Links::refuse) < 0);
    close_descriptor(descriptor);
}

TEST_CASE("a small file is written whole, and read from its start") {
    const Folder folder;
    const int descriptor = open_or_make(folder.file("a"), Links::refuse);
    CHECK(read_start(descriptor, 5).empty());
    CHECK(write_whole(descriptor, "12345\n"));
    CHECK(read_start(descriptor, 3) == "123");
    CHECK(write_whole(descriptor, "6\n"));
    CHECK(read_start(descriptor, 100) == "6\n");
    close_descriptor(descriptor);
    CHECK(read_start(descriptor, 5).empty());
}

TEST_CASE("locks hold against another process, which is told whose they are") {
    const Folder folder;
    const int descriptor = open_or_make(folder.file("a"), Links::refuse);
    REQUIRE(lock_byte(descriptor, 1'000) == Locking::done);
    CHECK(lock_byte(descriptor, 1'000) == Locking::done);  // again
    const auto holder = process_id();
    const auto sees = [&](Locking expected) {
        return in_child([&] {
            const int own = open_or_make(folder.file("a"), Links::refuse);
            if (lock_byte(own, 1'000) != expected) return 1;
            return expected == Locking::done || holder_of_byte(own, 1'000) == holder ? 0 : 2;
        });
    };
    CHECK(sees(Locking::taken) == 0);
    unlock_byte(descriptor, 1'000);
    CHECK(sees(Locking::done) == 0);
    REQUIRE(share_byte(descriptor, 1'000) == Locking::done);
    CHECK(sees(Locking::taken) == 0);
    CHECK_FALSE(is_byte_locked(descriptor, 1'000));  // not by somebody else
    CHECK(in_child([&] {
              const int own = open_or_make(folder.file("a"), Links::refuse);
              if (!is_byte_locked(own, 1'000) || is_byte_locked(own, 1'001)) return 1;
              return share_byte(own, 1'000) == Locking::done ? 0 : 2;
          }) == 0);
    unlock_byte(descriptor, 1'000);
    REQUIRE(share_start(descriptor) == Locking::done);
    CHECK(in_child([&] {
              const int own = open_or_make(folder.file("a"), Links::refuse);
              if (share_start(own) != Locking::done) return 1;
              return holder_of_any(own) == holder ? 0 : 2;
          }) == 0);
    close_descriptor(descriptor);
    CHECK(in_child([&] {
              const int own = open_or_make(folder.file("a"), Links::refuse);
              return holder_of_any(own).has_value() ? 1 : 0;
          }) == 0);
}

TEST_CASE("a lock on what is no file fails, and errno says why") {
    CHECK(share_start(-1) == Locking::failed);
    CHECK(errno == EBADF);
    CHECK(lock_byte(-1, 1) == Locking::failed);
    CHECK(errno == EBADF);
    CHECK(share_byte(-1, 1) == Locking::failed);
    CHECK(is_byte_locked(-1, 1));
    CHECK_FALSE(holder_of_byte(-1, 1).has_value());
}
