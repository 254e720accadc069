// Side: a scheduler over one kind of store, driven through the façade, and all that can be seen of it as lines of
// text. Two sides that were told the same must show the same lines.
//
// Tasks run on a queue whose only consumer is the test: a run ends when the test says so. sync() waits until everything
// that is due at the clock's present time has come to that consumer.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/executors/run_queue.hpp"
#include "tests/core/engine/fixture.hpp"

namespace alike {

using namespace uvsched;
using uvsched::test::Fixture;
using uvsched::test::kStart;
using uvsched::test::TemporaryFolder;

using Lines = std::vector<std::string>;

inline std::string text(Instant time) { return std::to_string(time - kStart); }
inline std::string text(std::optional<Instant> time) { return time ? text(*time) : "-"; }

// A run that the consumer holds.
struct Held {
    std::uint64_t id = 0;
    std::string line;
    friend bool operator<(const Held& a, const Held& b) { return a.line < b.line; }
};

class Side {
public:
    explicit Side(const std::string& store) : fixture_(store), queue_(fixture_.scheduler->queue("queue")) {
        consumer_ = queue_->attach(1'000);
        add_probe();
        fixture_.start();
        sync();
    }
    ~Side() {
        for (const Held& held : held_) report(held.id, FireState::done);
        queue_->detach(consumer_);
    }
    Side(const Side&) = delete;
    Side& operator=(const Side&) = delete;

    [[nodiscard]] Scheduler& scheduler() { return *fixture_.scheduler; }
    [[nodiscard]] ManualClock& clock() { return *fixture_.clock; }
    [[nodiscard]] const std::vector<Held>& held() const { return held_; }

    [[nodiscard]] TaskSpec task(const std::string& id, TriggerPtr trigger) const {
        TaskSpec spec = fixture_.task(id, std::move(trigger), "queued");
        spec.executor = "queue";
        return spec;
    }

    // What a call answers, as text; an error too.
    std::string answer(const std::function<std::string(Scheduler&)>& call) {
        try {
            return call(scheduler());
        } catch (const Error& error) {
            return "error " + std::to_string(static_cast<int>(error.code())) + ": " + error.message();
        }
    }

    void advance(Micros span) {
        clock().advance(span);
        sync();
    }

    // Ends the run that stands there in held().
    void end(std::size_t place, FireState state, const std::string& result = {}) {
        const std::uint64_t run = held_.at(place).id;
        held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(place));
        report(run, state, result);
        sync();
    }

    void remove_all() {
        scheduler().remove_all("default");
        add_probe();
        sync();
    }

    // What `body` does while nothing is claimed.
    void while_paused(const std::function<void(Scheduler&)>& body) {
        scheduler().pause();
        body(scheduler());
        scheduler().resume();
        sync();
    }

    // Only where no run is held.
    void restart(const std::function<void(Scheduler&)>& meanwhile = {}) {
        REQUIRE(held_.empty());
        fixture_.stop();
        add_probe();
        if (meanwhile) meanwhile(scheduler());
        fixture_.start();
        sync();
    }

    // The second round: what the first one found has been handed over by then.
    void sync() {
        for (int round = 0; round < 2; ++round) {
            scheduler().run_now("default", kProbe);
            report(take_to_probe(), FireState::done);
        }
        std::sort(held_.begin(), held_.end());
        probes_ += 2;
        std::unique_lock lock(fixture_.mutex);
        fixture_.heard.wait(lock, [this] { return probes_heard() >= probes_; });
    }

    std::vector<Event> told(EventCode code) {
        sync();
        std::vector<Event> found;
        const std::lock_guard lock(fixture_.mutex);
        for (const Event& event : fixture_.events) {
            if (event.code == code && event.task_id != kProbe) found.push_back(event);
        }
        return found;
    }

    [[nodiscard]] Lines runs() const {
        Lines lines;
        for (const Held& held : held_) lines.push_back(held.line);
        return lines;
    }

