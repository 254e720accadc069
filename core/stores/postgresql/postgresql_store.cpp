#include "core/stores/postgresql/postgresql_store.hpp"

#include <chrono>
#include <utility>

#include "core/base/hex.hpp"
#include "core/stores/node_number.hpp"
#include "core/stores/postgresql/changes.hpp"
#include "core/stores/postgresql/postgresql_membership.hpp"
#include "core/stores/postgresql/schema.hpp"
#include "core/stores/postgresql/store_steps.hpp"
#include "core/stores/step_aside.hpp"
#include "core/stores/waves.hpp"

namespace uvsched::postgresql {
namespace {

constexpr std::chrono::seconds kOpenPatience{10};
constexpr int kTries = 30;

class PostgresqlStore final : public Store {
    // Makes the call again as long as other nodes come between.
    template <class Call>
    auto tried(Call&& call) {
        for (int tries = 0;; ++tries) {
            try {
                return call();
            } catch (const Again&) {
                if (tries >= kTries) fail(Code::store, db_.session.message("other nodes were in the way each time"));
            }
            step_aside(tries);
        }
    }

public:
    explicit PostgresqlStore(PostgresqlOptions options) : db_(std::move(options)) {}
    ~PostgresqlStore() override { close(); }

    Opened open(const OpenRequest& request) override;
    void close() noexcept override;
    std::shared_ptr<Membership> membership() override { return membership_; }
    [[nodiscard]] Now now(const Now& here) const override { return db_.clock->now(here); }
    void apply(Batch& batch) override;

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

    std::optional<StoredTask> get(const std::string& id) override { return postgresql::get(db_, id); }
    std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) override {
        return postgresql::list(db_, after, limit, finished);
    }
    TaskCounts counts() override { return postgresql::counts(db_); }
    std::vector<HistoryRow> history(const HistoryQuery& query) override { return postgresql::history(db_, query); }
    std::vector<std::string> declared_at_start() override { return postgresql::declared_at_start(db_); }

private:
    Opened open_server(const OpenRequest& request);
    void let_go() noexcept;
    void apply_wave(Batch& batch, Wave& wave, bool first, bool last);
    void write_wave(Batch& batch, Wave& wave, bool first, bool last);

    Database db_;
    std::shared_ptr<PostgresqlMembership> membership_;
};

Opened PostgresqlStore::open(const OpenRequest& request) {
    if (db_.joined) fail(Code::already, db_.session.message("this store is already open"));
    try {
        return open_server(request);
    } catch (...) {
        let_go();
        throw;
    }
}

Opened PostgresqlStore::open_server(const OpenRequest& request) {
    db_.forget();
    db_.node = draw_node_number();
    db_.retention = request.retention;
    // Of this node: the last one's beat may still be at work with the other.
    db_.shared = std::make_shared<NodeShared>(db_.clock);
    db_.clock->begin(!request.real);
    db_.session.open(kOpenPatience);
    prepare_schema(db_);
    db_.channel = "uvsched_" + hex_text(db_.store_hash);
    membership_ = std::make_shared<PostgresqlMembership>(db_);
    Opened opened;
    db_.joined = true;
    tried([&] {
        opened = {};
        join(db_, request, opened);
    });
    if (!membership_->probe(db_)) {
        opened.notices.push_back(db_.session.message(
            "no notices come through: a pooler gives each transaction another connection. What other processes do is "
            "seen with the next beat only (a fifth of the lease); connect to the server itself to see it at once"));
    }
    return opened;
}

// A node that gave back all that it held has no row any more.
void PostgresqlStore::close() noexcept {
    if (db_.joined) let_go();
}

void PostgresqlStore::let_go() noexcept {
    if (membership_) membership_->leave();
    membership_.reset();
    if (db_.joined) leave(db_);
    db_.session.close();
    db_.joined = false;
}

// Once a transaction is done, what fails behind it may have happened.
void PostgresqlStore::apply(Batch& batch) {
    if (batch.empty()) return;
    batch.forget_answers();
    bool done = false;
    try {
        Waves waves(batch);
        for (Wave& wave : waves.all()) {
            const bool first = &wave == &waves.all().front();
            const bool last = &wave == &waves.all().back();
            apply_wave(batch, wave, first, last);
            done = true;
        }
        settle_refused(db_, batch.finishes);
    } catch (const Again&) {
        batch.forget_answers();
        if (done) throw MaybeDone(db_.session.message("other nodes were in the way"));
        fail(Code::store, db_.session.message("other nodes were in the way"));
    } catch (const NodeLost&) {
        batch.forget_answers();
        throw;
    } catch (const StoreLost&) {
        batch.forget_answers();
        throw;
    } catch (const Error& error) {
        batch.forget_answers();
        if (done) throw MaybeDone(error.message());
        throw;
    } catch (...) {
        batch.forget_answers();
        if (done) throw MaybeDone("no memory");
        throw;
    }
}

void PostgresqlStore::apply_wave(Batch& batch, Wave& wave, bool first, bool last) {
    tried([&] {
        for (Add* const add : wave.adds) {
            add->dropped.clear();
            add->task = {};
        }
        for (Change* const change : wave.changes) {
            change->dropped.clear();
            change->task = {};
        }
        write_wave(batch, wave, first, last);
    });
}

void PostgresqlStore::write_wave(Batch& batch, Wave& wave, bool first, bool last) {
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
    try {
        tell_claims(db_, made);
        changes.settle();
    } catch (const Again&) {
        throw MaybeDone(db_.session.message("other nodes were in the way"));
    } catch (const NodeLost&) {
        throw;
    } catch (const StoreLost&) {
        throw;
    } catch (const Error& error) {
        throw MaybeDone(error.message());
    }
}

}  // namespace
}  // namespace uvsched::postgresql

namespace uvsched {

std::unique_ptr<Store> make_postgresql_store(PostgresqlOptions options) {
    return std::make_unique<postgresql::PostgresqlStore>(std::move(options));
}

}  // namespace uvsched
