#include "core/stores/sqlite/sqlite_store.hpp"

#include <algorithm>
#include <array>
#include <new>

#include "core/stores/node_number.hpp"
#include "core/stores/rows/lane_list.hpp"
#include "core/stores/sqlite/database.hpp"
#include "core/stores/sqlite/file_membership.hpp"
#include "core/stores/sqlite/fork_pause.hpp"
#include "core/stores/sqlite/schema.hpp"
#include "core/stores/sqlite/store_steps.hpp"
#include "core/stores/store_uuid.hpp"

namespace uvsched {
namespace {

using namespace sqlite;

Micros within_reach(Micros shift) { return std::clamp(shift, -kMostShift, kMostShift); }

// Throws Error(corrupt). `kept` is in the file, `line` is what becomes of it now.
void check_line(const std::string& path, const ElapsedLine& kept, const ElapsedLine& line) {
    if (kept.shift == within_reach(kept.shift) && line.shift == within_reach(line.shift)) return;
    const bool shift = kept.shift != within_reach(kept.shift);
    fail(Code::corrupt,
         path + ": meta." + (shift ? "shift, " : "base, ") + std::to_string(shift ? kept.shift : kept.base) +
             " microseconds, is more than any clock was ever set by; put a backup in place, or set " +
             (shift ? "it to 0" : "meta.boot_id to ''") + ": tasks on elapsed time are then due as the clock says");
}

// Each public member holds `forks_` while it is at work.
class SqliteStore final : public Store {
public:
    explicit SqliteStore(SqliteOptions options) : db_(std::move(options)) {}
    ~SqliteStore() override { close(); }

    Opened open(const OpenRequest& request) override;
    void close() noexcept override;
    void check() override;
    std::shared_ptr<Membership> membership() override { return membership_; }
    void apply(Batch& batch) override;

    Look look(const LookRequest& request) override {
        const Use use(*this);
        return sqlite::look(db_, request);
    }
    Recovered recover(NodeNumber dead, Instant now, std::size_t limit) override;
    void recall(Claim& claim) override {
        const Use use(*this);
        const Snapshot snapshot(db_.sql().db);
        db_.check_standing();
        sqlite::recall(db_, claim);
    }
    std::vector<FireRef> mine() override {
        const Use use(*this);
        const Snapshot snapshot(db_.sql().db);
        db_.check_standing();
        return sqlite::mine(db_);
    }
    Quarantined set_apart(TaskNumber task, const std::string& why) override;
    Wake next_wake(std::span<const LaneNumber> lanes) override {
        const Use use(*this);
        return sqlite::next_wake(db_, lanes);
    }
    std::vector<Lane> lanes() override {
        const Use use(*this);
        return sqlite::lanes(db_);
    }
    std::uint64_t changes() override {
        const Use use(*this);
        return db_.changes_of_others();
    }
    std::vector<StoredTask> asking() override {
        const Use use(*this);
        return sqlite::asking(db_);
    }
    bool prune(Instant now) override {
        const Use use(*this);
        return prune_piece(db_, now);
    }

    void tell_lanes(std::span<const LaneNumber> lanes) override;
    StoreReport report() override {
        const Use use(*this);
        return sqlite::report(db_);
    }
    std::vector<NodeReport> nodes() override {
        const Use use(*this);
        return sqlite::nodes(db_);
    }
    Migration migrate(Migrates how) override;

    std::optional<StoredTask> get(const std::string& id) override {
        const Use use(*this);
        return sqlite::get(db_, id);
    }
    std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) override {
        const Use use(*this);
        return sqlite::list(db_, after, limit, finished);
    }
    TaskCounts counts() override {
        const Use use(*this);
        return sqlite::counts(db_);
    }
    std::vector<HistoryRow> history(const HistoryQuery& query) override {
        const Use use(*this);
        return sqlite::history(db_, query);
    }
    std::vector<std::string> declared_at_start() override {
        const Use use(*this);
        return sqlite::declared_at_start(db_);
    }

private:
    // No fork() comes between, and what an earlier one made the store let go of is taken up again.
    class Use {
    public:
        explicit Use(SqliteStore& store) : lock_(store.forks_.enter()) {
            if (store.let_go_) store.take_up();
        }

    private:
        std::unique_lock<std::mutex> lock_;
    };

