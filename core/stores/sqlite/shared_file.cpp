#include "core/stores/sqlite/shared_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include "core/base/errno.hpp"
#include "core/base/error.hpp"
#include "core/platform/clocks.hpp"
#include "core/platform/file_lock.hpp"
#include "core/platform/fork.hpp"
#include "core/platform/host.hpp"
#include "core/platform/touch.hpp"

namespace uvsched::sqlite {

namespace {

constexpr auto kPatienceAtDoor = std::chrono::seconds(30);            // with whoever makes or migrates the database
constexpr auto kPatienceAtExit = std::chrono::milliseconds(200);      // with whoever opens the file just now
constexpr auto kPatienceWithLeaver = std::chrono::milliseconds(200);  // who has left the list, and not yet the rest
constexpr auto kPatienceWithNumber = std::chrono::seconds(1);         // with whoever changes it
constexpr auto kNap = std::chrono::milliseconds(1);

}  // namespace

// Which files nodes of this process have open.
struct SharedFile::Registry {
    std::mutex mutex;
    std::map<FileIdentity, std::shared_ptr<SharedFile>> held;  // by the database's identity, and by the lock file's

    [[nodiscard]] std::shared_ptr<SharedFile> find(const FileIdentity& file) const {
        const auto found = held.find(file);
        return found == held.end() ? nullptr : found->second;
    }
    [[nodiscard]] std::shared_ptr<SharedFile> find(const std::string& path) const {
        const std::optional<FileStatus> status = status_behind(path);
        return status ? find(status->identity) : nullptr;
    }
    void add(const std::shared_ptr<SharedFile>& file) {
        held[file->database_] = file;
        held[file->side_.identity] = file;
    }
    void drop(const SharedFile* file) noexcept {
        std::erase_if(held, [file](const auto& entry) { return entry.second.get() == file; });
    }
    // Not by this name, or not this file any more.
    static void refuse(const std::string& path, const SharedFile& holder) {
        fail(Code::busy, path + ": this process (" + std::to_string(process_id()) + ") has the file open as " +
                             holder.path_ + "; always open it by one name, because the latest writes are beside it");
    }
};

namespace {

[[noreturn]] void fail_with_advice(const std::string& path, const char* doing, const char* advice) {
    const int reason = errno;
    if (reason == EMFILE || reason == ENFILE || reason == ENOMEM) {
        fail_with_errno(Code::store, path + ": " + doing + " failed", reason);
    }
    fail(Code::store, path + ": " + doing + " failed: " + std::generic_category().message(reason) + "; " + advice);
}

constexpr const char* kFolderAdvice = "check that the folder exists and can be written";
constexpr const char* kLockAdvice = "keep the file on a local disk";

std::string name_of(std::optional<ProcessId> process) {
    return process && *process > 0 ? "process " + std::to_string(*process) : "another process";
}

[[noreturn]] void fail_busy(const std::string& path, std::optional<ProcessId> holder) {
    fail(Code::busy,
         path + ": in use by " + name_of(holder) + "; stop it first, or give this scheduler a file of its own");
}

// What a lock file of an earlier version says, and a little more if it says more than it should.
constexpr std::size_t kLongestPid = 20;
std::string read_pid_text(int descriptor) { return read_start(descriptor, kLongestPid + 2); }

// Who has locked it as earlier versions do: 0 where neither system nor file tells; nothing if nobody does any more.
std::optional<ProcessId> earlier_holder(int descriptor) {
    const std::optional<ProcessId> holder = holder_of_any(descriptor);
    if (holder != 0) return holder;
    return std::strtol(read_pid_text(descriptor).c_str(), nullptr, 10);
}

// A file of that name that somebody else made for a purpose of theirs must not lose what it holds.
void check_contents(const std::string& path, int descriptor) {
    std::string text = read_pid_text(descriptor);
    if (!text.empty() && text.back() == '\n') text.pop_back();
    if (text.size() <= kLongestPid && text.find_first_not_of("0123456789") == std::string::npos) return;
    fail(Code::store,
         path +
             ": this is not a lock file, or not one of this version; the scheduler writes only to a file of "
             "its own: move this one away");
}

[[noreturn]] void fail_at_door(const std::string& path) {
    fail(Code::busy, path + ": another process is opening the file, and does not get done; is it stopped?");
}

// Takes a lock that others have for short moments. False if one of them kept it.
bool lock_in_time(int descriptor, std::int64_t byte, std::chrono::milliseconds patience, const std::string& path) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (true) {
        const Locking outcome = lock_byte(descriptor, byte);
        if (outcome == Locking::done) return true;
        if (outcome == Locking::failed) fail_with_advice(path, "locking", kLockAdvice);
        if (std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(kNap);
    }
}

}  // namespace

SharedFile::Registry& SharedFile::registry() {
    // Never destroyed: stores may outlive static destructors. The child of a fork holds no file, and another thread may
    // have been at work on the parent's registry: it gets one of its own.
    static std::atomic<Registry*> current = [] {
        at_fork(nullptr, nullptr, [] {
            HeldFile::close_inherited();
            current = new Registry;
        });
        return new Registry;
    }();
    return *current;
}

// ---- opening ----

SharedFile::Door SharedFile::open(const std::string& path, Micros lease) {
    Registry& shared = registry();
    std::unique_lock guard(shared.mutex);
    if (auto file = shared.find(path)) {
        file->take_again(path);
        return {std::move(guard), std::move(file)};
    }
    const auto file = std::make_shared<SharedFile>();
    file->lease_ = lease;
    try {
        file->take(path);
        shared.add(file);
    } catch (...) {
        shared.drop(file.get());
        file->close();
        throw;
    }
    return {std::move(guard), file};
}

void SharedFile::take(const std::string& path) {
    open_database(path);
    check_side_files();
    open_side(side_, kPatienceAtDoor);
    join_roster();
}

// For one more node of this process.
void SharedFile::take_again(const std::string& path) {
    const std::optional<std::string> resolved = resolved_path(path);
    if (resolved != path_) Registry::refuse(path, *this);
    check_side_files();
    const std::string side = path_ + "-lock";
    {
        const std::lock_guard lock(mutex_);
        if (identity_at(side) != side_.identity) mend();
    }
    if (!lock_in_time(lock_file(), Roster::kDoorByte, kPatienceAtDoor, side)) fail_at_door(path_);
    try {
        const std::lock_guard lock(mutex_);
        join_roster();
    } catch (...) {
        unlock_byte(lock_file(), Roster::kDoorByte);
        throw;
    }
}

void SharedFile::open_database(const std::string& path) {
    if (const auto there = status_behind(path)) {
        if (there->kind != FileKind::regular) {
            fail(Code::store, path + ": this is not a regular file; name another path");
        }
    }
    const int descriptor = inode_.open(path);
    if (descriptor < 0) fail_with_advice(path, "opening the file for writing", kFolderAdvice);
    const std::optional<FileStatus> status = status_of(descriptor);
    const std::optional<std::string> resolved = resolved_path(path);
    if (!status || !resolved) fail_with_advice(path, "finding the file", kFolderAdvice);
    database_ = status->identity;
    owner_ = status->owner;
    path_ = *resolved;
    if (const auto holder = registry().find(database_)) {  // put in this place just now
        inode_.abandon();
        Registry::refuse(path, *holder);
    }
}

void SharedFile::check_side_files() const {
    for (const char* suffix : {"-wal", "-shm", "-journal"}) {
        const std::string side = path_ + suffix;
        if (const auto status = look_at(side)) check_side_file(side, *status, owner_);
    }
}

// Opens the lock file, and its door.
void SharedFile::open_side(Side& side, std::chrono::milliseconds patience) const {
    const std::string path = path_ + "-lock";
    // Who deletes the file between opening and locking makes room for a second one.
    std::optional<FileStatus> named;
    while (!named || named->identity != side.identity) {
        side.file.close();
        if (const auto status = look_at(path)) {
            if (const auto holder = registry().find(status->identity)) Registry::refuse(path_, *holder);
            check_side_file(path, *status, owner_);
        }
        if (side.file.open(path, Links::refuse) < 0) fail_with_advice(path, "opening the lock file", kFolderAdvice);
        const int descriptor = side.file.descriptor();
        const std::optional<FileStatus> status = status_of(descriptor);
        if (!status) fail_with_advice(path, "looking at the lock file", kFolderAdvice);
        side.identity = status->identity;
        for (Locking outcome = share_start(descriptor); outcome != Locking::done; outcome = share_start(descriptor)) {
            if (outcome == Locking::failed) fail_with_advice(path, "locking", kLockAdvice);
            const std::optional<ProcessId> holder = earlier_holder(descriptor);
            if (holder) fail_busy(path_, holder);
        }
        if (!lock_in_time(descriptor, Roster::kDoorByte, patience, path)) fail_at_door(path_);
        named = look_at(path);
    }
    check_side_file(path, *named, owner_);
}

void SharedFile::join_roster() {
    first_ = !is_anybody_in();
    if (first_) {
        if (!Roster::read(lock_file())) check_contents(path_ + "-lock", lock_file());
        return begin_roster();
    }
    const Roster roster = read_roster();
    check_roster(roster);
    lease_ = roster.header.lease;
    keep_lock_on_database();
}

// Those who are in have the same files open that this process would open.
void SharedFile::check_roster(const Roster& roster) const {
    const std::string who = name_of(somebody(roster));
    if (roster.header.database != database_) {
        fail(Code::busy, path_ + ": " + who + " has the file open that had this name before; stop it first");
    }
    const std::pair<const char*, FileIdentity> sides[] = {{"-wal", roster.header.log}, {"-shm", roster.header.index}};
    for (const auto& [suffix, identity] : sides) {
        if (identity == FileIdentity{} || identity_at(path_ + suffix) == identity) continue;
        fail(Code::busy, path_ + suffix + ": the file was removed or replaced while " + who +
                             " uses the database; it makes the file anew with its next write if it is alone, and must "
                             "be stopped otherwise");
    }
    const Micros left = roster.header.closed_until - elapsed_microseconds();
    if (left > 0) {
        fail(Code::busy, path_ + "-lock: the lock file was removed while " + who +
                             " used the database; who else uses it is not known before " +
                             std::to_string(left / kSecond + 1) + " s from now: start again then");
    }
}

// Nobody is in this lock file; who has the database open by another name, or had the lock file before, has its lock.
void SharedFile::begin_roster() {
    const auto give_up = std::chrono::steady_clock::now() + kPatienceWithLeaver;
    while (!inode_.lock(path_)) {
        if (std::chrono::steady_clock::now() >= give_up) fail_busy(path_, inode_.holder());
        std::this_thread::sleep_for(kNap);
    }
    if (!Roster::begin(lock_file(), {.database = database_, .lease = lease_})) {
        fail_with_advice(path_ + "-lock", "writing the lock file", kFolderAdvice);
    }
    keep_lock_on_database();
}

void SharedFile::keep_lock_on_database() const {
    if (!inode_.share(path_)) fail_busy(path_, inode_.holder());
}

void SharedFile::keep_after_close() const noexcept {
    try {
        keep_lock_on_database();
    } catch (const std::exception&) {
        return;  // the next commit looks at the names
    }
}

void SharedFile::keep_database() {
    keep_lock_on_database();
    const std::lock_guard lock(mutex_);
    Roster roster = read_roster();
    const FileIdentity log = identity_at(path_ + "-wal").value_or(FileIdentity{});
    const FileIdentity index = identity_at(path_ + "-shm").value_or(FileIdentity{});
    if (roster.header.log == log && roster.header.index == index) return;
    std::size_t in = 0;
    for (std::size_t place = 0; place < Roster::kPlaces; ++place) in += is_held(place) ? 1U : 0U;
    if (in > 1) check_roster(roster);
    roster.header.log = log;
    roster.header.index = index;
    if (!Roster::write_header(lock_file(), roster.header)) {
        fail_with_advice(path_ + "-lock", "writing the lock file", kFolderAdvice);
    }
}

void SharedFile::close_door() noexcept {
    const std::lock_guard lock(mutex_);
    unlock_byte(lock_file(), Roster::kDoorByte);
    const bool empty = std::all_of(own_.begin(), own_.end(), [](NodeNumber node) { return node == 0; });
    if (empty) close();
}

// Under the registry's mutex: it would drop the locks of a store that takes the same file meanwhile.
void SharedFile::close() noexcept {
    registry().drop(this);
    side_.file.close();
    inode_.release();
}

// ---- nodes ----

bool SharedFile::is_held(std::size_t place) const noexcept {
    return own_[place] != 0 || is_byte_locked(lock_file(), Roster::node_byte(place));
}

std::optional<ProcessId> SharedFile::somebody(const Roster& roster) const noexcept {
    for (std::size_t place = 0; place < Roster::kPlaces; ++place) {
        if (roster.places[place].process != 0 && is_held(place)) return roster.places[place].process;
    }
    return std::nullopt;
}

bool SharedFile::is_anybody_in() const noexcept {
    for (std::size_t place = 0; place < Roster::kPlaces; ++place) {
        if (is_held(place)) return true;
    }
    return false;
}

std::optional<std::size_t> SharedFile::place_of(NodeNumber node) const noexcept {
    const auto found = std::find(own_.begin(), own_.end(), node);
    if (found == own_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - own_.begin());
}

Roster SharedFile::read_roster() const {
    const std::optional<Roster> roster = Roster::read(lock_file());
    if (!roster) {
        fail(Code::store,
             path_ + "-lock: another program has written to the lock file; move it away, and it is made anew");
    }
    return *roster;
}

// Locks a place for a node of this process; one of the dead only if asked for.
std::optional<std::size_t> SharedFile::find_place(const Roster& roster, bool with_dead) const {
    for (std::size_t place = 0; place < Roster::kPlaces; ++place) {
        if (own_[place] != 0 || (!with_dead && roster.places[place].node != 0)) continue;
        if (lock_byte(lock_file(), Roster::node_byte(place)) == Locking::done) return place;
    }
    return std::nullopt;
}

// Does nothing if another number is there by now. Throws Error(store).
void SharedFile::change_number(std::size_t place, NodeNumber from, const Roster::Place& to) const {
    const std::string path = path_ + "-lock";
    if (!lock_in_time(lock_file(), Roster::number_byte(place), kPatienceWithNumber, path)) {
        fail(Code::store, path + ": another process is changing the file, and does not get done; is it stopped?");
    }
    const std::optional<Roster> roster = Roster::read(lock_file());
    const bool written = roster && (roster->places[place].node != from || Roster::write_place(lock_file(), place, to));
    unlock_byte(lock_file(), Roster::number_byte(place));
    if (!written) fail_with_advice(path, "writing the lock file", kFolderAdvice);
}

void SharedFile::enter(NodeNumber node) {
    const std::lock_guard lock(mutex_);
    const Roster roster = read_roster();
    std::optional<std::size_t> place = find_place(roster, false);
    if (!place) place = find_place(roster, true);
    if (!place) {
        fail(Code::busy, path_ + ": " + std::to_string(Roster::kPlaces) +
                             " schedulers have the file open; no more can share it: use a database server");
    }
    own_[*place] = node;
    try {
        change_number(*place, roster.places[*place].node,
                      {.node = node, .process = process_id(), .notices = roster.places[*place].notices});
    } catch (...) {
        own_[*place] = 0;
        unlock_byte(lock_file(), Roster::node_byte(*place));
        throw;
    }
    look_around(roster);
}

void SharedFile::leave(NodeNumber node) noexcept {
    const std::lock_guard guard(registry().mutex);
    go(node);
}

SharedFile::Exit::Exit(std::shared_ptr<SharedFile> file, NodeNumber node) noexcept
    : registry_(registry().mutex), file_(std::move(file)), node_(node) {
    try {
        if (!file_->is_alone(node)) return;
        has_door_ = lock_in_time(file_->lock_file(), Roster::kDoorByte, kPatienceAtExit, file_->path_ + "-lock");
        alone_ = has_door_ && file_->is_alone(node);
    } catch (const std::exception&) {
        alone_ = false;
    }
}

SharedFile::Exit::~Exit() {
    const int lock_file = file_->lock_file();
    file_->go(node_);  // before the door opens
    if (has_door_ && file_->side_.file.is_open()) unlock_byte(lock_file, Roster::kDoorByte);
}

// Under the registry's mutex.
void SharedFile::go(NodeNumber node) noexcept {
    const std::lock_guard lock(mutex_);
    bool others = false;
    for (std::size_t place = 0; place < Roster::kPlaces; ++place) {
        if (own_[place] == node) {
            own_[place] = 0;
            unlock_byte(lock_file(), Roster::node_byte(place));
        }
        others = others || own_[place] != 0;
    }
    if (!others) close();
}

std::vector<NodeNumber> SharedFile::living() const {
    const std::lock_guard lock(mutex_);
    std::vector<NodeNumber> out;
    const std::optional<Roster> roster = Roster::read(lock_file());
    for (std::size_t place = 0; roster && place < Roster::kPlaces; ++place) {
        const NodeNumber node = roster->places[place].node;
        if (node != 0 && is_held(place)) out.push_back(node);
    }
    return out;
}

void SharedFile::forget(NodeNumber node) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        const std::optional<Roster> roster = Roster::read(lock_file());
        for (std::size_t place = 0; roster && place < Roster::kPlaces; ++place) {
            const Roster::Place& there = roster->places[place];
            if (there.node == node) change_number(place, node, {.notices = there.notices});
        }
    } catch (const std::exception&) {
        return;  // whoever sees it there recovers nothing, and tries again
    }
}

