// A process is killed at each named step; the ledger is then exactly as the step has left it.
#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;

namespace {

constexpr Instant kLater = kStart + kSecond;

enum class Left { nothing, claimed, running, ready, done, skipped };

struct Case {
    const char* step;
    Left left;  // in the ledger, when the next process opens it
};

Definition task(OnCrash on_crash) {
    Definition out = every("digest");
    out.policies.on_crash = on_crash;
    return out;
}

std::unique_ptr<Store> make(const std::string& path, StepProbe probe = {}) {
    return make_sqlite_store({path, Synchronous::normal, std::move(probe)});
}

Opened open(Store& store) { return store.open({.wall = kLater, .label = "node-1", .retention = {}}); }

// Runs `work` on the store in a process that is killed at `step`.
void run_until_killed(const std::string& path, const std::string& step, const std::function<void(Store&)>& work) {
    Child child([&](Child&) {
        const auto store = make(path, [&](const char* now) {
            if (step == now) kill(getpid(), SIGKILL);
        });
        recover_dead(*store, open(*store), kLater);
        work(*store);
        return 0;
    });
    const int status = child.wait();
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
}

// What is left is what was expected, and goes on from there: the slot runs to its end at most once more, and is never
// claimed again.
class Aftermath {
public:
    Aftermath(const std::string& path, Uid uid, OnCrash on_crash)
        : path_(path), uid_(uid), on_crash_(on_crash), store_(make(path)) {
        left_ = recover_dead(*store_, open(*store_), kLater);
    }

    void check(Left left) {
        switch (left) {
            case Left::nothing:
                check_untouched();
                return run(claim(*store_, "digest"));
            case Left::claimed:
                CHECK(left_.lost.empty());
                check_recovered(0);
                return take_and_run();
            case Left::running:
                return on_crash_ == OnCrash::rerun ? check_rerun() : check_lost();
            case Left::ready:
                CHECK(left_.ready.empty());
                CHECK(left_.lost.empty());
                return take_and_run();
            case Left::done:
            case Left::skipped:
                CHECK(left_.ready.empty());
                CHECK(left_.lost.empty());
                CHECK(ending() == (left == Left::done ? FireState::done : FireState::skipped));
        }
    }

    // The slot has one row of history, no fire is open, and it cannot be claimed any more.
    void check_end() {
        CHECK(ask_sql(path_, "PRAGMA integrity_check") == "ok");
        CHECK(ask_sql(path_, "SELECT count(*) FROM open") == "0");
        CHECK(ask_sql(path_, "SELECT count(*), count(DISTINCT uid || gen || kind || slot) FROM history") == "1|1");
        const auto task = store_->get("digest");
        if (!task) return;
        CHECK(task->open == 0);
        if (task->state.hwm == kEarliest) return;  // it was a run asked for by hand
        CHECK(task->state.hwm == kStart);
        Claim again = claiming(*task, kLater);
        again.plan.runs[0].slot = kStart;
        CHECK(apply(*store_, again).outcome == Outcome::refused);
    }

private:
    void check_untouched() {
        CHECK(left_.ready.empty());
        CHECK(left_.lost.empty());
        CHECK(history(*store_).empty());
        const auto task = store_->get("digest");
        REQUIRE(task.has_value());
        CHECK(task->state.uid == uid_);
        CHECK(task->state.next_slot == kStart);
        CHECK(task->state.hwm == kEarliest);
        CHECK(task->state.runs == 0);
        CHECK(task->open == 0);
    }

    void check_recovered(std::int32_t crashes) {
        REQUIRE(left_.ready.size() == 1);
        CHECK(left_.ready[0].crashes == crashes);
        CHECK(left_.ready[0].attempt == 1);
        CHECK(left_.ready[0].state == FireState::ready);
        CHECK(store_->get("digest")->state.runs == crashes);
        CHECK(history(*store_).empty());
        // The dead process's token opens nothing any more.
        FireRef old = ref(left_.ready[0]);
        --old.token;
        CHECK(start(*store_, old) == Outcome::refused);
        CHECK(finish(*store_, old) == Outcome::refused);
    }

