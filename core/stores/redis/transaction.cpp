// A wave of a batch: what is there of the tasks that it adds and changes is read, what becomes of them is decided, and
// all of it is one script.
#include <algorithm>
#include <cstdlib>
#include <unordered_set>
#include <utility>

#include "core/ledger/fire_rules.hpp"
#include "core/stores/redis/store_steps.hpp"
#include "core/stores/rows/change_decisions.hpp"

namespace uvsched::redis {
namespace {

constexpr std::size_t kRemovedAtOnce = 500;

// A definition that is stored as it is declared need not travel back: usual where an application starts again.
constexpr Script kExisting{"existing", Script::Kind::asks, R"lua(
local out = {}
for i = 1, count() do
  local id, text = arg(), arg()
  local n = call('HGET', P .. 'ids', id)
  out[i] = {}
  if n then
    local more, definition = call('HMGET', P .. 'def:' .. n, 'declared', 'at_start'), definition_row(n)
    local same = definition[3] == text and not definition[4]
    if same then definition[3] = '' end
    out[i] = {n, more[1], more[2], same and 1 or 0, definition, task_row(n)}
  end
end
return out
)lua"};

// Where the kinds of requests are told of, see transaction_script.cpp.
enum Part : std::size_t {
    kStarts,
    kFinishes,
    kReleases,
    kReleasedEnds,
    kCreations,
    kRewrites,
    kRemovals,
    kRuns,
    kTakes,
    kClaims,
    kClaimed,
    kTold
};

void read_existing(Database& db, ChangeDecisions& decided) {
    Words words = db.asking(kExisting);
    words.add(decided.asked().size());
    for (const ChangeDecisions::Asked& asked : decided.asked()) words.add(*asked.id).add(asked.text);
    const Answer answer = db.run(kExisting, words);
    for (std::size_t i = 0; i < decided.asked().size(); ++i) {
        const Reply found = answer[i];
        if (found.size() == 0) continue;
        ChangeDecisions::Asked& asked = decided.asked()[i];
        ChangeDecisions::Existing& there = asked.there.emplace();
        there.number = found[0].integer();
        if (!found[1].view().empty()) there.declared = static_cast<std::uint64_t>(found[1].integer());
        there.at_start = found[2].view() == "1";
        try {
            if (found[5][1].is_nil()) throw Unreadable("its row of sched is missing");
            there.row = read_task(TaskText(found[5]));
            const ListRow definition(found[4]);
            const bool same = found[3].integer() != 0 && !asked.text.empty();
            const auto uid = static_cast<Uid>(definition.integer(4));
            if (same && uid == there.row->state.uid) {
                there.definition = asked.definition;
            } else {
                there.definition = read_definition(definition, there.row->state.uid);
            }
            if (there.row->lane > 0) {
                db.cache.put(there.number, {there.row->definition_hash, uid, there.definition});
            }
        } catch (const Unreadable& error) {
            there.why = error.what();
        }
    }
}

// ---- the script's arguments ----

void add_misses(Words& words, const std::vector<ChangeDecisions::Miss>& misses) {
    words.add(misses.size());
    for (const ChangeDecisions::Miss& each : misses) {
        words.add(each.id).add(each.error).add(miss_text(each.uid, each.gen, each.miss, each.now));
    }
}

void add_rewrites(Words& words, const ChangeDecisions& decided) {
    words.add(decided.rewrites.size());
    for (const auto& each : decided.rewrites) {
        const TaskRow& task = each->task;
        words.add(task.number).add(task.state.rev - 1).add(each->skips.has_value());
        if (each->skips) words.add(each->now());
        words.add(schedule_text(task)).add(each->definition->policies.max_instances).add(each->other != nullptr);
        if (each->other) words.add(kDefinitionFormat).add(each->asked->text);
        words.add(each->moved);
    }
}

void add_creations(Words& words, const ChangeDecisions& decided) {
    words.add(decided.created.size());
    for (const auto& [add, asked] : decided.created) {
        TaskRow row;
        row.lane = add->task.lane;
        row.definition_hash = asked->hash;
        row.state = add->task.state;
        const IndexPlace place = index_place(row);
        words.add(asked->there ? std::optional(asked->there->number) : std::nullopt);
        words.add(add->definition->id).add(kDefinitionFormat).add(asked->text).add(asked->hash).add(add->at_start);
        words.add(row.state.uid).add(schedule_text(row)).add(add->definition->policies.max_instances);
        words.add(place.index).add(place.score);
    }
}

// The fire as this node knows it; nullptr if it does not, or by another token.
StoredFire* remembered_fire(Database& db, const FireRef& fire, const std::string& name) {
    StoredFire* const known = db.remembered.fire(name);
    return known != nullptr && known->uid == fire.key.uid && known->row.token == fire.token ? known : nullptr;
}

// The tasks and fires that the script asks for together.
void add_known(Words& words, const Batch& batch, bool first, bool last) {
    std::unordered_set<TaskNumber> tasks;
    std::unordered_set<std::string> fires;
    const auto add = [&](const FireRef& fire) {
        tasks.insert(fire.task);
        fires.insert(name_of(fire.task, fire.key));
    };
    if (first) {
        for (const Start& start : batch.starts) add(start.fire);
        for (const Finish& finish : batch.finishes) add(finish.fire);
        for (const Release& release : batch.releases) add(release.fire);
    }
    if (last) {
        for (const Take& take : batch.takes) add(take.fire);
        for (const Claim& claim : batch.claims) tasks.insert(claim.task);
    }
    words.add(tasks.size());
    for (const TaskNumber task : tasks) words.add(task);
    words.add(fires.size());
    for (const std::string& fire : fires) words.add(fire);
}

// What a fire is known to be is said before, and what it becomes is remembered at once: if that is wrong, the script
// looks at its parts.
void add_starts(Words& words, Database& db, const std::vector<Start>& starts) {
    words.add(starts.size());
    for (const Start& start : starts) {
        add_fire(words, start.fire);
        words.add(start.now_wall);
        StoredFire* const known = remembered_fire(db, start.fire, name_of(start.fire.task, start.fire.key));
        if (known == nullptr || known->row.state != FireState::claimed) {
            words.add("").add("");
            continue;
        }
        words.add(known->text());
        known->row.state = FireState::running;
        known->row.started_at = start.now_wall;
        words.add(known->text());
    }
}

void add_finishes(Words& words, Database& db, const std::vector<Finish>& finishes) {
    words.add(finishes.size());
    for (const Finish& finish : finishes) {
        const bool may = may_finish(FireState::running, finish.state);
        FireRef fire = finish.fire;
        if (!may) fire.token = 0;  // no fire has it
        add_fire(words, fire);
        words.add(state_text(finish.state)).add(reason_text(finish.reason)).add(finish.result).add(finish.error);
        words.add(time_or_null(finish.started_at)).add(finish.now_wall).add(finish.state != FireState::missed);
        const std::string name = name_of(fire.task, fire.key);
        const StoredFire* const known = may ? remembered_fire(db, fire, name) : nullptr;
        if (known == nullptr) {
            words.add("").add("").add("0");
            continue;
        }
        words.add(known->text()).add(ended_text(*known, finish)).add(runs_ended(known->row.state, finish));
        db.remembered.forget(name);
    }
}

void add_releases(Words& words, const Database& db, const std::vector<Release>& releases) {
    words.add(releases.size());
    for (const Release& release : releases) {
        add_fire(words, release.fire);
        words.add(release.now_wall).add(db.by_hand(release.now_wall));
    }
}

// A claim and what becomes of it, if it is good.
struct Claiming {
    Claim* claim = nullptr;
    TaskRow row;
    std::string id;
    std::vector<StoredFire> fires;
};

// By what this node has seen of the task; nothing if the claim is not good by that.
std::optional<Claiming> claiming(Database& db, Claim& claim) {
    const TaskRow* const task = db.remembered.task(claim.task);
    const DefinitionCache::Entry* const known = db.cache.find(claim.task);
    if (task == nullptr || known == nullptr || task->lane < 0 || task->state.rev != claim.rev) return std::nullopt;
    if (!is_new(claim.plan, task->state.hwm)) return std::nullopt;
    Claiming out{.claim = &claim, .row = *task, .id = known->definition->id, .fires = {}};
    TaskState& state = out.row.state;
    ++state.rev;
    state.next_slot = claim.plan.next_slot;
    state.next_due = claim.plan.next_due;
    state.hwm = hwm_after(claim.plan, state.hwm);
    if (ends_task(claim.plan)) state.status = TaskStatus::finished;
    for (const PlannedRun& run : claim.plan.runs) {
        StoredFire& fire = out.fires.emplace_back();
        fire.uid = state.uid;
        fire.claim = claim.id;
        fire.id = out.id;
        fire.row.task = claim.task;
        fire.row.gen = state.gen;
        fire.row.slot = run.slot;
        fire.row.last_slot = run.last;
        fire.row.folded = run.folded;
        fire.row.exact = run.exact;
        fire.row.lane = out.row.lane;
        fire.row.token = kFirstToken;
        fire.row.state = run.waiting ? FireState::waiting : FireState::claimed;
        if (run.waiting) continue;
        fire.row.owner = db.node;
        fire.row.claimed_at = claim.now_wall;
    }
    return out;
}

std::vector<Claiming> add_claims(Words& words, Database& db, std::vector<Claim>& claims) {
    std::vector<Claiming> out;
    out.reserve(claims.size());
    words.add(claims.size());
    for (Claim& claim : claims) {
        auto made = claiming(db, claim);
        words.add(claim.task);
        if (!made) {
            words.add("").add("").add("").add("").add("").add("").add(0).add(0);
            continue;
        }
        const TaskRow& before = *db.remembered.task(claim.task);
        const IndexPlace place = index_place(made->row);
        words.add(made->id).add(schedule_text(before)).add(schedule_text(made->row));
        words.add(index_place(before).index).add(place.index).add(place.score).add(made->fires.size());
        for (const StoredFire& fire : made->fires) {
            words.add(name_of(claim.task, {fire.uid, fire.row.gen, fire.row.kind, fire.row.slot})).add(fire.text());
            words.add(is_held(fire.row.state));
        }
        words.add(claim.plan.misses.size());
        for (const PlannedMiss& miss : claim.plan.misses) {
            words.add(miss_text(made->row.state.uid, made->row.state.gen, miss, claim.now_wall));
        }
        out.push_back(std::move(*made));
    }
    return out;
}

Instant latest_of(const std::vector<Finish>& finishes) {
    Instant now = kEarliest;
    for (const Finish& finish : finishes) now = std::max(now, finish.now_wall);
    return now;
}

// ---- its answers ----

template <class Request>
void read_outcomes(const Reply& reply, std::vector<Request>& requests) {
    const std::string_view letters = reply.view();
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const char letter = i < letters.size() ? letters[i] : '0';
        requests[i].outcome = letter == '0' ? Outcome::refused : letter == 'm' ? Outcome::missing : Outcome::done;
    }
}

void read_releases(const Answer& answer, std::vector<Release>& releases) {
    read_outcomes(answer[kReleases], releases);
    const std::string_view letters = answer[kReleases].view();
    std::size_t ended = 0;
    for (std::size_t i = 0; i < releases.size(); ++i) {
        Release& release = releases[i];
        release.dropped.reset();
        if (letters[i] != 'd') continue;
        release.dropped = read_dropped(answer[kReleasedEnds][ended++], Reason::deleted,
                                       release.task ? release.task->name : std::string());
        release.dropped->fire.reset();  // the request names it
    }
}

void read_changes(Database& db, const Answer& answer, ChangeDecisions& decided) {
    for (std::size_t i = 0; i < decided.created.size(); ++i) {
        const auto& [add, asked] = decided.created[i];
        add->task.number = answer[kCreations][i].integer();
        db.cache.put(add->task.number, {asked->hash, add->task.state.uid, add->definition});
    }
    for (std::size_t i = 0; i < decided.rewrites.size(); ++i) {
        ChangeDecisions::Rewrite& rewrite = *decided.rewrites[i];
        const Reply told = answer[kRewrites][i];
        rewrite.task.open = static_cast<std::int32_t>(told[0].integer());
        for (std::size_t j = 0; j < told[1].size(); ++j) {
            rewrite.dropped().push_back(read_dropped(told[1][j], Reason::replaced, *rewrite.skips));
        }
        rewrite.answer();
        db.cache.put(rewrite.task.number, {rewrite.task.definition_hash, rewrite.task.state.uid, rewrite.definition});
    }
}

// The name of a task; empty if it cannot be read.
std::string name_in(const ListRow& definition) {
    try {
        return read_definition(definition, static_cast<Uid>(definition.integer(4)))->name;
    } catch (const Unreadable&) {
        return {};
    }
}

void read_removals(const Reply& reply, Remove& remove) {
    remove.removed += reply[0].integer();
    if (remove.removed > 0) remove.outcome = Outcome::done;
    for (std::size_t i = 0; i < reply[2].size(); ++i) {
        const Reply task = reply[2][i];
        const std::string name = name_in(ListRow(task[0]));
        for (std::size_t j = 0; j < task[1].size(); ++j) {
            remove.dropped.push_back(read_dropped(task[1][j], Reason::deleted, name));
        }
    }
}

void read_runs(const Reply& reply, const std::vector<RunNow*>& runs) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
        RunNow& run = *runs[i];
        run.outcome = reply[i].size() == 0 ? Outcome::missing : Outcome::done;
        if (run.outcome == Outcome::missing) continue;
        run.key = {static_cast<Uid>(reply[i][0].integer()), static_cast<std::uint32_t>(reply[i][1].integer()),
                   FireKind::manual, run.request};
    }
}

