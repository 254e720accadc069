// Fires of a durable store, as the engine sees them: look, start, end. The store's thread calls back here.
#include <utility>

#include "core/base/memory.hpp"
#include "core/homes/durable_home.hpp"
#include "core/ledger/fire_rules.hpp"
#include "core/ledger/task_rules.hpp"

namespace uvsched {
namespace {

constexpr auto kLackPause = std::chrono::milliseconds(100);  // after a look that lacked memory
constexpr Micros kLateBegin = 5 * kMillisecond;              // tasks in a durable store are due less often than that

}  // namespace

// ---- look ----

void DurableHome::claim(const Now& now) {
    companion_.claim(now);
    if (!open_ || lanes_.pending() || !driver_->holds()) return;
    if (look_after_ && std::chrono::steady_clock::now() < *look_after_) {
        parts_.shared.shortage.note();
        return;
    }
    look_after_.reset();
    StoreRequest request;
    request.looks = lanes_.wanted(on_lines(now), parts_.dispatcher.rooms());
    if (request.looks.empty()) return;
    request.begun_late = begun_late_;
    request.done = [this](StoreReply&& reply) { looked(std::move(reply)); };
    driver_->post(std::move(request));
    lanes_.posted();
}

Instant DurableHome::next_deadline(const Now& now) const {
    const Instant companion = companion_.next_deadline(now);
    // Something else will wake the loop.
    if (!open_ || lanes_.pending() || look_after_ || !driver_->holds()) return companion;
    return std::min(companion, lanes_.next_deadline(on_lines(now), parts_.dispatcher.rooms()));
}

bool DurableHome::wants_room(const Now& now) const {
    return companion_.wants_room(now) || (open_ && !lanes_.pending() && lanes_.any_due(on_lines(now)));
}

void DurableHome::looked(StoreReply&& reply) {
    const Now now = here();
    const Lock lock(parts_.shared);
    const bool moved = take_claims(reply, driver_->now(now));
    const bool lacks = reply.error && reply.error->code() == Code::no_memory;
    if (lacks) look_after_ = std::chrono::steady_clock::now() + kLackPause;
    lanes_.looked(reply.looked.value_or(now), !lacks && !moved, now.wall);
    parts_.shared.alarm.wake();
}

void DurableHome::claimed(StoreReply&& reply) {
    const Now now = present();
    const Lock lock(parts_.shared);
    take_claims(reply, now);
    parts_.shared.alarm.wake();
}

// True if the reply claimed or changed anything. Throws bad_alloc before any change, so that the reply may be delivered
// again.
bool DurableHome::take_claims(StoreReply& reply, const Now& now) {
    Notices& notices = parts_.shared.notices;
    std::vector<const OpenFire*> fires;
    for (const OpenFire& fire : reply.taken) fires.push_back(&fire);
    if (!reply.error) {
        for (const Claim& claim : reply.batch.claims) {
            if (claim.outcome != Outcome::done) continue;
            for (const OpenFire& fire : claim.fires) {
                if (fire.state == FireState::claimed) fires.push_back(&fire);
            }
            if (claim.plan.asks) ask(claim.asking);
        }
    }
    // What was claimed for a function that is gone by now, or with a lease that has run out, is left to others.
    std::vector<const OpenFire*> misfits;
    std::vector<std::uint16_t> places;
    const bool refuses = parts_.life.ending() || leaving() || !driver_->holds();
    std::erase_if(fires, [&](const OpenFire* fire) {
        const auto place = refuses ? std::nullopt : place_for(*fire->task.definition);
        (place ? places.push_back(*place) : misfits.push_back(fire));
        return !place;
    });
    parts_.runs.reserve(fires.size());
    outbox_.reserve_releases(misfits.size());
    outbox_.expect_starts(fires.size());
    // From here on nothing fails.
    bool moved = !reply.taken.empty() || !reply.quarantined.empty();
    if (!reply.error) {
        for (const Claim& claim : reply.batch.claims) {
            moved = true;
            if (claim.outcome != Outcome::done) continue;
            for (const PlannedMiss& miss : claim.plan.misses)
                notices.missed(alias(), *claim.definition, miss, now.to_wall(claim.clock), now.wall);
            if (claim.plan.next_slot || claim.plan.asks) continue;
            notices.given_up(alias(), *claim.definition, claim.plan.hwm);
            notices.tell(EventCode::task_finished, alias(), claim.definition->id);
        }
    }
    for (std::size_t i = 0; i < fires.size(); ++i) make_run(*fires[i], places[i], now);
    for (const OpenFire* fire : misfits) {
        outbox_.release(
            {.fire = {fire->task.number, fire->key, fire->token}, .now_wall = now.wall, .task = fire->task.definition});
    }
    flush();
    return moved;
}

void DurableHome::describe(Run& run, const OpenFire& fire) const {
    run.task = fire.task.definition.get();
    run.store = &alias();
    run.store_hash = store_hash_;
    run.task_token = 0;
    run.key = fire.key;
    run.scheduled = saturating_add(fire.last_slot, fire.to_wall);
    run.first = saturating_add(first_time(fire.key.kind, fire.key.slot, fire.last_slot), fire.to_wall);
    run.folded = fire.folded;
    run.exact = fire.exact;
    run.attempt = std::max(1, fire.attempt);
}

void DurableHome::make_run(const OpenFire& fire, std::uint16_t executor, const Now& now) {
    RunSlot& slot = parts_.runs.make();
    const Definition& task = *fire.task.definition;
    slot.store = number();
    slot.executor = executor;
    slot.claimed_at = now.wall;
    slot.definition = fire.task.definition;
    slot.ref = {.task = fire.task.number, .key = fire.key, .token = fire.token};
    parts_.runs.begin(slot, task, parts_.runs.functions().intern(task.function)->current);
    parts_.dispatcher.reserve(slot.executor);
    Run& run = slot.run;
    describe(run, fire);
    // What was promoted, or came back, runs whenever its turn comes.
    const Instant anchor = fire.task.state.anchor;
    run.latest_start =
        fire.token == kFirstToken ? latest_start(task, fire.key, fire.last_slot, anchor, fire.to_wall) : kLatest;
    // Whoever calls it goes by this process's clock.
    if (run.latest_start != kLatest) run.latest_start = saturating_sub(run.latest_start, now.wall - here().wall);
    run.gated = waits_for_gate(task.policies.on_crash, fire.token);
    slot.gate = RunSlot::Gate::closed;
    parts_.shared.notices.run(EventCode::task_submitted, run, slot.claimed_at, now.wall);
    parts_.dispatcher.push(slot);
}

// ---- start ----

void DurableHome::write_starts() noexcept {
    RunLine& line = parts_.runs.starting(number());
    if (line.empty()) return;
    const Instant now = parts_.shared.clock->wall();
    while (!line.empty()) {
        const RunSlot& slot = *line.pop();
        outbox_.start({.fire = slot.ref, .now_wall = now, .outcome = Outcome::none}, slot.run.id);
    }
}

bool DurableHome::holds(const RunSlot& slot) noexcept { return slot.store != number() || driver_->holds(); }

void DurableHome::called(const RunSlot& slot) noexcept {
    if (slot.store != number()) return companion_.called(slot);
    const Now now = present();
    if (now.wall - slot.claimed_at < kLateBegin) return;
    try {
        begun_late_.insert_or_assign(slot.ref.task, now);
    } catch (const std::bad_alloc&) {
        parts_.shared.lack_memory();  // what is planned meanwhile may be skipped
    }
}

// A run that does not wait for the answer is called by now, whatever the store says.
void DurableHome::gated(const StoreReply& reply, const std::vector<std::uint64_t>& runs) {
    struct Answer {
        std::shared_ptr<Executor> executor;
        std::uint64_t run;
        bool passes;
    };
    std::vector<Answer> answers;
    answers.reserve(runs.size());
    {
        const Lock lock(parts_.shared);
        for (std::size_t i = 0; i < runs.size(); ++i) {
            RunSlot* const slot = parts_.runs.at_gate(runs[i]);
            if (slot == nullptr) continue;
            const bool started = !reply.error && reply.batch.starts[i].outcome == Outcome::done;
            const bool passes = started && !parts_.life.ending() && driver_->holds();
            answers.push_back({parts_.dispatcher.executor(slot->executor), slot->run.id, passes});
            parts_.dispatcher.answered(*slot, passes);
            if (passes) continue;
            if (started) {
                parts_.runs.unstarted(*slot);
            } else {
                free(*slot);  // another owner has it, or the store is gone: recovery handles it
            }
        }
        if (answers.empty()) return;
        settle();
        flush();
        parts_.shared.alarm.wake();
    }
    for (const Answer& answer : answers) {
        if (answer.executor) answer.executor->admitted(answer.run, answer.passes);
    }
}

// ---- ended, or came back unstarted ----

void DurableHome::finish(RunSlot& slot, Reason reason) {
    Run& run = slot.run;
    outbox_.reserve_finish();
    const bool called = slot.end_state != FireState::missed;
    // From here on nothing fails.
    if (!called) parts_.shared.notices.missed(alias(), *run.task, too_late(run), 0, slot.ended_at);
    Finish finish{.fire = slot.ref,
                  .state = slot.end_state,
                  .reason = reason,
                  .result = std::move(run.result),
                  .error = std::move(run.error),
                  .started_at = called && run.started == 0 ? slot.claimed_at : run.started,
                  .now_wall = slot.ended_at,
                  .outcome = Outcome::none};
    const EventBus& bus = parts_.shared.bus;
    if (called && (bus.wants(end_code(slot.end_state)) || bus.wants(EventCode::lease_lost))) {
        outbox_.finish(std::move(finish), {.definition = slot.definition,
                                           .claimed_at = slot.claimed_at,
                                           .scheduled = run.scheduled,
                                           .first = run.first,
                                           .folded = run.folded,
                                           .exact = run.exact,
                                           .attempt = run.attempt,
                                           .store_hash = run.store_hash});
    } else {
        outbox_.finish(std::move(finish));
    }
    free(slot);
}

// Of a fire that another node has by now this one tells no end: the ledger has another, or will have. Unless the ledger
// itself was lost.
void DurableHome::tell_end(const Ended& end, Finish& finish) noexcept {
    Run run;
    run.task = end.definition.get();
    run.store = &alias();
    run.store_hash = end.store_hash;
    run.key = finish.fire.key;
    run.scheduled = end.scheduled;
    run.first = end.first;
    run.folded = end.folded;
    run.exact = end.exact;
    run.attempt = end.attempt;
    run.started = finish.started_at;
    run.result = std::move(finish.result);
    run.error = std::move(finish.error);
    if (finish.outcome == Outcome::refused && end.store_hash == store_hash_) {
        parts_.shared.notices.lease_lost(run, finish.state, end.claimed_at, finish.now_wall);
    } else {
        parts_.shared.notices.ended(run, finish.state, finish.reason, end.claimed_at, finish.now_wall);
    }
}

// The fire of a dropped one has ended, or is in no ledger that this process knows.
void DurableHome::release(RunSlot& slot) {
    if (!slot.dropped || leaving()) {
        outbox_.reserve_releases(1);
        outbox_.release({.fire = slot.ref,
                         .now_wall = parts_.shared.clock->wall(),
                         .outcome = Outcome::none,
                         .task = slot.definition});
    }
    free(slot);
}

void DurableHome::free(RunSlot& slot) noexcept {
    if (slot.gate == RunSlot::Gate::closed) outbox_.unstarted();
    if (!begun_late_.empty()) begun_late_.erase(slot.ref.task);
    parts_.runs.free(slot);
}

// ---- custom triggers ----

void DurableHome::ask(const StoredTask& task, bool reported) {
    if (!task.definition || !is_asking(*task.definition, task.state)) return;
    // The store does not name it again before the next start.
    const Ask ask{.home = this,
                  .index = MemoryStore::kNone,
                  .definition = task.definition,
                  .state = task.state,
                  .reported = reported};
    insist([&] { parts_.asker.want(ask); });
}

// The answer was for another revision. If the task was changed, it has other times, or none; after a run by hand it
// still waits for the same one.
void DurableHome::ask_again(const StoredTask& task) {
    const Lock lock(parts_.shared);
    ask(task);
}

void DurableHome::answer(const Ask& ask, bool ended) {
    StoreRequest request;
    if (ask.state.next_slot) {
        request.piles.push_back(
            {.id = ask.definition->id, .uid = ask.state.uid, .rev = ask.state.rev, .times = ask.known_times(ended)});
        request.begun_late = begun_late_;
        request.done = [this](StoreReply&& reply) { claimed(std::move(reply)); };
        post_answer(std::move(request));
        return;
    }
    request.batch.changes.push_back(
        answer_change(ask, answered_state(*ask.definition, ask.state, ask.first_answer(ended))));
    request.done = [this, ended](StoreReply&& reply) {
        if (reply.error) return;
        const Change& change = reply.batch.changes.front();
        if (change.outcome == Outcome::refused) ask_again(change.task);
        if (ended && change.outcome == Outcome::done)
            parts_.shared.notices.tell(EventCode::task_finished, alias(), change.id);
    };
    post_answer(std::move(request));
}

void DurableHome::give_up(const Ask& ask, const std::string& what) {
    StoreRequest request;
    Change& change = request.batch.changes.emplace_back(answer_change(ask, given_up_state(ask.state)));
    change.miss = ask.lost(change.now_wall);
    change.error = what;
    request.done = [this](StoreReply&& reply) {
        if (reply.error) return;
        const Change& answer = reply.batch.changes.front();
        if (answer.outcome == Outcome::refused) ask_again(answer.task);
        if (answer.outcome != Outcome::done) return;
        const Lock lock(parts_.shared);
        parts_.shared.notices.trigger_failed(alias(), answer.id, answer.error, answer.miss->count);
    };
    post_answer(std::move(request));
}

Change DurableHome::answer_change(const Ask& ask, TaskState state) const {
    Change change;
    change.id = ask.definition->id;
    change.rev = ask.state.rev;
    change.state = std::move(state);
    change.now_wall = parts_.shared.clock->wall();
    return change;
}

void DurableHome::post_answer(StoreRequest request) {
    request.retry = true;
    request.done = [this, done = std::move(request.done)](StoreReply&& reply) {
        done(std::move(reply));
        const Lock lock(parts_.shared);
        outbox_.answered();
        parts_.shared.alarm.wake();
    };
    driver_->post(std::move(request));
    outbox_.posted();
}

}  // namespace uvsched