    Lines tasks() {
        Lines lines;
        for (const TaskView& view : scheduler().list("default", "", 1'000, false)) {
            if (view.definition->id != kProbe) lines.push_back(show(view));
        }
        return lines;
    }

    // In the order of text: which of two tasks ended first at one instant is nobody's business.
    Lines rows() {
        Lines lines;
        std::set<std::string> fires;
        HistoryQuery all;
        all.limit = 1'000'000;
        for (const HistoryRow& row : scheduler().history("default", all)) {
            if (row.task_id == kProbe) continue;
            if (row.attempt > 0) CHECK_MESSAGE(fires.insert(row.fire_id).second, "one fire_id twice: ", show(row));
            lines.push_back(show(row));
        }
        std::sort(lines.begin(), lines.end());
        return lines;
    }

    Lines events() {
        Lines lines;
        const std::lock_guard lock(fixture_.mutex);
        for (const Event& event : fixture_.events) {
            if (event.task_id != kProbe && (mask_of(event.code) & kShown) != 0) lines.push_back(show(event));
        }
        std::sort(lines.begin(), lines.end());
        return lines;
    }

    void clear_events() {
        const std::lock_guard lock(fixture_.mutex);
        fixture_.events.clear();
        probes_ = 0;
    }

    static std::string show(const TaskView& view) {
        const TaskState& state = view.state;
        const auto wall = [&](std::optional<Instant> time) {
            return time && state.clock == ClockLine::elapsed ? saturating_add(*time, view.to_wall) : time;
        };
        return view.definition->id + (view.pending ? " pending" : "") + " status " +
               std::to_string(static_cast<int>(state.status)) + " next " + text(view.next_run()) + " slot " +
               text(wall(state.next_slot)) + " hwm " + (state.hwm == kEarliest ? "-" : text(wall(state.hwm))) +
               " gen " + std::to_string(state.gen) + " runs " + std::to_string(state.runs) + " running " +
               std::to_string(view.running) + " " + canonical_json(*view.definition);
    }

    static std::string show(const HistoryRow& row) {
        return row.task_id + " " + kind_text(row.key.kind) + " gen " + std::to_string(row.key.gen) + " first " +
               text(row.first) + " last " + text(row.last) + " folded " + std::to_string(row.folded) +
               (row.exact ? "" : "+") + " " + state_text(row.state) + " " + reason_text(row.reason) + " attempt " +
               std::to_string(row.attempt) + " claimed " + moment(row.claimed_at) + " started " +
               moment(row.started_at) + " finished " + moment(row.finished_at) + " " + row.result + row.error;
    }

    static std::string show(const Event& event) {
        return std::string(event_text(event.code)) + " " + event.task_id + " " + event.task_name + " at " +
               text(event.at) + " scheduled " + moment(event.scheduled) + " first " + moment(event.first) + " count " +
               std::to_string(event.count) + (event.exact ? "" : "+") + " " + reason_text(event.reason) + " attempt " +
               std::to_string(event.attempt) + " took " + std::to_string(event.duration) + " " + event.result + " " +
               event.message;
    }

private:
    static constexpr const char* kProbe = "probe";

    // Not: what a store tells of itself, a finished task's leaving a memory store, what only durable stores remember.
    static constexpr EventMask kShown = mask_of(EventCode::task_added) | mask_of(EventCode::task_modified) |
                                        mask_of(EventCode::task_executed) | mask_of(EventCode::task_error) |
                                        mask_of(EventCode::task_missed) | mask_of(EventCode::task_submitted) |
                                        mask_of(EventCode::task_max_instances) | mask_of(EventCode::task_cancelled) |
                                        mask_of(EventCode::task_finished) | mask_of(EventCode::task_conflict) |
                                        mask_of(EventCode::task_redeclared) | mask_of(EventCode::all_tasks_removed);

    static std::string moment(Instant time) { return time == 0 ? "-" : text(time); }

    void add_probe() {
        fixture_.scheduler->register_function("queued",
                                              {.call = nullptr, .token = 1, .user_data = nullptr, .release = {}}, true);
        TaskSpec spec = task(kProbe, Fixture::every(kHour));
        spec.next_run_time = std::optional<Instant>();
        scheduler().add(std::move(spec), AddMode::replace);
    }

    // Takes what has come, up to the probe's run, which it returns.
    std::uint64_t take_to_probe() {
        std::uint64_t probe = 0;
        std::vector<QueueItem> items(64);
        while (probe == 0) {
            const std::size_t taken = queue_->take(consumer_, items, std::nullopt);
            for (std::size_t i = 0; i < taken; ++i) {
                if (items[i].tag != ItemTag::run) continue;
                const Run& run = *items[i].run;
                if (run.task->id == kProbe) {
                    probe = run.id;
                } else {
                    held_.push_back({.id = run.id, .line = show(run)});
                }
            }
        }
        return probe;
    }

    static std::string show(const Run& run) {
        return run.task->id + " " + kind_text(run.key.kind) + " scheduled " + text(run.scheduled) + " first " +
               text(run.first) + " folded " + std::to_string(run.folded) + (run.exact ? "" : "+") + " attempt " +
               std::to_string(run.attempt);
    }

    void report(std::uint64_t run, FireState state, const std::string& result = {}) {
        RunResult ended{.run = run, .state = state, .result = {}, .error = {}};
        (state == FireState::done ? ended.result : ended.error) = result;
        queue_->finish({&ended, 1});
    }

    [[nodiscard]] std::ptrdiff_t probes_heard() const {
        return std::count_if(fixture_.events.begin(), fixture_.events.end(), [](const Event& event) {
            return event.code == EventCode::task_executed && event.task_id == kProbe;
        });
    }

    Fixture fixture_;
    std::shared_ptr<RunQueue> queue_;
    ConsumerId consumer_ = 0;
    std::vector<Held> held_;
    std::ptrdiff_t probes_ = 0;
};

// The two of them, and what is asked of both.
class Both {
public:
    Side memory{"memory"};
    TemporaryFolder folder;
    Side sqlite{"sqlite:" + (folder / "tasks.db") + "?synchronous=normal"};

