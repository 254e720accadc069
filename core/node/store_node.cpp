#include "core/node/store_node.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <iterator>
#include <new>
#include <utility>

#include "core/base/errno.hpp"
#include "core/base/memory.hpp"
#include "core/node/batch_merge.hpp"
#include "core/node/claim_plan.hpp"
#include "core/node/joined_starts.hpp"

namespace uvsched {
namespace {

constexpr std::size_t kPruneEvery = 250;        // rows of history
constexpr std::size_t kRecoveredAtOnce = 1000;  // fires
constexpr int kTriesAtEnd = 5;
constexpr auto kFirstPause = std::chrono::milliseconds(50);
constexpr int kLongestPauseShift = 6;  // 50 ms << 6 = 3.2 s

// A time of the store by this process's clock.
Now before(const Now& there, const Now& ahead) {
    return {.wall = saturating_sub(there.wall, ahead.wall), .elapsed = saturating_sub(there.elapsed, ahead.elapsed)};
}

constexpr const char* kClosed = "the store is closed: the scheduler is not running; start it first";

}  // namespace

StoreNode::StoreNode(std::unique_ptr<Store> store, StoreHooks hooks, Wakes wakes)
    : store_(std::move(store)),
      hooks_(std::move(hooks)),
      wake_(std::move(wakes.node)),
      mail_(wake_),
      heartbeat_({.elapsed = hooks_.elapsed, .found = wake_, .ring = std::move(wakes.heartbeat)}, wakes.watched) {}

// ---- any thread ----

void StoreNode::begin() {
    tries_left_ = kTriesAtEnd;
    failures_ = 0;
    blind_ = false;
    hurry_ = false;
    loss_.reset();
    forget_doubt();
    reopen_ = false;
    rejoins_ = false;
    outlived_ = {};
    closed_ = false;
    not_before_ = Time::min();
    mail_.open();
}

void StoreNode::post(StoreRequest&& request) {
    if (mail_.post(request)) return;
    StoreReply reply;
    reply.error = Error(Code::not_running, kClosed);
    reply.batch = std::move(request.batch);
    if (request.done) request.done(std::move(reply));
}

void StoreNode::post(StoreJob job) {
    if (!mail_.post(job)) fail(Code::not_running, kClosed);
}

void StoreNode::notice() noexcept {
    noticed_ = true;
    wake_();
}

void StoreNode::hurry() noexcept { hurry_ = true; }

// ---- joining ----

Joined StoreNode::open(const OpenRequest& request) {
    opened_with_ = request;
    return join(request);
}

Joined StoreNode::join(const OpenRequest& request) {
    const Micros asked = hooks_.elapsed();
    Joined joined{.opened = store_->open(request), .left = {}};
    number_ = joined.opened.node;
    base_ = joined.opened.line.base;
    lease_ = std::chrono::microseconds(joined.opened.lease);
    next_check_ = Time::min();
    unasked_.clear();
    told_groups_.reset();
    told_lanes_.clear();
    buried_.clear();
    ask_again_ = false;
    next_piece_ = Time::max();
    last_claim_ = joined.opened.node >> 1U;  // random, as the node's number is
    spread_.begin(static_cast<std::uint64_t>(last_claim_));
    forget_doubt();
    try {
        seen_ = store_->changes();  // the owner has not read the lanes yet
        heartbeat_.join(store_->membership(), joined.opened.lease, asked);
        for (const NodeNumber dead : joined.opened.dead) recover(dead, joined.left);
    } catch (...) {
        leave();
        throw;
    }
    return joined;
}

void StoreNode::leave() noexcept {
    heartbeat_.leave();
    store_->close();
}

void StoreNode::recover(NodeNumber dead, Recovered& left) {
    const auto append = [](auto& from, auto& into) { std::move(from.begin(), from.end(), std::back_inserter(into)); };
    do {
        Recovered piece = store_->recover(dead, present().wall, kRecoveredAtOnce);
        append(piece.ready, left.ready);
        append(piece.lost, left.lost);
        append(piece.quarantined, left.quarantined);
        left.more = piece.more;
    } while (left.more);
}

// The fires that this process is at work on, and those whose ends are on their way. The runs are asked for first, and
// then the mail is taken: a run that ends meanwhile may be in both, and is in one of them at least.
std::vector<FireRef> StoreNode::at_work() {
    std::vector<FireRef> fires = hooks_.at_work();
    mail_.take(requests_, jobs_);
    for (const StoreRequest& request : requests_) {
        for (const Finish& finish : request.batch.finishes) fires.push_back(finish.fire);
        for (const Release& release : request.batch.releases) fires.push_back(release.fire);
    }
    return fires;
}

// ---- what this node holds ----

// A claim or a take whose answer was lost is not made again, and may have happened: then it is told to the owner now.
// What else this node holds by the store's account, nobody here works on, and no other node may take it: that is given
// back. And what the owner has, but the store does not say so, is not to begin.
void StoreNode::settle_doubt() {
    try {
        if (number_ == 0) return forget_doubt();  // a visitor, who holds nothing
        FireSet held;
        held.add_all(at_work());
        const std::vector<FireRef> fires = store_->mine();
        FireSet mine;
        mine.add_all(fires);
        StoreReply made;
        recall(held, mine, made);
        Batch batch;
        for (const FireRef& fire : fires) {
            if (held.contains(fire)) continue;
            batch.releases.push_back({.fire = fire, .now_wall = present().wall});
        }
        if (!batch.empty()) store_->apply(batch);
        if (doubt_) hooks_.asking(store_->asking());
        if (doubt_) seen_.reset();  // a task that was added may have a lane of its own
        hooks_.held(mine);
        forget_doubt();
        if (!made.taken.empty() || !made.batch.claims.empty()) made_ = std::move(made);
        mine_ = std::move(mine);
        wakes_unknown_ = true;
    } catch (...) {
        doubt_ = note_present_failure();
    }
}

// The request gets no answer for them.
void StoreNode::remember(StoreRequest& request, StoreReply& reply) noexcept {
    try {
        reserve_more(claims_, request.batch.claims.size());
        reserve_more(takes_, reply.taken.size());
    } catch (const std::bad_alloc&) {
        return;  // they are given back
    }
    for (Claim& claim : request.batch.claims) {
        if (reply.error || claim.outcome == Outcome::none) claims_.push_back(std::move(claim));
    }
    const std::vector<Take>& takes = request.batch.takes;
    for (std::size_t i = 0; i < takes.size(); ++i) {
        if (takes[i].outcome == Outcome::none) takes_.push_back(std::move(reply.taken[i]));
    }
}

void StoreNode::recall(FireSet& held, const FireSet& mine, StoreReply& made) {
    for (Claim& claim : claims_) {
        store_->recall(claim);
        for (const OpenFire& fire : claim.fires) held.add({fire.task.number, fire.key, fire.token});
    }
    for (const OpenFire& fire : takes_) {
        const FireRef taken{fire.task.number, fire.key, fire.token + 1};
        if (!mine.contains(taken) || held.contains(taken)) continue;
        held.add(taken);
        made.taken.push_back(fire);
        made.taken.back().state = FireState::claimed;
        made.taken.back().token = taken.token;
    }
    for (const Claim& claim : claims_) {
        if (claim.outcome == Outcome::done) made.batch.claims.push_back(claim);
    }
}

void StoreNode::forget_doubt() noexcept {
    doubt_.reset();
    claims_.clear();
    takes_.clear();
    made_.reset();
}

// The nodes that asked for their next times may have died: these tasks have stood still since the last check.
void StoreNode::tell_unasked() {
    std::vector<StoredTask> asking = store_->asking();
    const std::unordered_map<TaskNumber, std::uint64_t> before = std::exchange(unasked_, {});
    for (const StoredTask& task : asking) unasked_.emplace(task.number, task.state.rev);
    std::erase_if(asking, [&](const StoredTask& task) {
        const auto found = before.find(task.number);
        return found == before.end() || found->second != task.state.rev;
    });
    if (!asking.empty()) hooks_.asking(asking);
}

// Once a lease, beside other nodes.
bool StoreNode::is_checked(Time now) noexcept {
    if (lease_ == lease_.zero() || heartbeat_.alone()) {
        next_check_ = Time::min();
        return false;
    }
    if (now < next_check_) return false;
    const bool first = next_check_ == Time::min();
    next_check_ = now + lease_;
    return !first;
}

StoreNode::Time StoreNode::next_pump(Time now) noexcept {
    if (more_to_prune_ || mail_.ending()) return now;
    return next_check_ == Time::min() ? kWithMail : next_check_;
}

// ---- the other nodes ----

// What the heartbeat found.
void StoreNode::hear() {
    const Heartbeat::Findings found = heartbeat_.take();
    if (loss_) return;
    if (found.lost) {
        return lose_node(NodeLost(
            "the other processes that use this store declared this one dead, because it had been silent for too long"));
    }
    if (found.why) hooks_.failed(*found.why);
    if (found.answers) hooks_.recovered();
    if (found.renewed) hooks_.renewed();
    if (found.news) wakes_unknown_ = true;
    if (found.left) ask_again_ = true;
}

// What cannot be recovered now holds up nothing else.
void StoreNode::take_over(Time now) noexcept {
    if (loss_ || doubt_ || (next_piece_ != Time::max() && now < next_piece_)) return;
    try {
        next_piece_ = take_over_piece() ? now : Time::max();
    } catch (...) {
        note_present_failure();
        next_piece_ = after_pause(now);
    }
}

// True if there is more to do.
bool StoreNode::take_over_piece() {
    const std::vector<NodeNumber> dead = heartbeat_.dead();
    const auto among = [](const std::vector<NodeNumber>& nodes) {
        return [&nodes](NodeNumber node) { return std::find(nodes.begin(), nodes.end(), node) != nodes.end(); };
    };
    std::erase_if(buried_, std::not_fn(among(dead)));  // the store names them no more
    const auto next = std::find_if_not(dead.begin(), dead.end(), among(buried_));
    if (next != dead.end()) {
        reserve_more(buried_, 1);
        const Recovered piece = store_->recover(*next, present().wall, kRecoveredAtOnce);
        if (!piece.more) buried_.push_back(*next);
        wakes_unknown_ = true;
        ask_again_ = true;
        hooks_.taken_over(piece);
        return true;
    }
    if (ask_again_) hooks_.asking(store_->asking());
    ask_again_ = false;
    return false;
}

// Others may go on with it at once. What is left, they recover.
void StoreNode::give_back() noexcept {
    try {
        while (store_->recover(number_, present().wall, kRecoveredAtOnce).more) {
        }
    } catch (...) {
        note_present_failure();
    }
}

// ---- the pump ----

StoreNode::Time StoreNode::pump(Time now) noexcept {
    try {
        return pump_once(now);
    } catch (...) {
        note_present_failure();
        return not_before_ = after_pause(now);
    }
}

StoreNode::Time StoreNode::pump_once(Time now) {
    if (!reply_all()) return now + kFirstPause;
    mail_.take(requests_, jobs_);
    const bool ending = mail_.ending();
    if (ending && requests_.empty() && jobs_.empty() && mail_.close()) {
        end_store();
        return kWithMail;
    }
    if (now < not_before_ && jobs_.empty() && !ending) return not_before_;
    hear();
    reopen_if_lost();
    const bool checked = is_checked(now);
    if ((doubt_ || checked) && !loss_) settle_doubt();
    if (checked && !loss_ && !doubt_) tell_unasked();
    if (checked && !loss_) hooks_.lease_passed();
    take_over(now);
    if (noticed_.exchange(false)) wakes_unknown_ = true;
    if (wakes_unknown_ && requests_.empty() && !loss_) look_around();
    const bool idle = requests_.empty();
    if (cycle()) mine_.reset();
    if (!reply_all()) return now + kFirstPause;
    // After the writes, so that whoever wrote reads what it wrote.
    const std::vector<StoreJob> jobs = std::exchange(jobs_, {});
    for (const StoreJob& job : jobs) job(*store_);
    prune_if_due(idle);
    if (!requests_.empty() || reopen_ || wakes_unknown_ || doubt_) return not_before_ = after_pause(now);
    not_before_ = Time::min();
    return std::min(next_pump(now), next_piece_);
}

void StoreNode::reopen_if_lost() {
    if (!reopen_) return;
    try {
        reopen();
    } catch (...) {
        note_present_failure();
        if (tries_left_ == 0) reopen_ = false;
    }
}

// If nothing was written for a while, nobody may have noticed that the store is lost.
void StoreNode::end_store() {
    try {
        if (!loss_) store_->check();
    } catch (...) {
        note_present_failure();
    }
    heartbeat_.leave();
    if (!loss_ && lease_ != lease_.zero()) give_back();
    store_->close();
    closed_ = true;
}

// ---- one transaction ----

// Does the requests in hand. Afterwards they are to be answered, or to be done again; without memory they stay as they
// are. True if all of them are done.
bool StoreNode::cycle() {
    if (requests_.empty()) return false;
    bool healthy = false;
    try {
        again_.reserve(requests_.size());
        replies_ = std::vector<StoreReply>(requests_.size());
        for (StoreReply& reply : replies_) reply.error = loss_ ? loss_ : doubt_;
        healthy = !loss_ && !doubt_ && look() && commit();
    } catch (const std::bad_alloc&) {
        for (StoreRequest& request : requests_) forget_look(request);
        replies_.clear();
        note_present_failure();
        return false;
    }
    if (healthy) {
        tell_recovery();
        look_around();
    }
    settle();
    return healthy;
}

// It looks anew when it is done again.
void StoreNode::forget_look(StoreRequest& request) noexcept {
    request.batch.claims.clear();
    request.batch.takes.clear();
}

void StoreNode::count_claims() noexcept {
    std::size_t made = 0;
    std::size_t lost = 0;
    const auto count = [&](const auto& asked) {
        for (const auto& each : asked) {
            if (each.outcome != Outcome::none) ++(each.outcome == Outcome::done ? made : lost);
        }
    };
    for (const StoreRequest& request : requests_) {
        count(request.batch.claims);
        count(request.batch.takes);
    }
    spread_.claimed(made, lost);
}

// Sets aside the requests that are to be done again; the others are to be answered.
void StoreNode::settle() {
    std::size_t answers = 0;
    count_claims();
    for (std::size_t i = 0; i < requests_.size(); ++i) {
        StoreRequest& request = requests_[i];
        StoreReply& reply = replies_[i];
        for (const Quarantined& task : reply.quarantined) hooks_.quarantined(task);
        if (doubt_) remember(request, reply);
        keep_taken(request, reply);
        if (reply.error && !reply.refused && request.retry && tries_left_ > 0 && (!loss_ || reopen_)) {
            forget_look(request);
            again_.push_back(std::move(request));
            continue;
        }
        for (const Release& release : request.batch.releases) {
            if (release.dropped) hooks_.dropped(*release.dropped);
        }
        unpruned_ += request.batch.finishes.size();
        reply.batch = std::move(request.batch);
        if (answers != i) {
            requests_[answers] = std::move(request);
            replies_[answers] = std::move(reply);
        }
        ++answers;
    }
    requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(answers), requests_.end());
    replies_.erase(replies_.begin() + static_cast<std::ptrdiff_t>(answers), replies_.end());
    answered_ = 0;
}

