// A scheduler on the manual clock, and what its tasks and events left behind.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/engine/scheduler.hpp"
#include "core/triggers/date.hpp"
#include "core/triggers/interval.hpp"

namespace uvsched::test {

// 2026-01-01T00:00:00Z
inline constexpr Instant kStart = 1'767'225'600LL * kSecond;

struct Seen {
    std::string task;
    Instant scheduled = 0;
    std::int64_t folded = 0;
    std::string fire;
    std::string arguments;
};

class TemporaryFolder {
public:
    explicit TemporaryFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
        std::string pattern = (parent / "uvsched-test-XXXXXX").string();
        path_ = mkdtemp(pattern.data());
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

// What a task can wait for: opened once, by the test.
class Gate {
public:
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void pass() {
        std::unique_lock lock(mutex_);
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    void wait_for_waiting(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return waiting_ >= count; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
    int waiting_ = 0;
};

struct Fixture {
    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(kStart);
    std::shared_ptr<Scheduler> scheduler;
    std::mutex mutex;
    std::vector<Seen> seen;
    std::vector<Event> events;
    std::condition_variable heard;
    std::uint64_t observer = 0;
    std::ptrdiff_t pauses = 0;
    Gate gate;

    explicit Fixture(const std::string& store = "memory", const std::string& executor = "inline") {
        Config config;
        config.clock = clock;
        config.identity = "test";
        config.add_store("default", store);
        config.add_executor("default", executor);
        config.add_executor("queue", "queue");
        make(std::move(config));
    }
    explicit Fixture(Config config) {
        config.clock = clock;
        make(std::move(config));
    }
    ~Fixture() {
        gate.open();
        if (scheduler->state() != SchedulerState::stopped) {
            scheduler->stop(StopMode::cancel);
            scheduler->wait(std::nullopt);
        }
        scheduler->remove_observer(observer);
    }

    void make(Config config) {
        scheduler = Scheduler::create(std::move(config));
        add_function("note", [](const Run* run, void* data) {
            static_cast<Fixture*>(data)->note(*run);
            return 0;
        });
        add_function("fail", [](const Run* run, void* data) {
            static_cast<Fixture*>(data)->note(*run);
            return 7;
        });
        add_function("wait", [](const Run* run, void* data) {
            static_cast<Fixture*>(data)->note(*run);
            static_cast<Fixture*>(data)->gate.pass();
            return 0;
        });
        observer = scheduler->add_observer(kAllEvents,
                                           [this](const Event& event) {
                                               const std::lock_guard lock(mutex);
                                               events.push_back(event);
                                               heard.notify_all();
                                           },
                                           {});
    }

    void add_function(const std::string& name, NativeFunction function) {
        scheduler->register_function(name, {.call = function, .token = 0, .user_data = this, .release = {}}, true);
    }

    void note(const Run& run) {
        const std::lock_guard lock(mutex);
        seen.push_back(
            {run.task->id, run.scheduled, run.folded, fire_id(run.store_hash, run.key).data(), run.task->arguments});
    }

    TaskSpec task(const std::string& id, TriggerPtr trigger, const std::string& function = "note") const {
        TaskSpec spec;
        spec.id = id;
        spec.function = function;
        spec.trigger = std::move(trigger);
        return spec;
    }
    static TriggerPtr every(Micros period) {
        IntervalOptions options;
        options.period = period;
        return make_interval_trigger(options);
    }
    static TriggerPtr on_grid(Micros period, Instant start) {
        IntervalOptions options;
        options.period = period;
        options.start_at = start;
        return make_interval_trigger(options);
    }
    static TriggerPtr once(Instant at) {
        DateOptions options;
        options.run_at = at;
        return make_date_trigger(options);
    }
    AddOutcome add(TaskSpec spec, AddMode mode = AddMode::declare) { return scheduler->add(std::move(spec), mode); }

    void start() { scheduler->start(false); }
    void stop() {
        scheduler->stop(StopMode::wait);
        scheduler->wait(std::nullopt);
    }
    void settle() { scheduler->wait_idle(std::nullopt); }
    void advance(Micros span) {
        clock->advance(span);
        settle();
    }
    std::size_t runs() {
        const std::lock_guard lock(mutex);
        return seen.size();
    }
    // Every event of this code so far. Observers hear events in order: once they heard of this pause, they heard all
    // before it.
    std::vector<Event> told(EventCode code) {
        scheduler->pause();
        std::unique_lock lock(mutex);
        ++pauses;
        heard.wait(lock, [&] { return count(EventCode::scheduler_paused) >= pauses; });
        std::vector<Event> found;
        for (const Event& event : events) {
            if (event.code == code) found.push_back(event);
        }
        lock.unlock();
        scheduler->resume();
        return found;
    }
    // Waits until so many events of this code were heard.
    void hear(EventCode code, std::ptrdiff_t times = 1) {
        std::unique_lock lock(mutex);
        heard.wait(lock, [&] { return count(code) >= times; });
    }
    std::ptrdiff_t count(EventCode code) const {
        return std::count_if(events.begin(), events.end(), [code](const Event& event) { return event.code == code; });
    }
    std::vector<HistoryRow> history(const std::string& task = {}) {
        HistoryQuery query;
        query.task_id = task;
        query.limit = 10'000;
        return scheduler->history("default", query);
    }
};

}  // namespace uvsched::test
