// Fires per second of tasks in SQLite, synchronous FULL: claim, start gate, run and history row of each on disk. Beside
// it the same rows written with bare SQLite, in one transaction for each fire and in batches.
//
//   bench_sqlite_fires [FOLDER]      (/var/tmp: a folder on a real disk)
#include <sqlite3.h>

#include <filesystem>
#include <semaphore>

#include "benchmarks/bench.hpp"

namespace {

constexpr std::int64_t kStart = 1'700'000'000'000'000;
constexpr std::int64_t kPeriod = 1'000'000;
constexpr std::int64_t kTasks = 10'000;
constexpr int kRounds = 5;
constexpr std::int64_t kPasses = 3;
constexpr int kBatch = 100;

// ---- uvsched ----

struct Saturation {
    sched_scheduler* scheduler = nullptr;
    std::int64_t fires = 0;
    std::int64_t passes_left = 0;
    std::binary_semaphore done{0};
};

int on_fire(const sched_run*, void* user_data) {
    auto* state = static_cast<Saturation*>(user_data);
    if (++state->fires < kTasks) return 0;
    state->fires = 0;
    if (--state->passes_left == 0) {
        state->done.release();
        return 0;
    }
    return sched_clock_advance(state->scheduler, kPeriod);
}

class Uvsched {
public:
    explicit Uvsched(const std::filesystem::path& folder) {
        sched_config* config = nullptr;
        bench::check(sched_config_new(&config));
        const std::string url = "sqlite:" + (folder / "uvsched.db").string() + "?synchronous=full";
        bench::check(sched_config_add_store(config, "default", url.c_str()));
        bench::check(sched_config_add_executor(config, "default", "inline"));
        bench::check(sched_config_set_manual_clock(config, kStart));
        bench::check(sched_new(&state_.scheduler, config));
        sched_config_free(config);
        bench::check(sched_register_function(state_.scheduler, "nothing", on_fire, &state_, nullptr));
        sched_task* task = nullptr;
        bench::check(sched_task_new(&task, "nothing"));
        bench::check(sched_task_set_interval(task, kPeriod));
        for (std::int64_t i = 0; i < kTasks; ++i) {
            bench::check(sched_task_set_id(task, ("task-" + std::to_string(i)).c_str()));
            bench::check(sched_add_task(state_.scheduler, task, 0));
        }
        sched_task_free(task);
        bench::check(sched_start(state_.scheduler));
    }
    ~Uvsched() {
        sched_shutdown(state_.scheduler, -1);
        sched_free(state_.scheduler);
    }
    Uvsched(const Uvsched&) = delete;
    Uvsched& operator=(const Uvsched&) = delete;

    // Until the last result is in the file.
    double fires_per_second() {
        state_.passes_left = kPasses;
        const double begin = bench::seconds();
        bench::check(sched_clock_advance(state_.scheduler, kPeriod));
        state_.done.acquire();
        bench::check(sched_wait_idle(state_.scheduler, -1));
        return static_cast<double>(kTasks * kPasses) / (bench::seconds() - begin);
    }

private:
    Saturation state_;
};

// ---- bare SQLite ----

class BareSqlite {
public:
    explicit BareSqlite(const std::filesystem::path& folder) {
        if (sqlite3_open((folder / "bare.db").c_str(), &database_) != SQLITE_OK) bench::die("sqlite3_open failed");
        run("PRAGMA journal_mode=WAL");
        run("PRAGMA synchronous=FULL");
        run("CREATE TABLE task (id INTEGER PRIMARY KEY, due INTEGER, runs INTEGER)");
        run("CREATE INDEX task_due ON task (due)");
        run("CREATE TABLE history (id INTEGER PRIMARY KEY, task INTEGER, slot INTEGER, state TEXT)");
        run("BEGIN");
        for (std::int64_t i = 0; i < kTasks; ++i) run("INSERT INTO task VALUES (NULL, 0, 0)");
        run("COMMIT");
        update_ = prepare("UPDATE task SET due = due + 1000000, runs = runs + 1 WHERE id = ?1");
        insert_ = prepare("INSERT INTO history VALUES (NULL, ?1, ?2, 'done')");
    }
    ~BareSqlite() {
        sqlite3_finalize(update_);
        sqlite3_finalize(insert_);
        sqlite3_close(database_);
    }
    BareSqlite(const BareSqlite&) = delete;
    BareSqlite& operator=(const BareSqlite&) = delete;

    // A claim and a finish for each fire, `batch` of each in one transaction.
    double fires_per_second(std::int64_t fires, int batch) {
        const double begin = bench::seconds();
        for (std::int64_t done = 0; done < fires; done += batch) {
            transaction(update_, done, batch);
            transaction(insert_, done, batch);
        }
        return static_cast<double>(fires) / (bench::seconds() - begin);
    }

private:
    void run(const char* sql) {
        if (sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
            bench::die(std::string(sql) + ": " + sqlite3_errmsg(database_));
        }
    }
    sqlite3_stmt* prepare(const char* sql) {
        sqlite3_stmt* statement = nullptr;
        if (sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) != SQLITE_OK) bench::die(sql);
        return statement;
    }
    void transaction(sqlite3_stmt* statement, std::int64_t first, int count) {
        run("BEGIN IMMEDIATE");
        for (int i = 0; i < count; ++i) {
            sqlite3_bind_int64(statement, 1, 1 + (first + i) % kTasks);
            if (sqlite3_bind_parameter_count(statement) > 1) sqlite3_bind_int64(statement, 2, first + i);
            if (sqlite3_step(statement) != SQLITE_DONE) bench::die(sqlite3_errmsg(database_));
            sqlite3_reset(statement);
        }
        run("COMMIT");
    }

    sqlite3* database_ = nullptr;
    sqlite3_stmt* update_ = nullptr;
    sqlite3_stmt* insert_ = nullptr;
};

// A folder of its own that goes with the program.
class Folder {
public:
    explicit Folder(const std::string& parent) {
        std::string name = parent + "/uvsched-bench-XXXXXX";
        if (mkdtemp(name.data()) == nullptr) bench::die("cannot make a folder in " + parent);
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace

int main(int argc, char** argv) {
    const Folder folder(argc > 1 ? argv[1] : "/var/tmp");
    std::vector<double> ours;
    bench::Peer single{"one transaction a step", {}};
    std::vector<double> batched;
    bench::Control control;
    {
        Uvsched scheduler(folder.path());
        BareSqlite bare(folder.path());
        for (int round = -1; round < kRounds; ++round) {
            if (round == 0) ours = single.samples = batched = {};  // the first one warms up
            control.look();
            ours.push_back(scheduler.fires_per_second());
            single.samples.push_back(bare.fires_per_second(2'000, 1));
            batched.push_back(bare.fires_per_second(kTasks * kPasses, kBatch));
        }
    }
    control.judge();
    bench::row("uvsched, 10,000 tasks in SQLite FULL", ours, "fires/s", &single);
    bench::row("bare SQLite, claim and finish a transaction each", single.samples, "fires/s");
    bench::row("bare SQLite, the same in batches of 100", batched, "fires/s", nullptr,
               "an upper limit: no gate, no ledger");
    return 0;
}
