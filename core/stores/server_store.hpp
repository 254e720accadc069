// ServerStore: what all stores on servers do alike: how a node joins and leaves, what a visitor does not, how often a
// call is made again that others came between, and how a batch is applied.
#pragma once

#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "core/stores/again.hpp"
#include "core/stores/membership.hpp"
#include "core/stores/server_node.hpp"
#include "core/stores/store.hpp"
#include "core/stores/waves.hpp"

namespace uvsched {

// `Database` is a ServerNode with a session. Whoever derives from this closes the store in the destructor.
template <class Database, class ServerMembership>
class ServerStore : public Store {
public:
    Opened open(const OpenRequest& request) final {
        if (db_.joined) fail(Code::already, db_.session.message("this store is already open"));
        try {
            db_.begin(request);
            db_.forget();
            if (!db_.visits) return join(request);
            Opened opened = visit(request);
            // On this line all times are wall times, whatever the machine's clock is set to.
            opened.line = {.boot = request.boot, .base = saturating_sub(request.wall, request.elapsed), .shift = 0};
            opened.store_hash = db_.store_hash;
            warnings_ = opened.notices;
            return opened;
        } catch (...) {
            let_go();
            throw;
        }
    }
    void close() noexcept final {
        if (db_.joined) let_go();
    }
    std::shared_ptr<Membership> membership() final { return membership_; }
    [[nodiscard]] Now now(const Now& here) const final { return db_.clock->now(here); }
    void apply(Batch& batch) final;
    StoreReport report() final {
        StoreReport out = look_over();
        out.problems.insert(out.problems.end(), warnings_.begin(), warnings_.end());
        return out;
    }
    Migration migrate(Migrates how) final {
        if (db_.joined) fail(Code::already, db_.session.message("this store is open"));
        try {
            const Migration out = bring_up_to_date(how);
            let_go();
            return out;
        } catch (...) {
            let_go();
            throw;
        }
    }

protected:
    template <class Options>
    explicit ServerStore(Options options) : db_(std::move(options)) {}

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

    // Makes `membership_`, and this node one of the store's. From `db_.joined` on, leave() is called for it.
    virtual Opened join(const OpenRequest& request) = 0;
    // Connects to a store that is there, and sets `db_.joined`; leave() is not called then.
    virtual Opened visit(const OpenRequest& request) = 0;
    // See Store::report(); without what the opening has told.
    virtual StoreReport look_over() = 0;
    // See Store::migrate(). Leaves the session open.
    virtual Migration bring_up_to_date(Migrates how) = 0;
    // If it gave back all that it held, the store has no trace of it any more.
    virtual void leave() noexcept = 0;

    // Counts in `db_.written` what it has written that stays. If others came between before that, it throws Again.
    virtual void apply_wave(Batch& batch, Wave& wave, bool first, bool last) = 0;
    // Finishes that were refused may have been made before, or came too late.
    virtual void settle(std::vector<Finish>& finishes) = 0;

    Database db_;
    std::shared_ptr<ServerMembership> membership_;

private:
    static constexpr int kTries = 30;

    void let_go() noexcept {
        if (membership_) membership_->leave();
        membership_.reset();
        if (db_.joined && !db_.visits) leave();
        db_.session.close();
        db_.joined = false;
    }
    [[nodiscard]] MaybeDone in_the_way() const { return MaybeDone(db_.session.message("other nodes were in the way")); }
    void apply_waves(Batch& batch);

    std::vector<std::string> warnings_;  // of a visitor's opening
};

// What fails when something is written may have happened. A batch that is refused is asked for again, request by
// request: then what was written is found to be done.
template <class Database, class ServerMembership>
void ServerStore<Database, ServerMembership>::apply(Batch& batch) {
    if (batch.empty()) return;
    batch.forget_answers();
    db_.written = 0;
    try {
        apply_waves(batch);
    } catch (...) {
        batch.forget_answers();
        try {
            throw;
        } catch (const NodeLost&) {
            throw;
        } catch (const StoreLost&) {
            throw;
        } catch (const Refused&) {
            throw;
        } catch (const Again&) {
            throw in_the_way();
        } catch (const std::exception& error) {
            if (db_.written > 0) throw MaybeDone(error.what());
            throw;
        }
    }
}

template <class Database, class ServerMembership>
void ServerStore<Database, ServerMembership>::apply_waves(Batch& batch) {
    Waves waves(batch);
    for (Wave& wave : waves.all()) {
        const bool first = &wave == &waves.all().front();
        const bool last = &wave == &waves.all().back();
        const int before = db_.written;
        tried([&] {
            wave.forget_answers();
            try {
                apply_wave(batch, wave, first, last);
            } catch (const Again&) {
                if (db_.written > before) throw in_the_way();
                throw;
            }
        });
        ++db_.written;
    }
    settle(batch.finishes);
}

}  // namespace uvsched
