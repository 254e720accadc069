// StoreNode: what this process does with a durable store. It makes transactions of the requests that come, as many in
// one as have come together, runs the claim cycle LOOK - PLAN - COMMIT, tries again what failed, opens a lost store
// again, takes over what dead nodes held, and prunes history. Its heartbeat (heartbeat.hpp) tells it of the others.
//
// A passive object: it has no thread and never waits. Whoever drives it (store_thread.hpp: a thread) pumps it when
// there is mail and when it asked for that:
//
//   post ──▶ mail ──▶ pump: take mail ─▶ reopen ─▶ the dead ─▶ look, plan, commit ─▶ wakes ─▶ replies ─▶ jobs ─▶ prune
//                       ▲                                             │ failed                   │ no memory
//                       └──────────── after a pause ──────────────────┴──────────────────────────┘
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/node/claim_spread.hpp"
#include "core/node/heartbeat.hpp"
#include "core/node/store_mail.hpp"
#include "core/node/store_request.hpp"
#include "core/stores/store.hpp"

namespace uvsched {

class StoreNode {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr Time kWithMail = Time::max();  // to be pumped when mail comes, and not before

    // What whoever pumps has to hear of. Called on any thread; they throw nothing.
    struct Wakes {
        std::function<void()> node;       // there is mail, or the end was asked for; called with no lock held
        std::function<void()> heartbeat;  // Heartbeat::Hooks::ring
        bool watched = false;             // see Heartbeat
    };
    StoreNode(std::unique_ptr<Store> store, StoreHooks hooks, Wakes wakes);
    StoreNode(const StoreNode&) = delete;
    StoreNode& operator=(const StoreNode&) = delete;

    // ---- any thread ----

    // Mail is accepted from now on. Not while the node is pumped.
    void begin();

    // Never waits. If the node is closed, the request gets Error(not_running) here. Throws bad_alloc, and has then not
    // touched the request.
    void post(StoreRequest&& request);
    // Throws Error(not_running) and bad_alloc.
    void post(StoreJob job);
    // Another node may have changed something. Throws nothing.
    void notice() noexcept;
    void set_groups(LaneGroups groups) { mail_.set_groups(std::move(groups)); }

    // A stop has begun: requests that must not be lost are tried a few more times only, then left to the recovery of
    // the next start. Whoever wants the store's file may wait until it is closed.
    void hurry() noexcept;

    // Closes the store when all mail is answered.
    void end() { mail_.end(); }

    // Its lease, and its beats. Whoever pumps the node pumps this too, or has another thread do so.
    [[nodiscard]] Heartbeat& heartbeat() noexcept { return heartbeat_; }

    // ---- whoever pumps ----

    // Joins the store, and recovers what the dead held. Throws what Store::open throws; may be tried again.
    Joined open(const OpenRequest& request);

    // Does what there is to do. Says until when it need not be called again, unless there is mail.
    Time pump(Time now) noexcept;

    // Somebody waits: the next pump() does not put off what failed.
    void skip_pause() noexcept { not_before_ = Time::min(); }

    // The end was reached: nothing is left, and the store is closed.
    [[nodiscard]] bool closed() const noexcept { return closed_; }

    // The store's present, where this process's clock shows `here`. Any thread.
    [[nodiscard]] Now now(const Now& here) const { return store_->now(here); }

    // For calls from a hook, a reply or a job: the store itself, at once.
    [[nodiscard]] Store& store() noexcept { return *store_; }

private:
    using Endings = std::unordered_map<TaskNumber, std::vector<FireRef>>;  // runs that end in this cycle

