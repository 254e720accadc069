#include "tests/simulation/world.hpp"

#include <poll.h>
#include <sqlite3.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <memory>
#include <utility>

#include "core/engine/scheduler.hpp"
#include "core/stores/sqlite/sqlite_store.hpp"
#include "core/triggers/custom.hpp"
#include "core/triggers/interval.hpp"
#include "tests/simulation/book.hpp"
#include "tests/simulation/checker.hpp"
#include "tests/simulation/faulty_store.hpp"
#include "tests/simulation/start_log.hpp"

namespace uvsched::simulation {
namespace {

constexpr Instant kBegin = 1'767'225'600LL * kSecond;  // 2026-01-01T00:00:00Z
constexpr int kSteps = 60;
constexpr std::size_t kRoom = 3;
constexpr std::size_t kMostHistory = 1'000'000;

// Periods, in microseconds. Those of custom triggers are the names of their functions.
const std::vector<Micros> kPeriods = {kSecond, 3 * kSecond, 10 * kSecond, kMinute};
const std::vector<std::string> kIds = {"a", "b", "c", "d"};

bool readable(int descriptor) {
    pollfd one{.fd = descriptor, .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, 0) == 1;
}

void run_sql(const std::string& path, const std::string& sql) {
    sqlite3* handle = nullptr;
    if (sqlite3_open(path.c_str(), &handle) == SQLITE_OK) sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr);
    sqlite3_close(handle);
}

class World {
public:
    explicit World(const Scene& scene)
        : scene_(scene), chance_(scene.seed), weather_(chance_), path_(scene.folder + "/tasks.db") {}

    Verdict run() {
        begin_life();
        for (int step = 0; step < kSteps; ++step) {
            one_step();
            if (weather_.dead()) crash();
        }
        settle();
        check();
        scheduler_.reset();
        return {.faults = std::move(faults_), .trace = std::move(trace_)};
    }

private:
    // A call of a function that has not returned.
    struct Busy {
        std::uint64_t run = 0;
        std::size_t place = 0;  // in the log
    };

    void note(const std::string& what) {
        trace_.push_back("+" + std::to_string(clock_->elapsed() / kMillisecond) + " ms: " + what);
    }

    // ---- a life of the process ----

    void begin_life() {
        ++life_;
        note("life " + std::to_string(life_) + " begins");
        weather_.begin_life();
        Config config;
        config.clock = clock_;
        config.identity = "node";
        config.driver = Driver::caller;
        config.add_executor("default", "queue");
        if (scene_.durable) {
            StoreConfig& store = config.stores["default"];
            store.retention = {.age = 0, .per_task = 0};
            store.make = [this] {
                return make_faulty_store(
                    make_sqlite_store({.path = path_, .synchronous = Synchronous::normal, .probe = {}}),
                    {.weather = weather_,
                     .book = book_,
                     .chance = chance_,
                     .planted = scene_.planted,
                     .elapsed = [this] { return clock_->elapsed(); },
                     .edit = [this](const std::string& sql) { run_sql(path_, sql); }});
            };
        } else {
            config.stores["default"].history = kMostHistory;
        }
        scheduler_ = Scheduler::create(std::move(config));
        queue_ = scheduler_->queue("default");
        consumer_ = queue_->attach(kRoom);
        scheduler_->register_function("work", {.call = nullptr, .token = 1, .user_data = nullptr, .release = {}}, true);
        for (const Micros period : kPeriods) {
            scheduler_->register_trigger(
                std::to_string(period),
                {.call = {}, .token = static_cast<std::uint64_t>(period), .queue = queue_, .release = {}}, true);
        }
        start();
    }

    // A start that fails is made again.
    void start() {
        while (true) {
            try {
                scheduler_->start(false);
                return;
            } catch (const Error& error) {
                note("start failed: " + error.message());
                if (weather_.dead()) return;
            }
        }
    }

    void crash() {
        note("crash");
        weather_.die();
        busy_.clear();
        asks_.clear();
        queue_.reset();
        scheduler_.reset();
        advance(chance_.between(0, 5) * kSecond);
        begin_life();
        if (weather_.dead()) crash();
    }