    void check_rerun() {
        CHECK(left_.lost.empty());
        check_recovered(1);
        take_and_run();
    }

    void check_lost() {
        CHECK(left_.ready.empty());
        REQUIRE(left_.lost.size() == 1);
        CHECK(look(*store_, kLater).ready.empty());
        CHECK(ending() == FireState::lost);
        CHECK(finish(*store_, ref(left_.lost[0])) == Outcome::refused);
        CHECK_FALSE(history(*store_).at(0).late_result.empty());
    }

    FireState ending() {
        const auto rows = history(*store_);
        REQUIRE(rows.size() == 1);
        return rows[0].state;
    }

    void take_and_run() {
        const Look found = look(*store_, kLater);
        REQUIRE(found.ready.size() == 1);
        OpenFire fire = found.ready[0];
        const Take take = apply(*store_, Take{.fire = ref(fire), .now_wall = kLater});
        REQUIRE(take.outcome == Outcome::done);
        fire.token = take.token;
        run(fire);
    }

    void run(const OpenFire& fire) {
        CHECK(start(*store_, ref(fire)) == Outcome::done);
        CHECK(finish(*store_, ref(fire)) == Outcome::done);
        CHECK(ending() == FireState::done);
    }

    std::string path_;
    Uid uid_;
    OnCrash on_crash_;
    std::unique_ptr<Store> store_;
    Recovered left_;
};

// For each step and policy: `before` in a process that ends well, `work` in one that is killed.
void check_steps(std::initializer_list<Case> cases, const std::function<void(Store&)>& before,
                 const std::function<void(Store&)>& work) {
    for (const Case& given : cases) {
        for (const OnCrash on_crash : {OnCrash::rerun, OnCrash::mark_lost}) {
            CAPTURE(given.step);
            const std::string policy = on_crash == OnCrash::rerun ? "rerun" : "mark_lost";
            CAPTURE(policy);
            const Folder folder;
            const std::string path = folder.file("t.db");
            Uid uid = 0;
            {
                const auto store = make(path);
                open(*store);
                uid = add(*store, task(on_crash)).state.uid;
                before(*store);
            }
            run_until_killed(path, given.step, work);
            Aftermath aftermath(path, uid, on_crash);
            aftermath.check(given.left);
            aftermath.check_end();
        }
    }
}

void nothing(Store& /*unused*/) {}

}  // namespace

TEST_CASE("killed while claiming") {
    check_steps({{"claim.begin", Left::nothing},
                 {"claim.half", Left::nothing},
                 {"claim.before_commit", Left::nothing},
                 {"claim.committed", Left::claimed}},
                nothing, [](Store& store) { claim(store, "digest"); });
}

TEST_CASE("killed in the start gate") {
    check_steps({{"start.begin", Left::claimed},
                 {"start.half", Left::claimed},
                 {"start.before_commit", Left::claimed},
                 {"start.committed", Left::running}},
                nothing, [](Store& store) { start(store, ref(claim(store, "digest"))); });
}

TEST_CASE("killed while finishing") {
    check_steps({{"finish.begin", Left::running},
                 {"end.half", Left::running},
                 {"finish.before_commit", Left::running},
                 {"finish.committed", Left::done}},
                nothing, [](Store& store) {
                    const OpenFire fire = claim(store, "digest");
                    start(store, ref(fire));
                    finish(store, ref(fire));
                });
}

TEST_CASE("killed while releasing") {
    check_steps({{"release.begin", Left::claimed},
                 {"release.half", Left::claimed},
                 {"release.before_commit", Left::claimed},
                 {"release.committed", Left::ready}},
                nothing, [](Store& store) { release(store, ref(claim(store, "digest"))); });
}

