// A process that works is killed at random steps, again and again. An independent log of starts and the ledger then
// account for every slot: none missing, mark_lost never started twice, rerun repeated no more often than it was killed.
#include <fcntl.h>

#include <fstream>
#include <map>

#include "tests/core/time/seed.hpp"
#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/sql.hpp"
#include "tests/stores/sqlite_place.hpp"

using namespace ledger;

namespace {

constexpr int kTasks = 12;
constexpr int kKills = 60;
constexpr Micros kPeriod = 10 * kSecond;

OnCrash policy_of(int task) { return task % 2 == 0 ? OnCrash::rerun : OnCrash::mark_lost; }
std::string id_of(int task) { return "task-" + std::to_string(task); }

// Starts are written to the log after the gate has opened and before the run would begin, like a side effect.
void log_start(int log, const OpenFire& fire) {
    const std::string line = fire.task.definition->id + " " + std::to_string(fire.key.slot) + "\n";
    if (write(log, line.data(), line.size()) < 0) _exit(3);
}

void run_fires(Store& store, int log, const std::vector<OpenFire>& fires, Instant now) {
    Batch starts;
    for (const OpenFire& fire : fires) starts.starts.push_back({.fire = ref(fire), .now_wall = now});
    store.apply(starts);
    Batch finishes;
    for (std::size_t i = 0; i < fires.size(); ++i) {
        if (starts.starts[i].outcome != Outcome::done) continue;
        log_start(log, fires[i]);
        finishes.finishes.push_back(finishing(ref(fires[i]), FireState::done, now));
    }
    store.apply(finishes);
}

// Looks, claims, starts and finishes until nothing is due at `now`.
void catch_up(Store& store, int log, Instant now) {
    while (true) {
        const Look found = look(store, now, 5);
        if (found.due.empty() && found.ready.empty()) return;
        Batch batch;
        for (const StoredTask& task : found.due) batch.claims.push_back(claiming(task, now, kPeriod));
        for (const OpenFire& fire : found.ready) batch.takes.push_back({.fire = ref(fire), .now_wall = now});
        store.apply(batch);
        std::vector<OpenFire> fires;
        for (const Claim& claim : batch.claims) fires.insert(fires.end(), claim.fires.begin(), claim.fires.end());
        for (std::size_t i = 0; i < batch.takes.size(); ++i) {
            fires.push_back(found.ready[i]);
            fires.back().token = batch.takes[i].token;
        }
        run_fires(store, log, fires, now);
    }
}

}  // namespace

TEST_CASE("every slot is accounted for after many kills") {
    Seeded random;
    CAPTURE(random.seed);
    const Folder folder;
    const std::string path = folder.file("t.db");
    const std::string log_path = folder.file("starts");
    const int log = ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    {
        const auto store = make_sqlite_store({path, Synchronous::normal, {}});
        store->open({.wall = kStart, .label = "node-1", .retention = {}});
        for (int task = 0; task < kTasks; ++task) {
            Definition definition = every(id_of(task), kPeriod);
            definition.policies.on_crash = policy_of(task);
            definition.policies.max_crashes = kKills + 1;
            add(*store, definition);
        }
    }
    int kills = 0;
    Instant now = kStart;
    while (kills < kKills) {
        now += random.between(1, 3) * kPeriod;
        const std::int64_t last_step = random.between(1, 60);
        Child child([&](Child&) {
            std::int64_t steps = 0;
            const auto store = make_sqlite_store({path, Synchronous::normal, [&](const char*) {
                                                      if (++steps == last_step) kill(getpid(), SIGKILL);
                                                  }});
            recover_dead(*store, store->open({.wall = now, .label = "node-1", .retention = {}}), now);
            catch_up(*store, log, now);
            return 0;
        });
        const int status = child.wait();
        if (WIFSIGNALED(status)) {
            REQUIRE(WTERMSIG(status) == SIGKILL);
            ++kills;
        } else {
            REQUIRE(WEXITSTATUS(status) == 0);
        }
    }
    const auto store = make_sqlite_store({path, Synchronous::normal, {}});
    recover_dead(*store, store->open({.wall = now, .label = "node-1", .retention = {}}), now);
    catch_up(*store, log, now);
    ::close(log);

    std::map<std::string, std::map<Instant, int>> starts;
    std::ifstream lines(log_path);
    std::string id;
    for (Instant slot = 0; lines >> id >> slot;) ++starts[id][slot];
    int repeats = 0;
    for (int task = 0; task < kTasks; ++task) {
        CAPTURE(id_of(task));
        HistoryQuery query;
        query.task_id = id_of(task);
        query.limit = 100'000;
        std::map<Instant, std::vector<FireState>> endings;
        for (const HistoryRow& row : store->history(query)) endings[row.key.slot].push_back(row.state);
        for (Instant slot = kStart; slot <= now; slot += kPeriod) {
            CAPTURE(slot);
            REQUIRE(endings[slot].size() == 1);  // none missing, none twice
            const int started = starts[id_of(task)][slot];
            if (policy_of(task) == OnCrash::rerun) {
                CHECK(endings[slot][0] == FireState::done);
                CHECK(started >= 1);
                repeats += started - 1;
            } else {
                CHECK(started <= 1);
                if (endings[slot][0] == FireState::done) CHECK(started == 1);
            }
        }
        CHECK(endings.rbegin()->first <= now);
    }
    constexpr int kInFlight = 10;
    CHECK(repeats <= kills * kInFlight);
    CHECK(ask_sql(path, "SELECT count(*) FROM open") == "0");
    CHECK(ask_sql(path, "PRAGMA integrity_check") == "ok");
    MESSAGE("kills " << kills << ", repeated starts of rerun tasks " << repeats << ", last slot "
                     << (now - kStart) / kPeriod);
}