// False if there is no memory to take a reply: the store's work cannot be done again, so the reply is brought later,
// and nothing else is done before.
bool StoreNode::reply_all() {
    if (made_) {
        try {
            hooks_.made(std::move(*made_));
        } catch (const std::bad_alloc&) {
            note_present_failure();
            return false;
        }
        made_.reset();
    }
    if (replies_.empty() && again_.empty()) return true;
    for (; answered_ < replies_.size(); ++answered_) {
        try {
            if (requests_[answered_].done) requests_[answered_].done(std::move(replies_[answered_]));
        } catch (const std::bad_alloc&) {
            note_present_failure();
            return false;
        }
    }
    replies_.clear();
    requests_ = std::exchange(again_, {});
    return true;
}

// ---- look and plan ----

bool StoreNode::look() {
    try {
        Endings endings;
        for (const StoreRequest& request : requests_) {
            for (const Finish& finish : request.batch.finishes) {
                // One that is made again may have happened: then its run is over already.
                // And others have what this process began before it was declared dead.
                if (outlived_.contains(finish.fire)) continue;
                if (!mine_ || mine_->contains(finish.fire)) endings[finish.fire.task].push_back(finish.fire);
            }
        }
        for (std::size_t i = 0; i < requests_.size(); ++i) look_for(requests_[i], replies_[i], endings);
        return true;
    } catch (...) {
        const Error error = note_present_failure();
        for (StoreReply& reply : replies_) reply.error = error;
        return false;
    }
}