    Time pump_once(Time now);
    Joined join(const OpenRequest& request);
    void leave() noexcept;
    void recover(NodeNumber dead, Recovered& left);
    void hear();
    void take_over(Time now) noexcept;
    [[nodiscard]] bool take_over_piece();
    void give_back() noexcept;
    std::vector<FireRef> at_work();
    void settle_doubt();
    void remember(StoreRequest& request, StoreReply& reply) noexcept;
    void recall(FireSet& held, const FireSet& mine, StoreReply& made);
    void tell_unasked();
    void forget_doubt() noexcept;
    [[nodiscard]] bool is_checked(Time now) noexcept;
    [[nodiscard]] Time next_pump(Time now) noexcept;
    void reopen_if_lost();
    void reopen();
    void end_store();
    bool cycle();
    bool look();
    Look look_for(const LookWant& want);
    void look_for(StoreRequest& request, StoreReply& reply, const Endings& endings);
    void plan_task(StoreRequest& request, StoreReply& reply, const StoredTask& task, const Trigger& trigger,
                   const Endings& endings, const Now& now);
    [[nodiscard]] std::int32_t ending(const StoredTask& task, const Endings& endings);
    [[nodiscard]] bool is_still_mine(const FireRef& fire);
    void count_claims() noexcept;
    bool commit();
    void commit_one_by_one() noexcept;
    void commit_parts(StoreRequest& request, StoreReply& reply) noexcept;
    void commit_part(Batch& part, const StoreRequest& request, StoreReply& reply);
    static void forget_look(StoreRequest& request) noexcept;
    static void keep_taken(StoreRequest& request, StoreReply& reply);
    void look_around();
    void see_changes();
    void tell_lanes(const LaneGroups& groups);
    void settle();
    bool reply_all();
    void lose(const Error& what) noexcept;
    void lose_store(const StoreLost& lost) noexcept;
    void lose_node(const NodeLost& lost) noexcept;
    void note_failure(const Error& error) noexcept;
    void tell_recovery();
    Error note_present_failure() noexcept;
    [[nodiscard]] Time after_pause(Time now) const noexcept;
    [[nodiscard]] Now present() const { return now(hooks_.now()); }
    [[nodiscard]] Now how_far_ahead() const;
    void prune_if_due(bool idle);

    const std::unique_ptr<Store> store_;
    const StoreHooks hooks_;
    const std::function<void()> wake_;
    StoreMail mail_;

    std::vector<StoreRequest> requests_;  // in hand: to be done, or to be answered
    std::vector<StoreReply> replies_;     // to the first of them, while they are answered
    std::vector<StoreRequest> again_;     // set aside, to be done again
    std::size_t answered_ = 0;
    std::vector<StoreJob> jobs_;

    OpenRequest opened_with_;
    Micros base_ = 0;              // of the elapsed line
    bool reopen_ = false;          // the store that is lost is to be opened again
    bool rejoins_ = false;         // and it is the same one: only the node was lost
    std::optional<Error> loss_;    // the store is closed: its file is not the one that was opened, or the node is dead
    std::optional<Error> doubt_;   // what was asked before may have happened: see settle_doubt()
    std::vector<Claim> claims_;    // of that
    std::vector<OpenFire> takes_;  // of that, with the tokens before
    std::optional<StoreReply> made_;     // what of these was made: to be told
    std::optional<FireSet> mine_;        // by the store's account after such a doubt, until a cycle is done
    std::optional<FireSet> still_mine_;  // by the store's account since the last look
    FireSet outlived_;                   // the runs under way when the node was declared dead
    ClaimSpread spread_;
    std::int64_t last_claim_ = 0;  // its id
    NodeNumber number_ = 0;
    std::chrono::microseconds lease_{0};
    Heartbeat heartbeat_;
    std::vector<NodeNumber> buried_;  // of the dead: their last pieces are recovered
    bool ask_again_ = false;          // another node went: nobody may be asking about its tasks any more
    Time next_piece_ = Time::max();   // of what the dead held
    Time next_check_ = Time::min();   // of what this node holds; 0: none
    std::unordered_map<TaskNumber, std::uint64_t> unasked_;  // revs of the tasks without a due time, at the last check
    bool closed_ = true;
    bool wakes_unknown_ = false;         // they are looked for again, also if no mail comes
    std::optional<std::uint64_t> seen_;  // Store::changes(), when lanes() was read last
    std::atomic<bool> noticed_{false};
    LaneGroups told_groups_;              // those that told_lanes_ are of
    std::vector<LaneNumber> told_lanes_;  // in the store, as those that this node has

    int failures_ = 0;    // in a row
    bool blind_ = false;  // the last look for wakes failed
    int tries_left_ = 0;  // once a stop has begun
    std::atomic<bool> hurry_{false};
    Time not_before_ = Time::min();  // a pause after a failure
    bool more_to_prune_ = false;
    std::size_t unpruned_ = 0;  // rows written since the last pruning
};

}  // namespace uvsched
