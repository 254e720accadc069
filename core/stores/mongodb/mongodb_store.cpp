#include "core/stores/mongodb/mongodb_store.hpp"

#include <utility>

#include "core/stores/mongodb/mongodb_membership.hpp"
#include "core/stores/mongodb/store_steps.hpp"
#include "core/stores/node_number.hpp"

namespace uvsched::mongodb {
namespace {

class MongodbStore final : public Store {
public:
    explicit MongodbStore(MongodbOptions options) : db_(std::move(options)) {}
    ~MongodbStore() override { close(); }

    Opened open(const OpenRequest& request) override;
    void close() noexcept override;
    std::shared_ptr<Membership> membership() override { return membership_; }
    [[nodiscard]] Now now(const Now& here) const override { return db_.clock->now(here); }
    void apply(Batch& batch) override;

    Look look(const LookRequest& request) override { return mongodb::look(db_, request); }
    Recovered recover(NodeNumber dead, Instant now, std::size_t limit) override {
        return mongodb::recover(db_, dead, now, limit);
    }
    void recall(Claim& claim) override { mongodb::recall(db_, claim); }
    std::vector<FireRef> mine() override { return mongodb::mine(db_); }
    Quarantined set_apart(TaskNumber task, const std::string& why) override { return db_.set_apart(task, why); }
    Wake next_wake(std::span<const LaneNumber> lanes) override { return mongodb::next_wake(db_, lanes); }
    std::vector<Lane> lanes() override { return mongodb::lanes(db_); }
    std::uint64_t changes() override { return changes_of_others(db_); }
    std::vector<StoredTask> asking() override { return mongodb::asking(db_); }
    bool prune(Instant now) override { return prune_piece(db_, now); }

    std::optional<StoredTask> get(const std::string& id) override { return mongodb::get(db_, id); }
    std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) override {
        return mongodb::list(db_, after, limit, finished);
    }
    TaskCounts counts() override { return mongodb::counts(db_); }
    std::vector<HistoryRow> history(const HistoryQuery& query) override { return mongodb::history(db_, query); }
    std::vector<std::string> declared_at_start() override { return mongodb::declared_at_start(db_); }

private:
    Opened open_server(const OpenRequest& request);
    void let_go() noexcept;

    Database db_;
    std::shared_ptr<MongodbMembership> membership_;
};

Opened MongodbStore::open(const OpenRequest& request) {
    if (db_.joined) fail(Code::already, db_.session.message("this store is already open"));
    try {
        return open_server(request);
    } catch (...) {
        let_go();
        throw;
    }
}

Opened MongodbStore::open_server(const OpenRequest& request) {
    db_.node = draw_node_number();
    // Of this node: the last one's beat may still be at work with the other.
    db_.shared = std::make_shared<NodeShared>(db_.clock);
    db_.clock->begin(!request.real);
    db_.forget();
    db_.retention = request.retention;
    db_.session.open();
    Opened opened;
    prepare_store(db_, opened);
    membership_ = std::make_shared<MongodbMembership>(db_);
    db_.joined = true;
    join(db_, request, opened);
    return opened;
}

// A node that gave back all that it held has no document any more.
void MongodbStore::close() noexcept {
    if (db_.joined) let_go();
}

void MongodbStore::let_go() noexcept {
    if (membership_) membership_->leave();
    membership_.reset();
    if (db_.joined) leave(db_);
    db_.session.close();
    db_.joined = false;
}

// Once something is written, what fails behind it may have happened.
void MongodbStore::apply(Batch& batch) {
    if (batch.empty()) return;
    batch.forget_answers();
    db_.wrote = false;
    try {
        Waves waves(batch);
        for (Wave& wave : waves.all()) {
            apply_wave(db_, batch, wave, &wave == &waves.all().front(), &wave == &waves.all().back());
        }
        settle_refused(db_, batch.finishes);
    } catch (const NodeLost&) {
        batch.forget_answers();
        throw;
    } catch (const StoreLost&) {
        batch.forget_answers();
        throw;
    } catch (const Refused&) {
        batch.forget_answers();  // what was written is found to be done by whoever asks for it again
        throw;
    } catch (const Error& error) {
        batch.forget_answers();
        if (db_.wrote) throw MaybeDone(error.message());
        throw;
    } catch (...) {
        batch.forget_answers();
        if (db_.wrote) throw MaybeDone("no memory");
        throw;
    }
}

}  // namespace
}  // namespace uvsched::mongodb

namespace uvsched {

std::unique_ptr<Store> make_mongodb_store(MongodbOptions options) {
    return std::make_unique<mongodb::MongodbStore>(std::move(options));
}

}  // namespace uvsched