    void stop_and_start() {
        note("stop");
        scheduler_->stop(chance_.one_in(2) ? StopMode::wait : StopMode::cancel);
        for (int i = 0; i < 1'000 && scheduler_->state() != SchedulerState::stopped; ++i) {
            turn();
            work(true);
            if (weather_.dead()) return;
            if (i > 10) advance(50 * kMillisecond);  // what failed is tried again after a pause
        }
        if (scheduler_->state() != SchedulerState::stopped) {
            faults_.emplace_back("a stop does not end");
            weather_.die();
            return;
        }
        note("start");
        start();
    }

    // ---- what happens ----

    void one_step() {
        switch (chance_.between(0, 24)) {
            case 0:
            case 1:
                return guarded([this] { add(false); });
            case 2:
                return guarded([this] { add(true); });
            case 3:
                return guarded([this] { pause(); });
            case 4:
            case 5:
                return guarded([this] { resume(); });
            case 6:
                return guarded([this] { run_now(); });
            case 7:
                return chance_.one_in(3) ? guarded([this] { remove(); }) : turn();
            case 8:
                return guarded([this] { change(); });
            case 9:
                return step_clock();
            case 10:
                return chance_.one_in(3) ? stop_and_start() : turn();
            case 11:
                if (scene_.durable && chance_.one_in(2)) weather_.die();
                return;
            case 12:
                if (scene_.durable) weather_.set(any_rate(20), any_rate(20), any_rate(60));
                return;
            case 13:
                return weather_.clear_up();
            case 14:
                return consumer_leaves();
            case 15:
            case 16:
                return work(chance_.one_in(2));
            case 17:
                return turn();
            default:
                return pass_time();
        }
    }

    // One in so many, or none.
    std::int64_t any_rate(std::int64_t most) { return chance_.one_in(3) ? 0 : chance_.between(2, most); }

    // A caller's request may fail: by the weather, or because there is no such task.
    template <class Work>
    void guarded(Work&& work) {
        try {
            work();
        } catch (const Error& error) {
            note("  failed: " + error.message());
        }
        turn();
    }

    TriggerPtr any_trigger() {
        const Micros period = chance_.any(kPeriods);
        switch (chance_.between(0, 3)) {
            case 0:
                return make_custom_trigger({.name = std::to_string(period)});
            case 1:
                return make_interval_trigger({.period = period});
            default:
                return make_interval_trigger({.period = period, .start_at = kBegin});
        }
    }

    TaskSpec any_task() {
        TaskSpec spec;
        spec.id = chance_.any(kIds);
        spec.function = "work";
        spec.trigger = any_trigger();
        spec.policies.coalesce = chance_.one_in(2);
        // Always the same for one id: what was claimed under one limit, or began under one promise, meets no other.
        spec.policies.max_instances = spec.id == "a" || spec.id == "b" ? 1 : 2;
        spec.policies.on_crash = spec.id == "a" || spec.id == "c" ? OnCrash::rerun : OnCrash::mark_lost;
        spec.policies.max_catch_up = static_cast<std::int32_t>(chance_.between(1, 5));
        if (chance_.one_in(2)) spec.policies.grace = std::optional(chance_.between(0, 20) * kSecond / 2);
        return spec;
    }

    void add(bool replace) {
        TaskSpec spec = any_task();
        note("add " + spec.id + ": " + spec.trigger->describe());
        const AddOutcome outcome = scheduler_->add(std::move(spec), replace ? AddMode::replace : AddMode::keep);
        saw(outcome.task);
    }
    void pause() {
        const std::string& id = chance_.any(kIds);
        note("pause " + id);
        saw(scheduler_->pause_task("default", id));
    }
    void resume() {
        const std::string& id = chance_.any(kIds);
        note("resume " + id);
        saw(scheduler_->resume_task("default", id));
    }
    void run_now() {
        const std::string& id = chance_.any(kIds);
        note("run " + id);
        scheduler_->run_now("default", id);
    }
    void remove() {
        const std::string& id = chance_.any(kIds);
        note("remove " + id);
        scheduler_->remove("default", id);
    }
    void change() {
        const std::string& id = chance_.any(kIds);
        TaskChanges changes;
        changes.trigger = any_trigger();
        note("change " + id + ": " + changes.trigger->describe());
        saw(scheduler_->change("default", id, std::move(changes)));
    }

