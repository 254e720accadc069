#include "core/stores/sqlite/sqlite_store.hpp"

#include <array>
#include <new>

#include "core/stores/sqlite/database.hpp"
#include "core/stores/sqlite/schema.hpp"
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched {
namespace {

using namespace sqlite;

// The two halves of the store's UUID, folded.
std::uint64_t hash_of_uuid(const std::string& uuid) {
    std::array<std::uint64_t, 2> halves{};
    std::size_t digits = 0;
    for (const char c : uuid) {
        if (c == '-') continue;
        std::uint64_t& half = halves[digits++ / 16 % 2];
        half = half * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return halves[0] ^ halves[1];
}

void forget_answers(Batch& batch) {
    for (Finish& finish : batch.finishes) finish.outcome = Outcome::none;
    for (Release& release : batch.releases) release.outcome = Outcome::none;
    for (Start& start : batch.starts) start.outcome = Outcome::none;
    for (Add& add : batch.adds) {
        add.result = Add::Result::none;
        add.task = {};
    }
    for (Change& change : batch.changes) {
        change.outcome = Outcome::none;
        change.task = {};
    }
    for (Remove& remove : batch.removes) {
        remove.outcome = Outcome::none;
        remove.removed = 0;
    }
    for (RunNow& run : batch.runs) {
        run.outcome = Outcome::none;
        run.key = {};
    }
    for (Take& take : batch.takes) {
        take.outcome = Outcome::none;
        take.token = 0;
    }
    for (Claim& claim : batch.claims) {
        claim.outcome = Outcome::none;
        claim.fires.clear();
        claim.asking = {};
    }
}

class SqliteStore final : public Store {
public:
    explicit SqliteStore(SqliteOptions options) : db_(std::move(options)) {}
    ~SqliteStore() override { close(); }

    Opened open(const OpenRequest& request) override;
    void close() noexcept override;
    void suspend() noexcept override;
    void resume() override;
    void apply(Batch& batch) override;

    Look look(const LookRequest& request) override { return sqlite::look(db_, request); }
    Wake next_wake(std::span<const LaneNumber> lanes) override { return sqlite::next_wake(db_, lanes); }
    std::vector<Lane> lanes() override { return sqlite::lanes(db_); }
    std::vector<StoredTask> asking() override { return sqlite::asking(db_); }
    std::optional<StoredTask> get(const std::string& id) override { return sqlite::get(db_, id); }
    std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) override {
        return sqlite::list(db_, after, limit, finished);
    }
    std::int64_t count() override;
    std::vector<HistoryRow> history(const HistoryQuery& query) override { return sqlite::history(db_, query); }
    bool prune(Instant now) override { return prune_piece(db_, now); }

private:
    Opened open_file(const OpenRequest& request);
    void prepare(const Batch& batch, std::vector<Prepared>& adds, std::vector<Prepared>& changes);
    void apply_all(Batch& batch);
    void probe_all(const Batch& batch, const char* suffix) const;
    Database db_;
};

Opened SqliteStore::open(const OpenRequest& request) {
    if (!db_.path.empty()) fail(Code::already, db_.path + ": this store is open");
    try {
        return open_file(request);
    } catch (...) {
        close();
        throw;
    }
}

Opened SqliteStore::open_file(const OpenRequest& request) {
    db_.path = db_.lock.take(db_.options.path);
    db_.connection.open(db_.path);
    static_cast<void>(schema_version(db_.connection));  // before the first write: another program's file stays as it is
    db_.connection.prepare_writing(db_.options.synchronous);
    check_for_damage(db_.connection);
    const Meta meta = prepare_schema(db_.connection);
    db_.statements.emplace(db_.connection);
    db_.node = request.node;
    db_.retention = request.retention;
    db_.shift = meta.shift;
    db_.store_hash = hash_of_uuid(meta.store_uuid);
    {
        Cursor last(db_.sql().last_seq);
        db_.next_seq = std::max(meta.history_seq, last.next() ? last.integer(0) : 0) + 1;
    }
    Opened opened;
    opened.store_hash = db_.store_hash;
    opened.shift = db_.shift;
    Transaction transaction(db_.connection);
    db_.step("recover.begin");
    recover(db_, request.wall, opened);
    db_.step("recover.before_commit");
    transaction.commit();
    db_.step("recover.committed");
    return opened;
}

void SqliteStore::close() noexcept {
    db_.statements.reset();
    db_.connection.close();
    db_.lock.release();
    db_.cache.clear();
    db_.path.clear();
}

void SqliteStore::suspend() noexcept {
    db_.statements.reset();
    db_.connection.close_as_is();
}

void SqliteStore::resume() {
    if (db_.path.empty() || db_.statements) return;
    db_.connection.open(db_.path);
    db_.connection.prepare_writing(db_.options.synchronous);
    db_.statements.emplace(db_.connection);
}

std::int64_t SqliteStore::count() {
    Cursor row(db_.sql().task_count);
    return row.next() ? row.integer(0) : 0;
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
    forget_answers(batch);
    try {
        apply_all(batch);
    } catch (...) {
        // Numbers of rolled-back rows are given again, so nothing that was remembered about them may stay.
        db_.cache.clear();
        forget_answers(batch);
        throw;
    }
}

void SqliteStore::prepare(const Batch& batch, std::vector<Prepared>& adds, std::vector<Prepared>& changes) {
    if (batch.adds.empty() && batch.changes.empty()) return;
    const Snapshot snapshot(db_.sql().db);
    adds.reserve(batch.adds.size());
    for (const Add& add : batch.adds) adds.push_back(prepare_definition(db_, *add.definition, add.now_wall));
    for (std::size_t i = 0; i < changes.size(); ++i) {
        const Change& change = batch.changes[i];
        if (change.definition) changes[i] = prepare_definition(db_, *change.definition, change.now_wall);
    }
}

void SqliteStore::apply_all(Batch& batch) {
    std::vector<Prepared> adds;
    std::vector<Prepared> changes(batch.changes.size());
    prepare(batch, adds, changes);
    Transaction transaction(db_.sql().db);
    probe_all(batch, ".begin");
    for (Finish& finish : batch.finishes) apply_finish(db_, finish);
    for (Release& release : batch.releases) apply_release(db_, release);
    for (Start& start : batch.starts) apply_start(db_, start);
    for (std::size_t i = 0; i < adds.size(); ++i) apply_add(db_, batch.adds[i], adds[i]);
    for (std::size_t i = 0; i < changes.size(); ++i) apply_change(db_, batch.changes[i], changes[i]);
    for (Remove& remove : batch.removes) apply_remove(db_, remove);
    for (RunNow& run : batch.runs) apply_run_now(db_, run);
    for (Take& take : batch.takes) apply_take(db_, take);
    for (Claim& claim : batch.claims) apply_claim(db_, claim);
    if (batch.shift) Cursor(db_.sql().add_shift, *batch.shift).run();
    probe_all(batch, ".before_commit");
    transaction.commit();
    db_.shift = saturating_add(db_.shift, batch.shift.value_or(0));
    probe_all(batch, ".committed");
}

}  // namespace

std::unique_ptr<Store> make_sqlite_store(SqliteOptions options) {
    return std::make_unique<SqliteStore>(std::move(options));
}

}  // namespace uvsched