void read_takes(const Reply& reply, std::vector<Take>& takes) {
    read_outcomes(reply, takes);
    for (Take& take : takes) {
        if (take.outcome == Outcome::done) take.token = take.fire.token + 1;
    }
}

std::vector<Claimed> read_claims(Database& db, const Answer& answer, std::vector<Claim>& claims,
                                 std::vector<Claiming>& claimings) {
    read_outcomes(answer[kClaims], claims);
    std::vector<Claimed> made;
    std::size_t next = 0;
    for (Claiming& each : claimings) {
        if (each.claim->outcome != Outcome::done) continue;
        each.row.open = static_cast<std::int32_t>(answer[kClaimed][next++].integer());
        each.row.state.runs = answer[kClaimed][next++].integer();
        db.remembered.put(each.row);
        for (StoredFire& fire : each.fires) {
            const FireKey key{fire.uid, fire.row.gen, fire.row.kind, fire.row.slot};
            if (is_held(fire.row.state)) db.remembered.put(name_of(fire.row.task, key), std::move(fire));
        }
        made.push_back({each.claim, each.row});
    }
    return made;
}

// One script: true if a removal of all tasks has left some.
bool write_piece(Database& db, Batch& batch, Wave& wave, bool first, bool last) {
    ChangeDecisions decided(wave.adds, wave.changes);
    if (!decided.asked().empty()) {
        db.prepare_lanes(decided.definitions());
        read_existing(db, decided);
        decided.decide([&db](const Definition& definition) { return db.lane_of(definition); });
    }
    if (last) {
        std::vector<TaskNumber> tasks;
        for (const Claim& claim : batch.claims) tasks.push_back(claim.task);
        db.remember(tasks);
    }
    Words words = db.changing(kTransaction, first ? latest_of(batch.finishes) : kEarliest);
    words.add(decided.tells());
    add_known(words, batch, first, last);
    add_starts(words, db, first ? batch.starts : std::vector<Start>());
    add_finishes(words, db, first ? batch.finishes : std::vector<Finish>());
    add_releases(words, db, first ? batch.releases : std::vector<Release>());
    add_misses(words, decided.overdue);
    add_rewrites(words, decided);
    add_creations(words, decided);
    words.add(decided.declares.size());
    for (const ChangeDecisions::Declare& each : decided.declares)
        words.add(each.task).add(each.hash).add(each.at_start);
    add_misses(words, decided.misses);
    words.add(wave.remove != nullptr);
    if (wave.remove != nullptr) words.add(wave.remove->id).add(wave.remove->now_wall).add(kRemovedAtOnce);
    words.add(wave.runs.size());
    for (const RunNow* const run : wave.runs) {
        words.add(run->id).add(run->request).add(run->now_wall).add(db.by_hand(run->now_wall));
    }
    const std::vector<Take> no_takes;
    const std::vector<Take>& takes = last ? batch.takes : no_takes;
    words.add(takes.size());
    for (const Take& take : takes) {
        add_fire(words, take.fire);
        words.add(take.now_wall);
    }
    std::vector<Claim> no_claims;
    std::vector<Claim>& claims = last ? batch.claims : no_claims;
    std::vector<Claiming> claimings = add_claims(words, db, claims);
    const Answer answer = db.run(kTransaction, words, Sends::changes);
    ++db.written;
    if (answer[kTold].integer() != 0) ++db.shared->own_changes;
    if (first) {
        read_outcomes(answer[kStarts], batch.starts);
        read_outcomes(answer[kFinishes], batch.finishes);
        read_releases(answer, batch.releases);
    }
    read_changes(db, answer, decided);
    if (wave.remove != nullptr) read_removals(answer[kRemovals], *wave.remove);
    read_runs(answer[kRuns], wave.runs);
    if (last) {
        read_takes(answer[kTakes], batch.takes);
        tell_claims(db, read_claims(db, answer, claims, claimings));
    }
    for (const auto& [task, now] : decided.readable_again) recover_task(db, task, now);
    return answer[kRemovals][1].integer() != 0;
}

}  // namespace