    // A memory store has nobody between it and the engine, and loses no request: what callers see is what is.
    void saw(const TaskView& task) {
        if (scene_.durable) return;
        book_.note(*task.definition, task.state);
        if (!task.state.next_slot) book_.lose_track(task.definition->id);  // its trigger is asked
    }

    void step_clock() {
        if (!chance_.one_in(2)) return;
        const Micros change = chance_.between(-90, 90) * kSecond;
        note("the clock is set by " + std::to_string(change / kSecond) + " s");
        clock_->step(change);
        note_time();
        turn();
    }

    void pass_time() {
        const Micros span =
            chance_.one_in(12) ? chance_.between(1, 600) * kSecond : chance_.between(1, 3'000) * kMillisecond;
        advance(span);
        turn();
        if (chance_.one_in(2)) work(chance_.one_in(2));
    }

    void advance(Micros span) {
        clock_->advance(span);
        note_time();
    }
    void note_time() { latest_ = std::max(latest_, clock_->wall()); }

    // The engine does what there is to do, or only a part of it.
    void turn() {
        const std::int64_t most = chance_.one_in(3) ? chance_.between(1, 4) : 1'000;
        for (std::int64_t i = 0; i < most && !weather_.dead(); ++i) {
            if (!readable(scheduler_->poll_descriptor())) return;
            scheduler_->poll();
        }
    }

    void consumer_leaves() {
        if (!chance_.one_in(4) || !busy_.empty() || !asks_.empty()) return;
        note("the consumer leaves and another comes");
        queue_->detach(consumer_);
        turn();
        consumer_ = queue_->attach(kRoom);
        turn();
    }

    // ---- the executor ----

    // Takes what waits, ends some of what runs, and answers some of what was asked; `all`: all of it.
    void work(bool all) {
        std::vector<QueueItem> items(2 * kRoom);
        const std::size_t taken = queue_->take(consumer_, items, std::chrono::milliseconds(0));
        for (std::size_t i = 0; i < taken; ++i) {
            if (items[i].tag == ItemTag::run) began(*items[i].run);
            if (items[i].tag == ItemTag::trigger_next) asks_.push_back(*items[i].ask);
        }
        while (!busy_.empty() && (all || chance_.one_in(2))) end_one();
        while (!asks_.empty() && (all || chance_.one_in(2))) answer_one();
        turn();
    }

    void began(const Run& run) {
        // The number of a run by hand is no part of the story: the engine draws it.
        const bool by_hand = run.key.kind == FireKind::manual;
        note("  " + run.task->id + " begins, gen " + std::to_string(run.key.gen) + ", " +
             (by_hand ? "by hand" : "slot " + std::to_string(run.key.slot)) + ", " + run.task->trigger->describe());
        busy_.push_back({.run = run.id,
                         .place = log_.began({.store = "default",
                                              .task = run.task->id,
                                              .key = run.key,
                                              .scheduled = run.scheduled,
                                              .attempt = run.attempt,
                                              .life = life_,
                                              .began = {.wall = clock_->wall(), .elapsed = clock_->elapsed()},
                                              .latest = latest_,
                                              .on_crash = run.task->policies.on_crash,
                                              .max_instances = run.task->policies.max_instances})});
    }

    void end_one() {
        const auto place = busy_.begin() + chance_.between(0, static_cast<std::int64_t>(busy_.size()) - 1);
        RunResult result{.run = place->run,
                         .state = chance_.one_in(5) ? FireState::failed : FireState::done,
                         .result = {},
                         .error = {}};
        log_.ended(place->place, clock_->elapsed());
        busy_.erase(place);
        queue_->finish({&result, 1});
    }

    // On the grid of its period; now and then it fails.
    void answer_one() {
        const TriggerAsk ask = asks_.front();
        asks_.pop_front();
        const Micros period = std::stoll(ask.name);
        const Instant from = ask.previous ? *ask.previous + 1 : ask.now;
        TriggerAnswer answer{.kind = TriggerAnswer::Kind::time,
                             .ask = ask.id,
                             .time = (from + period - 1) / period * period,
                             .error = {}};
        if (chance_.one_in(30)) answer = {.kind = TriggerAnswer::Kind::failed, .ask = ask.id, .time = 0, .error = "no"};
        queue_->answer({&answer, 1});
    }

    // ---- the end ----

    // Nothing fails any more, and time stands still until nothing is left to do.
    void settle() {
        note("settling");
        weather_.clear_up();
        // What waits for a pause, for a deadline, or for a clock that was set back to catch up.
        advance(std::max<Micros>(0, latest_ - clock_->wall()) + 2 * kMinute);
        for (int i = 0; i < 5'000; ++i) {
            turn();
            work(true);
            if (i % 50 == 49) advance(kSecond);  // a look that found nothing waits for a second
            if (i > 200 && !readable(scheduler_->poll_descriptor()) && busy_.empty() && asks_.empty() &&
                !readable(queue_->descriptor()) && !any_due()) {
                return;
            }
        }
        faults_.emplace_back("it does not come to rest");
    }

    [[nodiscard]] bool any_due() const {
        const std::vector<TaskView> tasks = scheduler_->list("default", std::string(), 1'000, false);
        return std::any_of(tasks.begin(), tasks.end(), [&](const TaskView& task) {
            const auto next = task.next_run();
            return task.state.status == TaskStatus::active && next && *next <= clock_->wall();
        });
    }

    void check() {
        Checker checker;
        Ledger ledger;
        HistoryQuery all;
        all.limit = kMostHistory;
        ledger.history = scheduler_->history("default", all);
        const Instant wall = clock_->wall();
        for (const TaskView& task : scheduler_->list("default", std::string(), 1'000, true)) {
            book_.close(task.definition->id, task.state);
            const auto next = task.next_run();
            if (task.state.status == TaskStatus::active && next && *next <= wall) {
                faults_.push_back("task " + task.definition->id + " is due, and nobody sees to it");
            }
            if (task.state.status == TaskStatus::active && !next) {
                faults_.push_back("task " + task.definition->id + " has no due time, and nobody asks for one");
            }
        }
        if (scene_.durable) read_open(ledger);
        checker.due_times(ledger, book_.schedules());
        checker.not_early(log_.calls());
        checker.instances(log_.calls());
        checker.once(log_.calls());
        checker.both_agree(ledger, log_.calls(), life_, [this](const Call& call) { return book_.is_untold(call); });
        checker.nothing_stuck(ledger);
        faults_.insert(faults_.end(), checker.faults().begin(), checker.faults().end());
        faults_.insert(faults_.end(), book_.faults().begin(), book_.faults().end());
    }

    void read_open(Ledger& ledger) const {
        sqlite3* handle = nullptr;
        sqlite3_open(path_.c_str(), &handle);
        sqlite3_stmt* rows = nullptr;
        sqlite3_prepare_v2(
            handle,
            "SELECT uid, open.gen, kind, slot, last_slot, folded, open.state FROM open JOIN def ON def.n = open.n", -1,
            &rows, nullptr);
        while (rows != nullptr && sqlite3_step(rows) == SQLITE_ROW) {
            OpenRow row;
            row.key.uid = static_cast<Uid>(sqlite3_column_int64(rows, 0));
            row.key.gen = static_cast<std::uint32_t>(sqlite3_column_int64(rows, 1));
            static_cast<void>(
                kind_from_text(reinterpret_cast<const char*>(sqlite3_column_text(rows, 2)), row.key.kind));
            row.key.slot = sqlite3_column_int64(rows, 3);
            row.last_slot = sqlite3_column_int64(rows, 4);
            row.folded = sqlite3_column_int64(rows, 5);
            static_cast<void>(state_from_text(reinterpret_cast<const char*>(sqlite3_column_text(rows, 6)), row.state));
            ledger.open.push_back(row);
        }
        sqlite3_finalize(rows);
        sqlite3_close(handle);
    }

    const Scene scene_;
    Chance chance_;
    Weather weather_;
    Book book_;
    StartLog log_;
    const std::string path_;
    const std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(kBegin);
    Instant latest_ = kBegin;  // the latest time that the clock ever showed
    int life_ = 0;
    std::vector<Busy> busy_;
    std::deque<TriggerAsk> asks_;
    std::vector<std::string> trace_;
    std::vector<std::string> faults_;
    std::shared_ptr<Scheduler> scheduler_;
    std::shared_ptr<RunQueue> queue_;
    ConsumerId consumer_ = 0;
};

}  // namespace

Verdict simulate(const Scene& scene) { return World(scene).run(); }

}  // namespace uvsched::simulation
