// The parts that a home works with, on a manual clock, without a loop: the test drives the turns.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/homes/task_home.hpp"
#include "core/triggers/interval.hpp"

namespace uvsched::test {

inline constexpr Instant kNow = 1'767'225'600 * kSecond;

struct Parts {
    Shared shared{std::make_shared<ManualClock>(kNow), TimeZone::load("UTC"), this};
    ManualClock& clock = static_cast<ManualClock&>(*shared.clock);
    Lifecycle life;
    Runs runs{4, shared.releases};
    Dispatcher dispatcher{{{"default", {.type = ExecutorType::inline_}}}, this, *shared.clock, shared.notices};
    TriggerAsker asker{shared, life, this};
    TaskIds ids{1};
    std::shared_ptr<RunQueue> listener = make_run_queue();
    ConsumerId consumer = listener->attach(1);
    int called = 0;

    Parts() {
        shared.bus.add_queue(listener);
        listener->subscribe(kAllEvents);
        Function function;
        function.call = [](const Run*, void* data) {
            ++*static_cast<int*>(data);
            return 0;
        };
        function.user_data = &called;
        runs.functions().set("f", std::move(function), shared.releases);
        std::unique_lock lock(shared.mutex);
        life.begin_start(lock, false);
        life.started(false);
    }

    [[nodiscard]] EngineParts all() { return {shared, life, runs, dispatcher, asker, ids}; }

    // Every ten seconds from now on.
    [[nodiscard]] static NewTask task(const std::string& id, Micros period = 10 * kSecond) {
        IntervalOptions options;
        options.period = period;
        auto definition = std::make_shared<Definition>();
        definition->id = id;
        definition->name = id;
        definition->function = "f";
        definition->executor = "default";
        definition->trigger = make_interval_trigger(options);
        NewTask task;
        task.spec.id = id;
        task.definition = std::move(definition);
        return task;
    }

    // What the loop thread does, until nothing more is due.
    void turn(TaskHome& home) {
        while (true) {
            {
                const std::lock_guard lock(shared.mutex);
                runs.end_called();
                const Now now = shared.now();
                home.catch_up(now);
                dispatcher.measure();
                home.claim(now);
                home.flush();
                if (!dispatcher.take()) return;
            }
            dispatcher.hand_over(runs);
        }
    }

    // The codes of the events since the last call.
    std::vector<EventCode> told() {
        std::vector<QueueItem> items(64);
        items.resize(listener->take(consumer, items, std::chrono::milliseconds(0)));
        std::vector<EventCode> codes;
        for (const QueueItem& item : items) codes.push_back(item.event->code);
        return codes;
    }
};

}  // namespace uvsched::test