    // Does it to both; the answers must be alike. Returns the answer.
    std::string ask(const std::function<std::string(Scheduler&)>& call) {
        const std::string answer = memory.answer(call);
        CHECK(answer == sqlite.answer(call));
        sync();
        return answer;
    }
    std::string add(const TaskSpec& spec, AddMode mode = AddMode::declare) {
        return ask([&](Scheduler& scheduler) {
            const AddOutcome outcome = scheduler.add(spec, mode);
            return std::to_string(static_cast<int>(outcome.result)) + " " + Side::show(outcome.task);
        });
    }
    std::string change(const std::string& id, const TaskChanges& changes) {
        return ask([&](Scheduler& scheduler) { return Side::show(scheduler.change("default", id, changes)); });
    }
    std::string pause(const std::string& id) {
        return ask([&](Scheduler& scheduler) { return Side::show(scheduler.pause_task("default", id)); });
    }
    std::string resume(const std::string& id) {
        return ask([&](Scheduler& scheduler) { return Side::show(scheduler.resume_task("default", id)); });
    }
    void remove(const std::string& id) {
        ask([&](Scheduler& scheduler) { return scheduler.remove("default", id), std::string(); });
    }
    void remove_all() {
        each([](Side& side) { side.remove_all(); });
    }
    void run_now(const std::string& id) {
        ask([&](Scheduler& scheduler) { return scheduler.run_now("default", id), std::string(); });
    }
    void each(const std::function<void(Side&)>& body) {
        body(memory);
        body(sqlite);
    }
    void while_paused(const std::function<void(Scheduler&)>& body) {
        each([&](Side& side) { side.while_paused(body); });
    }
    void advance(Micros span) {
        each([&](Side& side) { side.advance(span); });
    }
    void step(Micros change) {
        each([&](Side& side) { side.clock().step(change); });
        sync();
    }
    void end(std::size_t place, FireState state = FireState::done, const std::string& result = {}) {
        each([&](Side& side) { side.end(place, state, result); });
    }
    void sync() {
        each([](Side& side) { side.sync(); });
    }

    // Whatever can be seen. The events are those since the last comparison.
    void compare() {
        compare("runs", memory.runs(), sqlite.runs());
        compare("tasks", memory.tasks(), sqlite.tasks());
        compare("history", memory.rows(), sqlite.rows());
        compare("events", memory.events(), sqlite.events());
        each([](Side& side) { side.clear_events(); });
    }

    [[nodiscard]] bool alike() const noexcept { return alike_; }

private:
    void compare(const char* name, const Lines& in_memory, const Lines& in_sqlite) {
        Lines only_memory;
        Lines only_sqlite;
        std::set_difference(in_memory.begin(), in_memory.end(), in_sqlite.begin(), in_sqlite.end(),
                            std::back_inserter(only_memory));
        std::set_difference(in_sqlite.begin(), in_sqlite.end(), in_memory.begin(), in_memory.end(),
                            std::back_inserter(only_sqlite));
        alike_ = alike_ && only_memory.empty() && only_sqlite.empty();
        for (const std::string& line : only_memory) FAIL_CHECK(name << ", memory only: " << line);
        for (const std::string& line : only_sqlite) FAIL_CHECK(name << ", sqlite only: " << line);
    }

    bool alike_ = true;
};

}  // namespace alike
