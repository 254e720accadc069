#include "tests/simulation/nodes_world.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "core/engine/scheduler.hpp"
#include "core/platform/descriptors.hpp"
#include "core/triggers/interval.hpp"
#include "tests/simulation/checker.hpp"
#include "tests/simulation/start_log.hpp"

namespace uvsched::simulation {
namespace {

constexpr Instant kBegin = 1'767'225'600LL * kSecond;  // 2026-01-01T00:00:00Z
constexpr Micros kLease = 10 * kSecond;
constexpr int kSteps = 80;
constexpr std::size_t kRoom = 3;

const std::vector<Micros> kPeriods = {kSecond, 3 * kSecond, 10 * kSecond};
const std::vector<std::string> kIds = {"a", "b", "c", "d"};

// A call of a function that has not returned.
struct Busy {
    std::uint64_t run = 0;
    std::size_t place = 0;  // in the log
    NodeNumber node = 0;    // that called it
};

struct Process {
    Process(int place, Chance& chance, Instant wall)
        : name("p" + std::to_string(place)), weather(chance), clock(std::make_shared<ManualClock>(wall)) {}

    const std::string name;
    Weather weather;
    std::int64_t lingers = 0;  // one of so many calls is stopped
    std::shared_ptr<ManualClock> clock;
    std::shared_ptr<Scheduler> scheduler;  // none: it is not there
    std::shared_ptr<RunQueue> queue;
    ConsumerId consumer = 0;
    NodeNumber node = 0;
    std::vector<Busy> busy;
    bool inside = false;        // something of it is on the stack
    Micros stopped_until = 0;   // the whole process, by the time of the simulation
    Micros consumer_until = 0;  // what calls its functions
};

// While it is inside, nothing else of the process is done.
class Inside {
public:
    explicit Inside(Process& process) : process_(process) { process_.inside = true; }
    ~Inside() { process_.inside = false; }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

private:
    Process& process_;
};

class NodesWorld {
public:
    NodesWorld(std::uint64_t seed, PlantedAmongNodes planted)
        : chance_(seed), planted_(planted), tells_gone_(chance_.one_in(2)), own_clock_(chance_.one_in(2)) {
        const std::int64_t count = chance_.between(1, 4);
        for (int i = 0; i < count; ++i) make_process();
    }

    Verdict run() {
        note(std::to_string(processes_.size()) + " processes; the system " + (tells_gone_ ? "tells" : "does not tell") +
             " when one has ended; the store " + (own_clock_ ? "has a clock of its own" : "goes by theirs"));
        for (const auto& process : processes_) begin_life(*process);
        for (int step = 0; step < kSteps; ++step) one_step();
        settle();
        check();
        check_told();
        for (const auto& process : processes_) end_life(*process);
        return {.faults = std::move(faults_), .trace = std::move(trace_)};
    }

private:
    void note(const std::string& what) {
        trace_.push_back("+" + std::to_string(time_ / kMillisecond) + " ms: " + what);
    }
    void fault(const std::string& what) {
        note("FAULT " + what);
        faults_.push_back(what);
    }

    // ---- processes ----

    // On a machine of its own if the store has a clock, else on one machine with the others.
    void make_process() {
        const Micros off = own_clock_ ? chance_.between(-300, 300) * kSecond : 0;
        const auto place = static_cast<int>(processes_.size());
        processes_.push_back(std::make_unique<Process>(place, chance_, now() + off));
    }

    void begin_life(Process& process) {
        note(process.name + " begins");
        process.weather.begin_life();
        process.stopped_until = process.consumer_until = 0;
        Config config;
        config.clock = process.clock;
        config.identity = "node";
        config.driver = Driver::caller;
        config.add_executor("default", "queue");
        StoreConfig& store = config.stores["default"];
        store.make = [this, &process] {
            return make_plain_store({.ledger = ledger_,
                                     .book = book_,
                                     .leases = leases_,
                                     .chance = chance_,
                                     .weather = process.weather,
                                     .planted = planted_,
                                     .tells_gone = tells_gone_,
                                     .time = [this] { return time_; },
                                     .clock = [this] { return own_clock_ ? std::optional(now()) : std::nullopt; },
                                     .linger = [this, &process] { linger(process); },
                                     .joined =
                                         [this, &process](NodeNumber node) {
                                             note(process.name + " is node " + std::to_string(node));
                                             process.node = node;
                                         },
                                     .fault = [this](const std::string& what) { fault(what); }});
        };
        process.scheduler = Scheduler::create(std::move(config));
        process.queue = process.scheduler->queue("default");
        process.consumer = process.queue->attach(kRoom);
        process.scheduler->register_function("work", {.call = nullptr, .token = 1, .user_data = nullptr, .release = {}},
                                             true);
        start(process);
    }

