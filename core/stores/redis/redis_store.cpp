#include "core/stores/redis/redis_store.hpp"

#include <utility>

#include "core/stores/redis/redis_membership.hpp"
#include "core/stores/redis/store_steps.hpp"
#include "core/stores/server_store.hpp"

namespace uvsched::redis {
namespace {

class RedisStore final : public ServerStore<Database, RedisMembership> {
public:
    explicit RedisStore(RedisOptions options) : ServerStore(std::move(options)) {}
    ~RedisStore() override { close(); }

    Look look(const LookRequest& request) override { return redis::look(db_, request); }
    Recovered recover(NodeNumber dead, Instant now, std::size_t limit) override {
        return redis::recover(db_, dead, now, limit);
    }
    void recall(Claim& claim) override { redis::recall(db_, claim); }
    std::vector<FireRef> mine() override { return redis::mine(db_); }
    Quarantined set_apart(TaskNumber task, const std::string& why) override { return db_.set_apart(task, why); }
    Wake next_wake(std::span<const LaneNumber> lanes) override { return redis::next_wake(db_, lanes); }
    std::vector<Lane> lanes() override { return redis::lanes(db_); }
    std::uint64_t changes() override { return changes_of_others(db_); }
    std::vector<StoredTask> asking() override { return redis::asking(db_); }
    bool prune(Instant now) override { return prune_piece(db_, now); }

    void tell_lanes(std::span<const LaneNumber> lanes) override { redis::tell_lanes(db_, lanes); }
    std::vector<NodeReport> nodes() override { return redis::nodes(db_); }

    std::optional<StoredTask> get(const std::string& id) override { return redis::get(db_, id); }
    std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) override {
        return redis::list(db_, after, limit, finished);
    }
    TaskCounts counts() override { return redis::counts(db_); }
    std::vector<HistoryRow> history(const HistoryQuery& query) override { return redis::history(db_, query); }
    std::vector<std::string> declared_at_start() override { return redis::declared_at_start(db_); }

private:
    Opened join(const OpenRequest& request) override;
    Opened visit(const OpenRequest& request) override;
    StoreReport look_over() override { return redis::report(db_); }
    Migration bring_up_to_date(Migrates how) override {
        db_.session.open(kConnectPatience);
        return migrate_store(db_, how);
    }
    void leave() noexcept override { redis::leave(db_); }
    void apply_wave(Batch& batch, Wave& wave, bool first, bool last) override {
        redis::apply_wave(db_, batch, wave, first, last);
    }
    void settle(std::vector<Finish>& finishes) override { settle_refused(db_, finishes); }
};

Opened RedisStore::join(const OpenRequest& request) {
    db_.session.open(kConnectPatience);
    Opened opened;
    prepare_store(db_, opened);
    membership_ = std::make_shared<RedisMembership>(db_);
    db_.joined = true;
    redis::join(db_, request, opened);
    if (const std::string why = membership_->listen(); !why.empty()) {
        opened.notices.push_back(why +
                                 ": so what other processes do is seen with the next beat only (a fifth of the "
                                 "lease); allow the user the channels &{" +
                                 db_.options.prefix + "}:*");
    }
    return opened;
}

Opened RedisStore::visit(const OpenRequest& /*request*/) {
    db_.session.open(kConnectPatience);
    Opened opened;
    find_store(db_, opened);
    db_.joined = true;
    redis::visit(db_);
    return opened;
}

}  // namespace
}  // namespace uvsched::redis

namespace uvsched {

std::unique_ptr<Store> make_redis_store(RedisOptions options) {
    return std::make_unique<redis::RedisStore>(std::move(options));
}

}  // namespace uvsched