// The store's clock before this process's, on each line; in whole milliseconds, so that the same time of the store is
// the same one here each time, and never too early.
Now StoreNode::how_far_ahead() const {
    const Now here = hooks_.now();
    const Now there = now(here);
    const auto rounded = [](Micros span) { return span - ((span % kMillisecond) + kMillisecond) % kMillisecond; };
    return {.wall = rounded(saturating_sub(there.wall, here.wall)),
            .elapsed = rounded(saturating_sub(there.elapsed, here.elapsed))};
}

Look StoreNode::look_for(const LookWant& want) {
    const Now here = present();
    const std::size_t skip = spread_.skip(want.limit, heartbeat_.others());
    LookRequest request{.wall = here.wall, .elapsed = here.elapsed, .lanes = want.lanes, .limit = want.limit};
    request.skip = skip;
    still_mine_.reset();
    Look found = store_->look(request);
    if (found.more) return found;
    spread_.found_all();
    if (skip == 0) return found;
    request.skip = 0;
    return store_->look(request);
}

void StoreNode::look_for(StoreRequest& request, StoreReply& reply, const Endings& endings) {
    for (const LookWant& want : request.looks) {
        Look found = look_for(want);
        if (!reply.looked) reply.looked = before(found.now, how_far_ahead());
        std::move(found.quarantined.begin(), found.quarantined.end(), std::back_inserter(reply.quarantined));
        for (const StoredTask& task : found.due)
            plan_task(request, reply, task, *task.definition->trigger, endings, found.now);
        for (OpenFire& fire : found.ready) {
            request.batch.takes.push_back(plan_take(fire, found.now));
            reply.taken.push_back(std::move(fire));
        }
    }
    for (const KnownPile& pile : request.piles) {
        still_mine_.reset();
        const std::optional<StoredTask> task = store_->get(pile.id);
        if (!task || task->state.uid != pile.uid) continue;
        if (task->state.rev != pile.rev) {
            hooks_.asking({*task});  // if it still waits for the answer, that is to be given for this revision
            continue;
        }
        if (task->state.status != TaskStatus::active) continue;
        plan_task(request, reply, *task, *pile.times, endings, present());
    }
}