    Opened open_file(const OpenRequest& request);
    [[nodiscard]] std::int64_t enter_file(const SharedFile::Door& door);
    void begin_work();
    void keep_files();
    Opened visit_file(const OpenRequest& request);
    void refuse_missing() const;
    void refuse_empty() const;
    void close_file() noexcept;
    void open_connection();
    void close_connection(bool alone) noexcept;
    void let_go() noexcept;
    void take_up();
    void check_file();
    void check_starts();
    void begin_log_anew(const std::string& why);
    void prepare(const Batch& batch, std::vector<Prepared>& adds, std::vector<Prepared>& changes);
    void apply_all(Batch& batch);
    void probe_all(const Batch& batch, const char* suffix) const;
    Database db_;
    std::shared_ptr<Membership> membership_;
    bool let_go_ = false;  // the file is open, without a connection: until the next call
    ForkPause forks_{[this] { let_go(); }};
};

Opened SqliteStore::open(const OpenRequest& request) {
    const auto use = forks_.enter();
    if (!db_.path.empty()) fail(Code::already, db_.path + ": this store is already open");
    try {
        return request.role == Role::visitor ? visit_file(request) : open_file(request);
    } catch (...) {
        close_file();
        throw;
    }
}

// A place among those that have the file open, and a connection. Gives the version of the tables.
std::int64_t SqliteStore::enter_file(const SharedFile::Door& door) {
    db_.file = door.file();
    db_.node = draw_node_number();
    db_.file->enter(db_.node);
    db_.path = db_.file->path();
    db_.watch.begin(db_.path, db_.file->database());
    open_connection();
    return schema_version(db_.connection);  // before the first write: another program's file stays as it is
}

// What is prepared on a connection to tables of this version.
void SqliteStore::begin_work() {
    db_.statements.emplace(db_.connection);
    db_.checkpoints.begin(db_.connection);
}

// The connection has begun the log, if there was none.
void SqliteStore::keep_files() {
    db_.file->keep_database();
    db_.watch.forget_sides();
    static_cast<void>(db_.watch.look());  // which remembers them: nobody else makes them anew
}

Opened SqliteStore::open_file(const OpenRequest& request) {
    const SharedFile::Door door = SharedFile::open(db_.options.path, db_.options.lease);
    static_cast<void>(enter_file(door));
    db_.visits = false;
    db_.connection.prepare_writing(db_.options.synchronous);
    if (door.first()) check_for_damage(db_.connection);
    prepare_schema(db_.connection);
    begin_work();
    db_.retention = request.retention;
    Opened opened;
    if (const auto status = look_at(db_.path); status && status->names > 1) {
        opened.notices.push_back(db_.path + ": the file has " + std::to_string(status->names) +
                                 " names (hard links); always open it by this name, because the latest writes are in " +
                                 db_.path + "-wal, which is not found by another name");
    }
    Writing transaction(db_);
    db_.step("join.begin");
    const Meta meta = read_meta(db_.connection);
    const ElapsedLine line = continued(meta.line, request.boot, {.wall = request.wall, .elapsed = request.elapsed});
    check_line(db_.path, meta.line, line);
    db_.to_wall = line.shift;
    db_.store_hash = hash_of_uuid(meta.store_uuid);
    opened.store_hash = db_.store_hash;
    opened.line = line;
    if (line != meta.line) Cursor(db_.sql().set_line, line.boot, line.base, line.shift).run();
    join(db_, request, door.first(), opened);
    const std::vector<NodeNumber> living = db_.file->living();  // after the rows: who has one has a place
    std::erase_if(opened.dead, [&](NodeNumber node) { return std::ranges::find(living, node) != living.end(); });
    db_.step("join.before_commit");
    transaction.commit();
    db_.step("join.committed");
    keep_files();
    membership_ = std::make_shared<FileMembership>(db_.file, db_.node);
    opened.lease = db_.file->lease();
    if (opened.lease != db_.options.lease) {
        opened.notices.push_back(db_.path + ": " + other_lease(opened.lease, db_.options.lease));
    }
    db_.file->announce(db_.node);
    return opened;
}

// It has a place in the lock file, so that nobody who is alone in the file does what others must not see; and no row.
Opened SqliteStore::visit_file(const OpenRequest& request) {
    refuse_missing();
    const SharedFile::Door door = SharedFile::open(db_.options.path, db_.options.lease);
    const std::int64_t version = enter_file(door);
    if (version == 0) refuse_empty();
    if (version < kSchemaVersion) fail(Code::version, db_.path + ": " + earlier_tables(version, kSchemaVersion));
    db_.visits = true;
    db_.connection.prepare_writing(db_.options.synchronous);
    begin_work();
    Opened opened;
    const Meta meta = read_meta(db_.connection);
    // What becomes of the line at this start of the machine, the next node writes.
    opened.line = continued(meta.line, request.boot, {.wall = request.wall, .elapsed = request.elapsed});
    check_line(db_.path, meta.line, opened.line);
    db_.to_wall = opened.line.shift;
    db_.store_hash = hash_of_uuid(meta.store_uuid);
    opened.store_hash = db_.store_hash;
    keep_files();
    return opened;
}

void SqliteStore::refuse_missing() const {
    if (status_behind(db_.options.path)) return;
    fail(Code::not_found, db_.options.path +
                              ": there is no such file; the first start of a scheduler makes it, and so " +
                              "does `uvsched store migrate`");
}

void SqliteStore::refuse_empty() const {
    fail(Code::not_found, db_.path +
                              ": there is no store in this file, which is empty; the first start of a scheduler " +
                              "makes it, and so does `uvsched store migrate`");
}

Migration SqliteStore::migrate(Migrates how) {
    const auto use = forks_.enter();
    if (!db_.path.empty()) fail(Code::already, db_.path + ": this store is open");
    Migration out{.to = kSchemaVersion};
    try {
        if (how == Migrates::really || status_behind(db_.options.path)) {
            const SharedFile::Door door = SharedFile::open(db_.options.path, db_.options.lease);
            out.from = enter_file(door);
            if (how == Migrates::really) {
                db_.connection.prepare_writing(db_.options.synchronous);
                if (door.first()) check_for_damage(db_.connection);
                prepare_schema(db_.connection);
                keep_files();
            }
            db_.visits = true;
        }
        if (how == Migrates::on_paper) out.statements = schema_on_paper(out.from);
    } catch (...) {
        close_file();
        throw;
    }
    close_file();
    return out;
}

void SqliteStore::tell_lanes(std::span<const LaneNumber> lanes) {
    const Use use(*this);
    Writing transaction(db_);
    Cursor(db_.sql().set_lanes, db_.node, lane_list(lanes)).run();
    transaction.commit();
}

// SQLite opens the file by its name, which may have come to lead elsewhere since it was locked.
void SqliteStore::open_connection() {
    db_.connection.open(db_.path);
    if (db_.watch.look() == FileWatch::Sight::database_gone) throw StoreLost(db_.watch.describe());
}

void SqliteStore::close() noexcept {
    const auto use = forks_.enter();
    close_file();
}

void SqliteStore::close_file() noexcept {
    membership_.reset();
    db_.statements.reset();
    if (db_.file) {
        if (db_.visits) db_.file->forget(db_.node);  // nobody looks for what it may have held
        const SharedFile::Exit exit(db_.file, db_.node);
        close_connection(exit.alone());
        db_.file->keep_after_close();
    }
    db_.file.reset();
    db_.forget();
    db_.path.clear();
}

// Where SQLite closes a database last, it deletes the files beside it by name: they may be another's by now.
void SqliteStore::close_connection(bool alone) noexcept {
    using Sight = FileWatch::Sight;
    let_go_ = false;
    if (db_.path.empty()) return;
    try {
        const Sight sight = db_.watch.look();
        const bool complete = sight != Sight::same && sight != Sight::side_replaced && db_.checkpoints.run();
        db_.checkpoints.end();
        // Others may have let go of it for a moment, and find the log where it was.
        if (sight == Sight::same && alone) return db_.connection.close();
        db_.connection.close_as_is();
        if (sight == Sight::database_gone) db_.watch.remove_sides(complete);
    } catch (const std::exception&) {
        db_.checkpoints.end();
        db_.connection.close_as_is();
    }
}

void SqliteStore::check() {
    const auto use = forks_.enter();
    if (db_.statements) check_file();
}

// Nothing may be written where nobody would find it, and no run started on the strength of it.
void SqliteStore::check_file() {
    switch (db_.watch.look()) {
        case FileWatch::Sight::same:
            return db_.file->keep_lock_file();
        case FileWatch::Sight::side_removed:
            return begin_log_anew(db_.watch.describe());
        default:
            throw StoreLost(db_.watch.describe());
    }
}

// What is committed stays committed: nothing but its loss may be told. The next batch tells of a removed log.
void SqliteStore::check_starts() {
    const FileWatch::Sight sight = db_.watch.look();
    if (sight == FileWatch::Sight::same || (sight == FileWatch::Sight::side_removed && db_.checkpoints.run())) return;
    throw StoreLost(db_.watch.describe());
}

void SqliteStore::begin_log_anew(const std::string& why) {
    if (!db_.file->is_alone(db_.node)) {
        throw StoreLost(why + "; the database is made whole when all schedulers that use it have closed it");
    }
    if (!db_.checkpoints.run()) {
        fail(Code::store, why + "; end the other program that reads the database (an open sqlite3 shell?)");
    }
    let_go();
    fail(Code::store, why + "; nothing is lost: the database is complete, and the file is made anew");
}

void SqliteStore::let_go() noexcept {
    if (!db_.statements) return;
    db_.statements.reset();
    db_.checkpoints.end();
    db_.connection.close_as_is();
    db_.file->keep_after_close();
    let_go_ = true;
}

void SqliteStore::take_up() {
    if (db_.watch.look() == FileWatch::Sight::database_gone) throw StoreLost(db_.watch.describe());
    db_.file->check_side_files();
    open_connection();
    db_.connection.prepare_writing(db_.options.synchronous);
    begin_work();
    keep_files();
    let_go_ = false;
}

void SqliteStore::probe_all(const Batch& batch, const char* suffix) const {
    if (!db_.options.probe) return;
    const std::array<std::pair<const char*, bool>, 10> kinds = {{{"finish", !batch.finishes.empty()},
                                                                 {"release", !batch.releases.empty()},
                                                                 {"start", !batch.starts.empty()},
                                                                 {"add", !batch.adds.empty()},
                                                                 {"change", !batch.changes.empty()},
                                                                 {"remove", !batch.removes.empty()},
                                                                 {"run", !batch.runs.empty()},
                                                                 {"take", !batch.takes.empty()},
                                                                 {"claim", !batch.claims.empty()},
                                                                 {"shift", batch.shift.has_value()}}};
    for (const auto& [kind, present] : kinds) {
        if (present) db_.step((std::string(kind) + suffix).c_str());
    }
}

void SqliteStore::apply(Batch& batch) {
    if (batch.empty()) return;
    const Use use(*this);
    batch.forget_answers();
    try {
        apply_all(batch);
    } catch (...) {
        // Numbers of rolled-back rows are given again, so nothing that was remembered about them may stay.
        db_.cache.clear();
        batch.forget_answers();
        throw;
    }
}

Recovered SqliteStore::recover(NodeNumber dead, Instant now, std::size_t limit) {
    const Use use(*this);
    Writing transaction(db_);
    db_.step("recover.begin");
    if (dead != db_.node) db_.check_standing();
    Recovered out = sqlite::recover(db_, dead, now, limit);
    db_.step("recover.before_commit");
    transaction.commit();
    if (!out.more) db_.file->forget(dead);
    db_.step("recover.committed");
    return out;
}

Quarantined SqliteStore::set_apart(TaskNumber task, const std::string& why) {
    const Use use(*this);
    if (db_.statements) check_file();
    Writing transaction(db_);
    Quarantined out = db_.set_apart(task, why);
    transaction.commit();
    return out;
}

void SqliteStore::prepare(const Batch& batch, std::vector<Prepared>& adds, std::vector<Prepared>& changes) {
    if (batch.adds.empty() && batch.changes.empty()) return;
    const Snapshot snapshot(db_.sql().db);
    adds.reserve(batch.adds.size());
    for (const Add& add : batch.adds) adds.push_back(prepare_add(db_, add));
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const Change& change = batch.changes[i];
        if (change.definition) changes[i] = prepare_definition(db_, *change.definition, change.now_wall);
    }
}

