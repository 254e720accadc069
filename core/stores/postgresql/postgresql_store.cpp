#include "core/stores/postgresql/postgresql_store.hpp"

#include <utility>

#include "core/base/hex.hpp"
#include "core/stores/postgresql/changes.hpp"
#include "core/stores/postgresql/postgresql_membership.hpp"
#include "core/stores/postgresql/schema.hpp"
#include "core/stores/postgresql/store_steps.hpp"
#include "core/stores/server_store.hpp"

namespace uvsched::postgresql {
namespace {

class PostgresqlStore final : public ServerStore<Database, PostgresqlMembership> {
public:
    explicit PostgresqlStore(PostgresqlOptions options) : ServerStore(std::move(options)) {}
    ~PostgresqlStore() override { close(); }

    Look look(const LookRequest& request) override {
        return tried([&] { return postgresql::look(db_, request); });
    }
    Recovered recover(NodeNumber dead, Instant now, std::size_t limit) override {
        return tried([&] { return postgresql::recover(db_, dead, now, limit); });
    }
    void recall(Claim& claim) override { postgresql::recall(db_, claim); }
    std::vector<FireRef> mine() override { return postgresql::mine(db_); }
    Quarantined set_apart(TaskNumber task, const std::string& why) override {
        return tried([&] { return db_.set_apart(task, why); });
    }
    Wake next_wake(std::span<const LaneNumber> lanes) override { return postgresql::next_wake(db_, lanes); }
    std::vector<Lane> lanes() override { return postgresql::lanes(db_); }
    std::uint64_t changes() override { return changes_of_others(db_); }
    std::vector<StoredTask> asking() override { return postgresql::asking(db_); }
    bool prune(Instant now) override {
        return tried([&] { return prune_piece(db_, now); });
    }

    void tell_lanes(std::span<const LaneNumber> lanes) override {
        tried([&] { postgresql::tell_lanes(db_, lanes); });
    }
    std::vector<NodeReport> nodes() override { return postgresql::nodes(db_); }

    std::optional<StoredTask> get(const std::string& id) override { return postgresql::get(db_, id); }
    std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) override {
        return postgresql::list(db_, after, limit, finished);
    }
    TaskCounts counts() override { return postgresql::counts(db_); }
    std::vector<HistoryRow> history(const HistoryQuery& query) override { return postgresql::history(db_, query); }
    std::vector<std::string> declared_at_start() override { return postgresql::declared_at_start(db_); }

private:
    void name_channel() { db_.channel = "uvsched_" + hex_text(db_.store_hash); }
    Opened join(const OpenRequest& request) override;
    Opened visit(const OpenRequest& request) override;
    StoreReport look_over() override { return postgresql::report(db_); }
    Migration bring_up_to_date(Migrates how) override;
    void leave() noexcept override { postgresql::leave(db_); }
    void apply_wave(Batch& batch, Wave& wave, bool first, bool last) override;
    void settle(std::vector<Finish>& finishes) override { settle_refused(db_, finishes); }
};

Opened PostgresqlStore::join(const OpenRequest& request) {
    db_.session.open(kConnectPatience);
    prepare_schema(db_);
    name_channel();
    membership_ = std::make_shared<PostgresqlMembership>(db_);
    Opened opened;
    db_.joined = true;
    tried([&] {
        opened = {};
        postgresql::join(db_, request, opened);
    });
    if (!membership_->probe(db_)) {
        opened.notices.push_back(db_.session.message(
            "no notices come through: a pooler gives each transaction another connection. What other processes do is "
            "seen with the next beat only (a fifth of the lease); connect to the server itself to see it at once"));
    }
    return opened;
}

Opened PostgresqlStore::visit(const OpenRequest& /*request*/) {
    db_.session.open(kConnectPatience);
    find_schema(db_);
    name_channel();
    Opened opened;
    db_.joined = true;
    postgresql::visit(db_, opened);
    return opened;
}

Migration PostgresqlStore::bring_up_to_date(Migrates how) {
    db_.session.open(kConnectPatience);
    return migrate_schema(db_, how);
}

void PostgresqlStore::apply_wave(Batch& batch, Wave& wave, bool first, bool last) {
    Changes changes(db_, wave.adds, wave.changes);
    changes.prepare();
    Column tasks;
    std::vector<Claimed> made;
    if (first) {
        for (const Start& start : batch.starts) tasks.add(start.fire.task);
        for (const Finish& finish : batch.finishes) tasks.add(finish.fire.task);
        for (const Release& release : batch.releases) tasks.add(release.fire.task);
    }
    if (last) {
        for (const Take& take : batch.takes) tasks.add(take.fire.task);
        for (const Claim& claim : batch.claims) tasks.add(claim.task);
    }
    Pipeline pipeline(db_);
    pipeline.lock(tasks, changes.tasks());
    if (first) {
        ask_starts(db_, pipeline, batch.starts);
        ask_finishes(db_, pipeline, batch.finishes);
        ask_releases(db_, pipeline, batch.releases);
    }
    changes.ask(pipeline);
    if (wave.remove != nullptr) ask_remove(db_, pipeline, *wave.remove);
    ask_runs(db_, pipeline, wave.runs);
    if (last) {
        ask_takes(db_, pipeline, batch.takes);
        ask_claims(db_, pipeline, batch.claims, made);
    }
    const bool writes = tasks.size() > 0 || changes.writes() || wave.remove != nullptr || !wave.runs.empty();
    pipeline.commit_batch(writes ? Pipeline::Guard::standing : Pipeline::Guard::standing_alone, changes.tells());
    ++db_.written;
    tell_claims(db_, made);
    changes.settle();
}

}  // namespace
}  // namespace uvsched::postgresql

namespace uvsched {

std::unique_ptr<Store> make_postgresql_store(PostgresqlOptions options) {
    return std::make_unique<postgresql::PostgresqlStore>(std::move(options));
}

}  // namespace uvsched