// How many of the task's open fires end in the batch of this cycle.
std::int32_t StoreNode::ending(const StoredTask& task, const Endings& endings) {
    const auto found = endings.find(task.number);
    if (found == endings.end()) return 0;
    // One of an earlier trigger may be over: the change by another node ended what had not begun by its account.
    return static_cast<std::int32_t>(std::ranges::count_if(
        found->second, [&](const FireRef& fire) { return fire.key.gen == task.state.gen || is_still_mine(fire); }));
}

bool StoreNode::is_still_mine(const FireRef& fire) {
    if (!still_mine_) still_mine_.emplace().add_all(store_->mine());
    return still_mine_->contains(fire);
}

void StoreNode::plan_task(StoreRequest& request, StoreReply& reply, const StoredTask& task, const Trigger& trigger,
                          const Endings& endings, const Now& now) {
    const std::int32_t ends = ending(task, endings);
    try {
        const auto begun = request.begun_late.find(task.number);
        request.batch.claims.push_back(plan_claim(
            task, trigger,
            {.ending = ends, .began = begun == request.begun_late.end() ? std::nullopt : std::optional(begun->second)},
            now));
        request.batch.claims.back().id = ++last_claim_;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const Error& error) {
        // It would fail at each look, and keep its place among what is due.
        reply.quarantined.push_back(store_->set_apart(task.number, "its trigger failed: " + error.message()));
    } catch (const std::exception& error) {
        hooks_.trigger_failed("task \"" + task.definition->id + "\": " + error.what());
    }
}