TEST_CASE("killed while deleting") {
    check_steps({{"remove.begin", Left::claimed},
                 {"end.half", Left::claimed},
                 {"remove.half", Left::claimed},
                 {"remove.before_commit", Left::claimed},
                 {"remove.committed", Left::skipped}},
                nothing, [](Store& store) {
                    claim(store, "digest");
                    remove(store, "digest");
                });
}

TEST_CASE("killed while taking what was asked for by hand") {
    const auto ask = [](Store& store) { run_now(store, "digest"); };
    check_steps({{"take.begin", Left::ready}, {"take.before_commit", Left::ready}, {"take.committed", Left::claimed}},
                ask, [](Store& store) {
                    apply(store,
                          Take{.fire = ref(look(store, kStart - 1 + kSecond / 2).ready.at(0)), .now_wall = kLater});
                });
    check_steps({{"run.committed", Left::ready}}, nothing, ask);
    check_steps({{"run.begin", Left::nothing}, {"run.before_commit", Left::nothing}}, nothing, ask);
}

TEST_CASE("killed while another trigger is put in") {
    const auto claim_then_replace = [](Store& store) {
        claim(store, "digest");
        Definition other = *store.get("digest")->definition;
        IntervalOptions options;
        options.period = kHour;
        other.trigger = make_interval_trigger(options);
        TaskState state = store.get("digest")->state;
        state.next_slot = state.next_due = kStart + kHour;
        change_definition(store, other, state);
    };
    check_steps({{"change.begin", Left::claimed}, {"end.half", Left::claimed}, {"change.before_commit", Left::claimed}},
                nothing, claim_then_replace);
}

TEST_CASE("killed while recovering: a crash counts once") {
    for (const char* step : {"recover.begin", "end.half", "recover.before_commit", "recover.committed"}) {
        for (const OnCrash on_crash : {OnCrash::rerun, OnCrash::mark_lost}) {
            if (step == std::string("end.half") && on_crash == OnCrash::rerun) continue;  // nothing ends there
            CAPTURE(step);
            const Folder folder;
            const std::string path = folder.file("t.db");
            {
                const auto store = make(path);
                open(*store);
                add(*store, task(on_crash));
                start(*store, ref(claim(*store, "digest")));
            }
            run_until_killed(path, step, nothing);
            const auto store = make(path);
            const Recovered left = recover_dead(*store, open(*store), kLater);
            const bool committed = step == std::string("recover.committed");
            CHECK(left.ready.size() + left.lost.size() == (committed ? 0 : 1));
            if (on_crash == OnCrash::rerun) {
                const Look found = look(*store, kLater);
                REQUIRE(found.ready.size() == 1);
                CHECK(found.ready[0].crashes == 1);
                CHECK(history(*store).empty());
            } else {
                CHECK(history(*store).size() == 1);
                CHECK(look(*store, kLater).ready.empty());
            }
        }
    }
}

TEST_CASE("killed while adding or setting the clock: all or nothing") {
    for (const char* step : {"add.begin", "add.half", "add.before_commit", "shift.before_commit", "add.committed"}) {
        CAPTURE(step);
        const Folder folder;
        const std::string path = folder.file("t.db");
        run_until_killed(path, step, [](Store& store) {
            Batch batch;
            for (const char* id : {"a", "b", "c"}) batch.adds.push_back(adding(every(id)));
            batch.shift = kHour;
            store.apply(batch);
        });
        const auto store = make(path);
        const Opened opened = open(*store);
        const bool committed = step == std::string("add.committed");
        CHECK(store->counts().active == (committed ? 3 : 0));
        CHECK(opened.line.shift == (committed ? kHour : 0));
        CHECK(ask_sql(path, "SELECT count(*) FROM def") == ask_sql(path, "SELECT count(*) FROM sched"));
    }
}

TEST_CASE("killed while a file is made: the next process makes it") {
    const Folder folder;
    const std::string path = folder.file("t.db");
    run_until_killed(path, "join.begin", nothing);
    const auto store = make(path);
    open(*store);
    CHECK(add(*store, task(OnCrash::rerun)).number == 1);
}