void SqliteStore::apply_all(Batch& batch) {
    static_cast<void>(db_.sql());
    check_file();
    std::vector<Prepared> adds;
    std::vector<Prepared> changes(batch.changes.size());
    prepare(batch, adds, changes);
    Writing transaction(db_);
    probe_all(batch, ".begin");
    db_.check_standing();
    // First: what is claimed in this batch was found by the clock as it is now.
    if (batch.shift) Cursor(db_.sql().set_shift, within_reach(*batch.shift)).run();
    db_.read_line();
    for (Start& start : batch.starts) apply_start(db_, start);
    for (Finish& finish : batch.finishes) apply_finish(db_, finish);
    for (Release& release : batch.releases) apply_release(db_, release);
    for (std::size_t i = 0; i < adds.size(); ++i) apply_add(db_, batch.adds[i], adds[i]);
    for (std::size_t i = 0; i < changes.size(); ++i) apply_change(db_, batch.changes[i], changes[i]);
    for (Remove& remove : batch.removes) apply_remove(db_, remove);
    for (RunNow& run : batch.runs) apply_run_now(db_, run);
    for (Take& take : batch.takes) apply_take(db_, take);
    for (Claim& claim : batch.claims) apply_claim(db_, claim);
    probe_all(batch, ".before_commit");
    transaction.commit();
    if (db_.tells) ++db_.own_changes;
    probe_all(batch, ".committed");
    if (!batch.starts.empty()) check_starts();
}

}  // namespace

std::unique_ptr<Store> make_sqlite_store(SqliteOptions options) {
    return std::make_unique<SqliteStore>(std::move(options));
}

}  // namespace uvsched
