// Custom triggers whose functions follow a script, on the fixture's scheduler.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/triggers/custom.hpp"
#include "tests/core/engine/support.hpp"

namespace uvsched::test {

using Kind = TriggerAnswer::Kind;

inline TriggerAnswer at(Instant time) { return {.kind = Kind::time, .ask = 0, .time = time, .error = {}}; }
inline TriggerAnswer never() { return {.kind = Kind::never, .ask = 0, .time = 0, .error = {}}; }

// Functions of triggers, and what they were asked.
struct Triggers {
    explicit Triggers(Fixture& fixture) : f(fixture) {}

    void add(const std::string& name, std::function<TriggerAnswer(const TriggerAsk&)> call) {
        TriggerFunction function;
        function.call = [this, call = std::move(call)](const TriggerAsk& ask) {
            {
                const std::lock_guard lock(mutex);
                asks.push_back(ask);
            }
            return call(ask);
        };
        f.scheduler->register_trigger(name, std::move(function), true);
    }
    // Every `period`, on a grid that begins at the first question.
    void add_every(const std::string& name, Micros period) {
        add(name,
            [period](const TriggerAsk& ask) { return at(ask.previous ? *ask.previous + period : ask.now + period); });
    }
    std::vector<TriggerAsk> seen() {
        const std::lock_guard lock(mutex);
        return asks;
    }
    std::size_t count() { return seen().size(); }

    Fixture& f;
    std::mutex mutex;
    std::vector<TriggerAsk> asks;
};

// Where functions wait until the test opens it; it goes when all of them have left.
class Door : public Gate {
public:
    ~Door() {
        open();
        while (inside_ > 0) std::this_thread::yield();
    }
    void pass() {
        ++inside_;
        Gate::pass();
        --inside_;
    }

private:
    std::atomic<int> inside_{0};
};

inline TriggerPtr custom(const std::string& name, const std::string& arguments = {}) {
    CustomOptions options;
    options.name = name;
    options.arguments = arguments;
    return make_custom_trigger(std::move(options));
}

// Runs `body` on each kind of store, with the custom triggers of the scheduler.
template <class Body>
void with_triggers(Body body) {
    on_each_store([&](Fixture& f) {
        Triggers triggers(f);
        body(f, triggers);
    });
}

inline std::optional<Instant> next_run(Fixture& f, const std::string& id = "t") {
    return f.scheduler->get("", id).next_run();
}
inline TaskStatus status(Fixture& f, const std::string& id = "t") { return f.scheduler->get("", id).state.status; }

inline std::vector<Instant> scheduled(Fixture& f) {
    const std::lock_guard lock(f.mutex);
    std::vector<Instant> times;
    for (const Seen& seen : f.seen) times.push_back(seen.scheduled);
    return times;
}

}  // namespace uvsched::test