// ---- commit ----

bool StoreNode::commit() {
    BatchMerge merge;
    std::size_t appended = 0;
    std::optional<Error> failure;
    bool refused = false;
    try {
        for (; appended < requests_.size(); ++appended) merge.append(requests_[appended].batch);
        const JoinedStarts joined(merge.batch());
        if (!merge.batch().empty()) store_->apply(merge.batch());
    } catch (const Refused&) {
        refused = true;
    } catch (...) {
        failure = note_present_failure();
    }
    for (std::size_t i = 0; i < appended; ++i) merge.give_back(requests_[i].batch);
    if (failure) {
        for (StoreReply& reply : replies_) reply.error = failure;
        return false;
    }
    if (refused) commit_one_by_one();
    return std::none_of(replies_.begin(), replies_.end(),
                        [](const StoreReply& reply) { return reply.error && !reply.refused; });
}

// Another node may have got some of the fires that were to be taken, and a commit that failed took none.
void StoreNode::keep_taken(StoreRequest& request, StoreReply& reply) {
    const std::vector<Take>& takes = request.batch.takes;
    std::vector<OpenFire>& taken = reply.taken;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < takes.size(); ++i) {
        if (takes[i].outcome != Outcome::done) continue;
        OpenFire& fire = taken[i];
        fire.state = FireState::claimed;
        fire.token = takes[i].token;
        if (kept != i) taken[kept] = std::move(fire);
        ++kept;
    }
    taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(kept), taken.end());
}