    // A start that fails is made again.
    void start(Process& process) {
        const Inside inside(process);
        while (!process.weather.dead()) {
            try {
                process.scheduler->start(false);
                return;
            } catch (const Error& error) {
                note(process.name + ": start failed: " + error.message());
            }
        }
    }

    void end_life(Process& process) {
        process.weather.die();
        process.busy.clear();
        process.queue.reset();
        const Inside inside(process);
        process.scheduler.reset();
    }

    void crash(Process& process) {
        note(process.name + " crashes");
        end_life(process);
    }

    void stop(Process& process) {
        note(process.name + " stops");
        {
            const Inside inside(process);
            process.scheduler->stop(chance_.one_in(2) ? StopMode::wait : StopMode::cancel);
        }
        for (int i = 0; i < 500 && process.scheduler->state() != SchedulerState::stopped; ++i) {
            process.stopped_until = process.consumer_until = 0;
            turn(process);
            work(process, true);
            if (process.weather.dead()) return crash(process);
            if (i > 10) pass(50 * kMillisecond);  // what failed is tried again after a pause
        }
        if (process.scheduler->state() != SchedulerState::stopped) fault("a stop does not end");
        end_life(process);
    }

    // ---- what happens ----

    void one_step() {
        Process& process =
            *processes_[static_cast<std::size_t>(chance_.between(0, static_cast<std::int64_t>(processes_.size()) - 1))];
        if (!process.scheduler) {
            if (chance_.one_in(3)) begin_life(process);
        } else if (!process.weather.dead() && time_ >= process.stopped_until) {
            befall(process);
        }
        bury();
        const Micros span =
            chance_.one_in(25) ? chance_.between(1, 40) * kSecond : chance_.between(1, 2'000) * kMillisecond;
        pass(span);
        turn_all();
        bury();
    }

    // Those whose weather killed them.
    void bury() {
        for (const auto& process : processes_) {
            if (process->scheduler && process->weather.dead()) crash(*process);
        }
    }

    void befall(Process& process) {
        switch (chance_.between(0, 19)) {
            case 0:
            case 1:
            case 2:
                return add(process);
            case 3:
                return run_now(process);
            case 4:
                return chance_.one_in(2) ? crash(process) : void();
            case 5:
                return chance_.one_in(3) ? stop(process) : void();
            case 6:
                process.stopped_until = time_ + chance_.between(1, 30) * kSecond;
                return note(process.name + " is stopped for " + seconds(process.stopped_until));
            case 7:
                process.consumer_until = time_ + chance_.between(1, 40) * kSecond;
                return note(process.name + " calls nothing for " + seconds(process.consumer_until));
            case 8:
                process.weather.set(any_rate(15), any_rate(15), any_rate(60));
                process.lingers = any_rate(40);
                return;
            case 9:
            case 10:
                process.weather.clear_up();
                process.lingers = 0;
                return;
            case 11:
                return chance_.one_in(4) ? step_clocks() : void();
            case 12:
                return pause(process);
            case 13:
                return resume(process);
            case 14:
                return change(process);
            case 15:
                return chance_.one_in(4) ? remove(process) : void();
            default:
                return;
        }
    }

    [[nodiscard]] std::string seconds(Micros until) const { return std::to_string((until - time_) / kSecond) + " s"; }

    // One in so many, or none.
    std::int64_t any_rate(std::int64_t most) { return chance_.one_in(3) ? 0 : chance_.between(2, most); }

    // That of the machine, or of the store, or of one machine of several.
    void step_clocks() {
        const Micros change = chance_.between(-90, 90) * kSecond;
        const std::string by = " is set by " + std::to_string(change / kSecond) + " s";
        if (own_clock_ && chance_.one_in(2)) {
            const auto which = chance_.between(0, static_cast<std::int64_t>(processes_.size()) - 1);
            Process& process = *processes_[static_cast<std::size_t>(which)];
            note("the clock of " + process.name + by);
            return process.clock->step(change);
        }
        note("the clock" + by);
        set_ += change;
        if (!own_clock_) {
            for (const auto& process : processes_) process->clock->step(change);
        }
        note_time();
    }

    void pass(Micros span) {
        time_ += span;
        for (const auto& process : processes_) process->clock->advance(span);
        note_time();
    }
    void note_time() { latest_ = std::max(latest_, now()); }

    // By the clock that counts.
    [[nodiscard]] Instant now() const { return kBegin + time_ + set_; }

    // The process is stopped in the middle of a call.
    void linger(Process& process) {
        if (process.weather.dead() || process.lingers == 0 || stopped_inside_ > 1) return;
        if (!chance_.one_in(process.lingers)) return;
        ++stopped_inside_;
        const Micros until = time_ + chance_.between(1, 25) * kSecond;
        note(process.name + " is stopped inside its store for " + seconds(until));
        while (time_ < until) {
            pass(chance_.between(200, 2'000) * kMillisecond);
            turn_all();
        }
        note(process.name + " goes on");
        --stopped_inside_;
    }

    // A caller's request may fail.
    template <class Work>
    void guarded(Process& process, Work&& work) {
        try {
            const Inside inside(process);
            work();
        } catch (const Error& error) {
            note("  failed: " + error.message());
        }
    }

    static TaskSpec task(std::string id, Micros period, Instant start) {
        TaskSpec spec;
        spec.id = std::move(id);
        spec.function = "work";
        spec.trigger = make_interval_trigger({.period = period, .start_at = start});
        return spec;
    }

    // A task is always the same, whoever adds it.
    void add(Process& process) {
        const auto which = static_cast<std::size_t>(chance_.between(0, static_cast<std::int64_t>(kIds.size()) - 1));
        TaskSpec spec = task(kIds[which], kPeriods[which % kPeriods.size()], kBegin);
        spec.policies.coalesce = which != 1;
        spec.policies.max_instances = which == 3 ? 2 : 1;
        spec.policies.on_crash = which % 2 == 0 ? OnCrash::rerun : OnCrash::mark_lost;
        spec.policies.max_catch_up = 3;
        note(process.name + " adds " + spec.id);
        guarded(process, [&] { process.scheduler->add(std::move(spec), AddMode::keep); });
    }
    void run_now(Process& process) {
        const std::string& id = chance_.any(kIds);
        note(process.name + " asks for a run of " + id);
        guarded(process, [&] { process.scheduler->run_now("default", id); });
    }
    void pause(Process& process) {
        const std::string& id = chance_.any(kIds);
        note(process.name + " pauses " + id);
        guarded(process, [&] { process.scheduler->pause_task("default", id); });
    }
    void resume(Process& process) {
        const std::string& id = chance_.any(kIds);
        note(process.name + " resumes " + id);
        guarded(process, [&] { process.scheduler->resume_task("default", id); });
    }
    void change(Process& process) {
        const std::string& id = chance_.any(kIds);
        TaskChanges changes;
        changes.trigger = make_interval_trigger({.period = chance_.any(kPeriods), .start_at = kBegin});
        note(process.name + " changes " + id + ": " + changes.trigger->describe());
        guarded(process, [&] { process.scheduler->change("default", id, std::move(changes)); });
    }
    void remove(Process& process) {
        const std::string& id = chance_.any(kIds);
        note(process.name + " removes " + id);
        guarded(process, [&] { process.scheduler->remove("default", id); });
    }

    // ---- turns ----

    void turn_all() {
        std::vector<Process*> order;
        for (const auto& process : processes_) {
            order.insert(order.begin() + chance_.between(0, static_cast<std::int64_t>(order.size())), process.get());
        }
        for (Process* const process : order) {
            turn(*process);
            if (chance_.one_in(2)) work(*process, chance_.one_in(2));
        }
    }

    [[nodiscard]] bool acts(const Process& process) const {
        return process.scheduler && !process.inside && !process.weather.dead() && time_ >= process.stopped_until;
    }

    void turn(Process& process) {
        for (int i = 0; i < 200 && acts(process); ++i) {
            const Inside inside(process);
            if (!is_readable(process.scheduler->poll_descriptor())) return;
            process.scheduler->poll();
        }
    }

    // ---- executors ----

    // Takes what waits, and ends some of what runs; `all`: all of it.
    void work(Process& process, bool all) {
        if (!acts(process) || time_ < process.consumer_until) return;
        {
            const Inside inside(process);
            std::vector<QueueItem> items(2 * kRoom);
            const std::size_t taken = process.queue->take(process.consumer, items, std::chrono::milliseconds(0));
            for (std::size_t i = 0; i < taken; ++i) {
                if (items[i].tag == ItemTag::run) began(process, *items[i].run);
            }
            while (!process.busy.empty() && (all || chance_.one_in(2))) end_one(process);
        }
        turn(process);
    }

    void began(Process& process, const Run& run) {
        const std::string what = run.task->id + " " + kind_text(run.key.kind) + " " +
                                 (run.key.kind == FireKind::manual ? "" : std::to_string(run.key.slot));
        note(process.name + " calls " + what);
        if (!leases_.held(process.node, time_)) fault("a function is called under a lease that has run out: " + what);
        const std::size_t place = log_.began({.store = "default",
                                              .task = run.task->id,
                                              .key = run.key,
                                              .scheduled = run.scheduled,
                                              .attempt = run.attempt,
                                              .life = static_cast<int>(process.node),
                                              .began = {.wall = now(), .elapsed = time_},
                                              .latest = latest_,
                                              .on_crash = run.task->policies.on_crash,
                                              .max_instances = run.task->policies.max_instances});
        process.busy.push_back({.run = run.id, .place = place, .node = process.node});
        ++calls_[{run.key.uid, run.key.gen, run.key.kind, run.key.slot}];
        check_instances(log_.calls()[place]);
    }

    // Beside those that run on under a lease, and of which the ledger knows: a run that may run again is called before
    // its start is written, and a change of its trigger may end it meanwhile.
    void check_instances(const Call& call) {
        if (call.key.kind != FireKind::scheduled) return;
        std::int32_t busy = 0;
        for (const auto& process : processes_) {
            for (const Busy& each : process->busy) {
                const Call& other = log_.calls()[each.place];
                const bool counts = other.key.kind == FireKind::scheduled && other.key.uid == call.key.uid &&
                                    leases_.held(each.node, time_) && ledger_.nodes.contains(each.node) &&
                                    is_open(other);
                if (counts) ++busy;
            }
        }
        if (busy > call.max_instances) {
            fault("task " + call.task + ": " + std::to_string(busy) +
                  " runs at once under leases that hold, of at most " + std::to_string(call.max_instances));
        }
    }

    [[nodiscard]] bool is_open(const Call& call) {
        return std::any_of(ledger_.tasks.begin(), ledger_.tasks.end(),
                           [&](auto& entry) { return entry.second.find(call.key) != nullptr; });
    }

    void end_one(Process& process) {
        const auto place =
            process.busy.begin() + chance_.between(0, static_cast<std::int64_t>(process.busy.size()) - 1);
        RunResult result{.run = place->run,
                         .state = chance_.one_in(5) ? FireState::failed : FireState::done,
                         .result = {},
                         .error = {}};
        log_.ended(place->place, time_);
        process.busy.erase(place);
        process.queue->finish({&result, 1});
    }

    // ---- the end ----

    // Nothing fails any more, until nothing is left to do.
    void settle() {
        note("settling");
        bury();
        for (const auto& process : processes_) {
            process->weather.clear_up();
            process->lingers = 0;
            process->stopped_until = process->consumer_until = 0;
        }
        if (std::none_of(processes_.begin(), processes_.end(),
                         [](const auto& each) { return each->scheduler != nullptr; })) {
            begin_life(*processes_.front());
        }
        if (chance_.one_in(2)) leave_one();
        pass(latest_ - now() + 2 * kMinute);
        for (int i = 0; i < 400; ++i) {
            for (int round = 0; round < 3; ++round) {
                for (const auto& process : processes_) {
                    turn(*process);
                    work(*process, true);
                }
            }
            if (i > 60 && at_rest()) return;
            pass(500 * kMillisecond);  // dead nodes are found out
        }
        note("it does not come to rest");
    }

    // One of them sees to what all others leave.
    void leave_one() {
        std::vector<Process*> there;
        for (const auto& process : processes_) {
            if (process->scheduler) there.push_back(process.get());
        }
        Process* const last = chance_.any(there);
        for (Process* const process : there) {
            if (process != last) stop(*process);
        }
    }

    // Due times come for ever: nothing is open or due just now.
    [[nodiscard]] bool at_rest() const {
        return std::all_of(ledger_.tasks.begin(), ledger_.tasks.end(), [this](const auto& entry) {
            const PlainTask& task = entry.second;
            const bool paused = task.state.status == TaskStatus::paused;
            return task.open.empty() && (paused || (task.state.next_due && *task.state.next_due > now()));
        });
    }

    void check() {
        if (!at_rest()) fault("something is left that nobody sees to");
        std::set<NodeNumber> living;
        for (const auto& process : processes_) {
            if (process->scheduler) living.insert(process->node);
        }
        for (const auto& [number, node] : ledger_.nodes) {
            if (!living.contains(number)) fault("the row of dead node " + std::to_string(number) + " stays");
        }
        Checker checker;
        Ledger ledger;
        ledger.history = ledger_.history;
        for (const auto& [number, task] : ledger_.tasks) {
            if (!task.removed) book_.close(task.definition->id, task.state);
            for (const auto& [key, fire] : task.open) {
                ledger.open.push_back({.task = task.definition->id,
                                       .key = fire.key,
                                       .last_slot = fire.last_slot,
                                       .folded = fire.folded,
                                       .state = fire.state});
            }
        }
        checker.due_times(ledger, book_.schedules());
        checker.not_early(log_.calls());
        checker.once(log_.calls());
        checker.both_agree(ledger, log_.calls(), 0);
        checker.nothing_stuck(ledger);
        faults_.insert(faults_.end(), checker.faults().begin(), checker.faults().end());
        faults_.insert(faults_.end(), book_.faults().begin(), book_.faults().end());
        check_repeats();
    }

    // What a process adds that is stopped then, for less than a lease, another runs in time: a beat tells it, though
    // nothing else makes it look.
    void check_told() {
        const std::string id = "told";
        Process& adds = living();
        Process& runs = living(&adds);
        for (const auto& process : processes_) {
            if (process->scheduler && process.get() != &adds && process.get() != &runs) stop(*process);
        }
        adds.scheduler->remove_all("");
        go_on(2 * kLease);
        adds.scheduler->add(task(id, kDay, now() + kLease / 2), AddMode::keep);
        adds.stopped_until = time_ + kLease;
        go_on(kLease * 9 / 10);
        const bool called =
            std::any_of(log_.calls().begin(), log_.calls().end(), [&](const Call& call) { return call.task == id; });
        if (!called) fault("a task that another process added was not run in time");
    }

    // One that is there, and not the other; it begins if there is none.
    Process& living(const Process* other = nullptr) {
        for (const auto& process : processes_) {
            if (process->scheduler && process.get() != other) return *process;
        }
        for (const auto& process : processes_) {
            if (process->scheduler) continue;
            begin_life(*process);
            return *process;
        }
        make_process();
        begin_life(*processes_.back());
        return *processes_.back();
    }

    // Nothing fails, and everyone does all there is.
    void go_on(Micros span) {
        const Micros until = time_ + span;
        while (time_ < until) {
            for (const auto& process : processes_) {
                turn(*process);
                work(*process, true);
            }
            pass(500 * kMillisecond);
        }
    }

    // A fire is called once, and once more for each time that its node died.
    void check_repeats() {
        for (const auto& [key, calls] : calls_) {
            const auto crashes = ledger_.crashes.find(key);
            if (calls > 1 + (crashes == ledger_.crashes.end() ? 0 : crashes->second)) {
                fault("a fire was called " + std::to_string(calls) + " times, more often than it was recovered: " +
                      kind_text(std::get<2>(key)) + " " + std::to_string(std::get<3>(key)));
            }
        }
    }

    Chance chance_;
    const PlantedAmongNodes planted_;
    const bool tells_gone_;
    const bool own_clock_;
    PlainLedger ledger_;
    Book book_;
    Leases leases_{kLease};
    StartLog log_;
    Micros time_ = 0;
    Micros set_ = 0;           // by how much the clock was set since
    Instant latest_ = kBegin;  // the latest time that it ever showed
    int stopped_inside_ = 0;
    std::vector<std::unique_ptr<Process>> processes_;
    std::map<std::tuple<Uid, std::uint32_t, FireKind, std::int64_t>, int> calls_;
    std::vector<std::string> trace_;
    std::vector<std::string> faults_;
};

}  // namespace

Verdict simulate_nodes(std::uint64_t seed, PlantedAmongNodes planted) { return NodesWorld(seed, planted).run(); }

}  // namespace uvsched::simulation