std::string name_of(TaskNumber task, const FireKey& key) {
    return std::to_string(task) + ":" + std::to_string(key.gen) + ":" + kind_text(key.kind) + ":" +
           std::to_string(key.slot);
}

void add_fire(Words& words, const FireRef& fire) {
    words.add(name_of(fire.task, fire.key)).add(fire.key.uid).add(fire.token);
}

Dropped read_dropped(const Reply& reply, Reason reason, std::string name) {
    const std::string name_of_fire = reply[0].text();
    const std::string text = name_of_fire.substr(name_of_fire.find(':') + 1);
    FireKey key{.uid = static_cast<Uid>(reply[1].integer())};
    const std::size_t kind = text.find(':') + 1;
    const std::size_t slot = text.find(':', kind) + 1;
    key.gen = static_cast<std::uint32_t>(std::strtoul(text.c_str(), nullptr, 10));
    static_cast<void>(kind_from_text(std::string_view(text).substr(kind, slot - kind - 1), key.kind));
    key.slot = std::strtoll(text.c_str() + slot, nullptr, 10);
    const Instant last = reply[2].integer();
    return {.id = reply[5].text(),
            .name = std::move(name),
            .miss = {.state = FireState::skipped,
                     .reason = reason,
                     .first = first_time(key.kind, key.slot, last),
                     .last = last,
                     .count = reply[3].integer(),
                     .exact = reply[4].integer() != 0},
            .fire = key};
}

// All tasks are removed in pieces, so that the server can do something else in between.
void apply_wave(Database& db, Batch& batch, Wave& wave, bool first, bool last) {
    if (wave.remove != nullptr) {
        wave.remove->outcome = wave.remove->id.empty() ? Outcome::done : Outcome::missing;
        wave.remove->removed = 0;
        wave.remove->dropped.clear();
    }
    bool more = write_piece(db, batch, wave, first, last);
    while (more) {
        Batch nothing;
        Wave rest{.adds = {}, .changes = {}, .remove = wave.remove, .runs = {}};
        more = write_piece(db, nothing, rest, false, false);
    }
}

}  // namespace uvsched::redis