bool SharedFile::is_alone(NodeNumber node) const {
    const std::lock_guard lock(mutex_);
    for (std::size_t place = 0; place < Roster::kPlaces; ++place) {
        if (own_[place] != node && is_held(place)) return false;
    }
    return true;
}

void SharedFile::look_around(const Roster& roster) noexcept {
    bool strangers = false;
    std::size_t ours = 0;
    for (std::size_t place = 0; place < Roster::kPlaces; ++place) {
        ours += own_[place] != 0 ? 1U : 0U;
        strangers = strangers || (roster.places[place].node != 0 && own_[place] == 0);
    }
    others_ = strangers || ours > 1;
    strangers_ = strangers;
}

BeatAnswer SharedFile::beat(NodeNumber node) {
    keep_lock_file();
    const std::lock_guard lock(mutex_);
    BeatAnswer answer;
    const std::optional<std::size_t> own = place_of(node);
    if (!own) return {.standing = false, .peers = {}};
    const Roster roster = read_roster();
    if (roster.places[*own].node != node) return {.standing = false, .peers = {}};
    if (!Roster::write_beats(lock_file(), *own, roster.places[*own].beats + 1)) {
        fail_with_advice(path_ + "-lock", "writing the lock file", kFolderAdvice);
    }
    for (std::size_t place = 0; place < Roster::kPlaces; ++place) {
        const Roster::Place& peer = roster.places[place];
        if (place == *own) continue;
        answer.changes += peer.notices;
        if (peer.node == 0) continue;
        answer.peers.push_back({.node = peer.node, .count = peer.beats, .gone = !is_held(place)});
    }
    look_around(roster);
    return answer;
}