// One request holds what the store refuses: the others must not wait for it. Never fails: what is done must not be done
// again with the rest.
void StoreNode::commit_one_by_one() noexcept {
    for (std::size_t i = 0; i < requests_.size(); ++i) {
        if (loss_) {
            insist([&] { replies_[i].error = loss_; });
            continue;
        }
        bool refused = false;
        try {
            store_->apply(requests_[i].batch);
        } catch (const Refused&) {
            refused = true;
        } catch (...) {
            replies_[i].error = note_present_failure();
        }
        if (refused) commit_parts(requests_[i], replies_[i]);
    }
}

// The task at fault is set apart; a caller that asked for the refused part is told.
void StoreNode::commit_parts(StoreRequest& request, StoreReply& reply) noexcept {
    std::vector<Batch> parts;
    try {
        parts = split(std::move(request.batch));
    } catch (const std::bad_alloc&) {
        reply.error = note_present_failure();
        return;
    }
    for (Batch& part : parts) {
        try {
            commit_part(part, request, reply);
        } catch (...) {
            Error error = note_present_failure();
            // What was done of a look stands, and its runs begin; everything else is tried again as a whole.
            if (request.retry || &part == &parts.front()) reply.error = std::move(error);
            reply.refused = false;
            break;
        }
    }
    BatchMerge merge;
    for (Batch& part : parts) insist([&] { merge.append(part); });  // what was done must be told
    request.batch = std::move(merge.batch());
}

void StoreNode::commit_part(Batch& part, const StoreRequest& request, StoreReply& reply) {
    try {
        store_->apply(part);
    } catch (const Refused& error) {
        if (const auto task = subject(part)) {
            reserve_more(reply.quarantined, 1);
            reply.quarantined.push_back(store_->set_apart(*task, error.message()));
            return;
        }
        reply.error = error;
        reply.refused = true;
        if (request.retry) hooks_.failed(error);  // nobody waits for the answer
    }
}

// ---- after a transaction ----

void StoreNode::look_around() {
    GroupWakes wakes;
    try {
        see_changes();
        wakes.groups = mail_.groups();
        tell_lanes(wakes.groups);
        const Now ahead = how_far_ahead();
        for (const LaneGroup& group : *wakes.groups) {
            Store::Wake& wake = wakes.wakes.emplace_back(store_->next_wake(group.lanes));
            if (wake.wall) wake.wall = saturating_sub(*wake.wall, ahead.wall);
            if (wake.elapsed) wake.elapsed = saturating_sub(*wake.elapsed, ahead.elapsed);
        }
    } catch (...) {
        note_present_failure();
        wakes_unknown_ = tries_left_ > 0 && !loss_;
        blind_ = true;
        return;
    }
    wakes_unknown_ = false;
    if (std::exchange(blind_, false)) tell_recovery();
    hooks_.wakes(wakes);
}

