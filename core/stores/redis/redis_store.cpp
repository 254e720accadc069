#include "core/stores/redis/redis_store.hpp"

#include <chrono>
#include <utility>

#include "core/stores/node_number.hpp"
#include "core/stores/redis/redis_membership.hpp"
#include "core/stores/redis/store_steps.hpp"
#include "core/stores/step_aside.hpp"

namespace uvsched::redis {
namespace {

constexpr std::chrono::seconds kFirstPatience{10};
constexpr int kTries = 30;

class RedisStore final : public Store {
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
    explicit RedisStore(RedisOptions options) : db_(std::move(options)) {}
    ~RedisStore() override { close(); }

    Opened open(const OpenRequest& request) override;
    void close() noexcept override;
    std::shared_ptr<Membership> membership() override { return membership_; }
    [[nodiscard]] Now now(const Now& here) const override { return db_.clock->now(here); }
    void apply(Batch& batch) override;

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

    std::optional<StoredTask> get(const std::string& id) override { return redis::get(db_, id); }
    std::vector<StoredTask> list(const std::string& after, std::size_t limit, bool finished) override {
        return redis::list(db_, after, limit, finished);
    }
    TaskCounts counts() override { return redis::counts(db_); }
    std::vector<HistoryRow> history(const HistoryQuery& query) override { return redis::history(db_, query); }
    std::vector<std::string> declared_at_start() override { return redis::declared_at_start(db_); }

private:
    Opened open_server(const OpenRequest& request);
    void let_go() noexcept;

    Database db_;
    std::shared_ptr<RedisMembership> membership_;
};

Opened RedisStore::open(const OpenRequest& request) {
    if (db_.joined) fail(Code::already, db_.session.message("this store is already open"));
    try {
        return open_server(request);
    } catch (...) {
        let_go();
        throw;
    }
}

Opened RedisStore::open_server(const OpenRequest& request) {
    db_.forget();
    db_.node = draw_node_number();
    db_.retention = request.retention;
    // Of this node: the last one's beat may still be at work with the other.
    db_.shared = std::make_shared<NodeShared>(db_.clock);
    db_.clock->begin(!request.real);
    db_.session.open(kFirstPatience);
    Opened opened;
    prepare_store(db_, opened);
    membership_ = std::make_shared<RedisMembership>(db_);
    db_.joined = true;
    join(db_, request, opened);
    if (const std::string why = membership_->listen(); !why.empty()) {
        opened.notices.push_back(why +
                                 ": so what other processes do is seen with the next beat only (a fifth of the "
                                 "lease); allow the user the channels &{" +
                                 db_.options.prefix + "}:*");
    }
    return opened;
}

// A node that gave back all that it held has no row any more.
void RedisStore::close() noexcept {
    if (db_.joined) let_go();
}

void RedisStore::let_go() noexcept {
    if (membership_) membership_->leave();
    membership_.reset();
    if (db_.joined) leave(db_);
    db_.session.close();
    db_.joined = false;
}

// Once a script is done, what fails behind it may have happened.
void RedisStore::apply(Batch& batch) {
    if (batch.empty()) return;
    batch.forget_answers();
    bool done = false;
    try {
        Waves waves(batch);
        for (Wave& wave : waves.all()) {
            const bool first = &wave == &waves.all().front();
            const bool last = &wave == &waves.all().back();
            tried([&] { apply_wave(db_, batch, wave, first, last); });
            done = true;
        }
        settle_refused(db_, batch.finishes);
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

}  // namespace
}  // namespace uvsched::redis

namespace uvsched {

std::unique_ptr<Store> make_redis_store(RedisOptions options) {
    return std::make_unique<redis::RedisStore>(std::move(options));
}

}  // namespace uvsched