void SharedFile::announce(NodeNumber node) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        const std::optional<std::size_t> place = place_of(node);
        const std::optional<Roster> roster = Roster::read(lock_file());
        if (!place || !roster) return;
        Roster::write_notices(lock_file(), *place, roster->places[*place].notices + 1);
        look_around(*roster);
        if (others_) touch(lock_file());
    } catch (const std::exception&) {
        return;  // without memory; their own checks find it
    }
}

// ---- the lock file, while it is in use ----

FileIdentity SharedFile::lock_file_identity() const {
    const std::lock_guard lock(mutex_);
    return side_.identity;
}

void SharedFile::keep_lock_file() noexcept {
    try {
        const std::optional<FileIdentity> named = identity_at(path_ + "-lock");
        {
            const std::lock_guard lock(mutex_);
            if (named == side_.identity) return;
        }
        const std::unique_lock guard(registry().mutex, std::try_to_lock);
        if (!guard) return;
        const std::lock_guard lock(mutex_);
        if (named != side_.identity) mend();
    } catch (const std::exception&) {
        // What is there now is not ours, or somebody looks at it just now: again the next time. The lock on the
        // database holds all the same.
    }
}

// Makes the lock file anew, or goes over to the one that another node has made. Until each has done so, nobody knows
// who is there: so nobody may join for as long as a node may be silent.
void SharedFile::mend() {
    const std::string path = path_ + "-lock";
    Side made;
    open_side(made, std::chrono::milliseconds(0));
    const int descriptor = made.file.descriptor();
    const std::optional<Roster> there = Roster::read(descriptor);
    bool begun = false;
    for (std::size_t place = 0; there && place < Roster::kPlaces && !begun; ++place) {
        begun = is_byte_locked(descriptor, Roster::node_byte(place));
    }
    if (begun) {
        if (there->header.database != database_) fail(Code::store, path + ": the lock file of another database");
    } else {
        if (!there) check_contents(path, descriptor);
        const std::optional<Roster> before = Roster::read(lock_file());
        Roster::Header header = before ? before->header : Roster::Header{.database = database_, .lease = lease_};
        const bool alone = inode_.lock(path_);
        header.closed_until = alone ? 0 : elapsed_microseconds() + 2 * lease_;
        if (alone) keep_lock_on_database();
        if (!Roster::begin(descriptor, header)) fail_with_advice(path, "writing the lock file", kFolderAdvice);
    }
    move_nodes(made);
    unlock_byte(descriptor, Roster::kDoorByte);
    const auto self = registry().find(database_);
    side_.file.swap(made.file);
    std::swap(side_.identity, made.identity);
    registry().drop(this);
    registry().add(self);
}

// To another lock file. Their places in the old one are left without a number, so that nobody takes them for dead.
void SharedFile::move_nodes(const Side& to) {
    std::array<NodeNumber, Roster::kPlaces> moved{};
    for (const NodeNumber node : own_) {
        if (node == 0) continue;
        std::size_t place = 0;
        while (place < Roster::kPlaces &&
               (moved[place] != 0 || lock_byte(to.file.descriptor(), Roster::node_byte(place)) != Locking::done)) {
            ++place;
        }
        if (place == Roster::kPlaces ||
            !Roster::write_place(to.file.descriptor(), place, {.node = node, .process = process_id()})) {
            fail_with_advice(path_ + "-lock", "writing the lock file", kFolderAdvice);
        }
        moved[place] = node;
    }
    for (std::size_t place = 0; place < Roster::kPlaces; ++place) {
        if (own_[place] != 0) Roster::write_place(lock_file(), place, {});
    }
    own_ = moved;
}

}  // namespace uvsched::sqlite