// The number is read first: what changes while the lanes are read is seen the next time.
void StoreNode::see_changes() {
    const std::uint64_t changes = store_->changes();
    if (changes == seen_) return;
    hooks_.lanes(store_->lanes());
    seen_ = changes;
}

// For operators, who ask what no node has.
void StoreNode::tell_lanes(const LaneGroups& groups) {
    if (groups == told_groups_) return;  // as after nearly every transaction
    std::vector<LaneNumber> lanes;
    for (const LaneGroup& group : *groups) lanes.insert(lanes.end(), group.lanes.begin(), group.lanes.end());
    std::ranges::sort(lanes);
    if (lanes != told_lanes_) {
        store_->tell_lanes(lanes);
        told_lanes_ = std::move(lanes);
    }
    told_groups_ = groups;
}

// A piece for so many rows, which keeps up with those who write them; all there is to prune when nobody writes.
void StoreNode::prune_if_due(bool idle) {
    if (loss_ || (unpruned_ < kPruneEvery && !(more_to_prune_ && idle))) return;
    unpruned_ = 0;
    try {
        more_to_prune_ = store_->prune(present().wall);
    } catch (...) {
        more_to_prune_ = false;
        note_present_failure();
    }
}

// ---- failures ----

void StoreNode::lose(const Error& what) noexcept {
    leave();
    ++failures_;
    more_to_prune_ = false;
    wakes_unknown_ = false;
    forget_doubt();
    insist([&] { loss_ = what; });
    rejoins_ = false;
}

// What stands at its place now is opened only if the owner wants that.
void StoreNode::lose_store(const StoreLost& lost) noexcept {
    lose(lost);
    insist([&] { reopen_ = hooks_.lost(lost); });
}

void StoreNode::lose_node(const NodeLost& lost) noexcept {
    lose(lost);
    reopen_ = true;
    rejoins_ = true;
    insist([&] { hooks_.outcast(lost); });
}

// Whatever the node held when the others declared it dead is recovered by now.
void StoreNode::reopen() {
    OpenRequest request = opened_with_;
    const Now now = hooks_.now();
    request.wall = now.wall;
    request.elapsed = saturating_sub(now.elapsed, base_);
    if (rejoins_) {
        outlived_.add_all(at_work());
    } else {
        request.ours = at_work();
    }
    for (StoreRequest& each : requests_) each.batch.shift.reset();  // the store is opened with the clock as it is now
    try {
        const Joined joined = join(request);
        rejoins_ ? hooks_.rejoined(joined) : hooks_.reopened(joined);
    } catch (...) {
        leave();
        throw;
    }
    reopen_ = false;
    loss_.reset();
    tell_recovery();
}

void StoreNode::tell_recovery() {
    if (std::exchange(failures_, 0) > 0) hooks_.recovered();
}

void StoreNode::note_failure(const Error& error) noexcept {
    if (const auto* const lost = dynamic_cast<const StoreLost*>(&error)) return lose_store(*lost);
    if (const auto* const lost = dynamic_cast<const NodeLost*>(&error)) return lose_node(*lost);
    if (dynamic_cast<const MaybeDone*>(&error) != nullptr) insist([&] { doubt_ = error; });
    ++failures_;
    if ((mail_.ending() || hurry_.load()) && tries_left_ > 0) --tries_left_;
    hooks_.failed(error);
}

Error StoreNode::note_present_failure() noexcept {
    try {
        throw;
    } catch (const Error& error) {
        note_failure(error);  // which looks at what kind of error it is
    } catch (...) {
        note_failure(present_error());
    }
    return present_error();
}

StoreNode::Time StoreNode::after_pause(Time now) const noexcept {
    if (mail_.ending()) return now;
    return now + kFirstPause * (hurry_.load() ? 1 : 1 << std::min(failures_, kLongestPauseShift));
}

}  // namespace uvsched
