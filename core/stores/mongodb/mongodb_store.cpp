#include "core/stores/mongodb/mongodb_store.hpp"

#include <utility>

#include "core/stores/mongodb/mongodb_membership.hpp"
#include "core/stores/mongodb/store_steps.hpp"
#include "core/stores/server_store.hpp"

namespace uvsched::mongodb {
namespace {

class MongodbStore final : public ServerStore<Database, MongodbMembership> {
public:
    explicit MongodbStore(MongodbOptions options) : ServerStore(std::move(options)) {}
    ~MongodbStore() override { close(); }

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

    void tell_lanes(std::span<const LaneNumber> lanes) override { mongodb::tell_lanes(db_, lanes); }
    std::vector<NodeReport> nodes() override { return mongodb::nodes(db_); }

    std::optional<StoredTask> get(const std::string& id) override { return mongodb::get(db_, id); }
    std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) override {
        return mongodb::list(db_, after, limit, finished);
    }
    TaskCounts counts() override { return mongodb::counts(db_); }
    std::vector<HistoryRow> history(const HistoryQuery& query) override { return mongodb::history(db_, query); }
    std::vector<std::string> declared_at_start() override { return mongodb::declared_at_start(db_); }

private:
    Opened join(const OpenRequest& request) override;
    Opened visit(const OpenRequest& request) override;
    StoreReport look_over() override { return mongodb::report(db_); }
    Migration bring_up_to_date(Migrates how) override {
        db_.session.open();
        return migrate_store(db_, how);
    }
    void leave() noexcept override { mongodb::leave(db_); }
    void apply_wave(Batch& batch, Wave& wave, bool first, bool last) override {
        mongodb::apply_wave(db_, batch, wave, first, last);
    }
    void settle(std::vector<Finish>& finishes) override { settle_refused(db_, finishes); }
};

Opened MongodbStore::join(const OpenRequest& request) {
    db_.session.open();
    Opened opened;
    prepare_store(db_, opened);
    membership_ = std::make_shared<MongodbMembership>(db_);
    db_.joined = true;
    mongodb::join(db_, request, opened);
    return opened;
}

Opened MongodbStore::visit(const OpenRequest& request) {
    db_.session.open();
    find_store(db_);
    db_.joined = true;
    mongodb::visit(db_, request);
    return {};
}

}  // namespace
}  // namespace uvsched::mongodb

namespace uvsched {

std::unique_ptr<Store> make_mongodb_store(MongodbOptions options) {
    return std::make_unique<mongodb::MongodbStore>(std::move(options));
}

}  // namespace uvsched
