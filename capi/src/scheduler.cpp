#include "core/engine/scheduler.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "copies.hpp"
#include "core/json/text.hpp"
#include "handles.hpp"
#include "structs.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

// Runs a call on a scheduler.
template <class Call>
int with(const char* function, const sched_scheduler* handle, Call&& call) noexcept {
    return guarded(function, [&] {
        const Ref<SchedulerObject> ref(handle, "scheduler");
        return call(*ref->engine);
    });
}

// The outcome of waiting, with its text.
int waited(Code code, int timeout_ms) {
    switch (code) {
        case Code::timed_out:
            fail(code, "the wait timed out after " + std::to_string(timeout_ms) + " ms; the scheduler goes on");
        case Code::deadlock:
            fail(code, "a callback of this scheduler cannot wait for it");
        case Code::not_running:
            fail(code, "the scheduler is not running: it was not started, or has stopped already");
        default:
            return static_cast<int>(code);
    }
}

StopMode stop_mode(sched_stop_mode mode) {
    if (mode == UVSCHED_STOP_WAIT) return StopMode::wait;
    if (mode == UVSCHED_STOP_CANCEL) return StopMode::cancel;
    fail(Code::invalid, "mode: " + std::to_string(mode) + " is neither UVSCHED_STOP_WAIT nor UVSCHED_STOP_CANCEL");
}

sched_state state_value(SchedulerState state) {
    switch (state) {
        case SchedulerState::stopped:
            return UVSCHED_STATE_STOPPED;
        case SchedulerState::running:
            return UVSCHED_STATE_RUNNING;
        case SchedulerState::paused:
            return UVSCHED_STATE_PAUSED;
        case SchedulerState::starting:
            return UVSCHED_STATE_STARTING;
        case SchedulerState::stopping:
            return UVSCHED_STATE_STOPPING;
    }
    fail(Code::internal, "unknown state");
}

std::shared_ptr<ManualClock> manual_clock(const Scheduler& engine) {
    auto clock = std::dynamic_pointer_cast<ManualClock>(engine.clock());
    if (!clock)
        fail(Code::unsupported,
             "the scheduler uses the system's clock; only a manual clock can be moved "
             "(sched_config_set_manual_clock())");
    return clock;
}

}  // namespace

int sched_new(sched_scheduler** out, const sched_config* config) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const Ref<ConfigObject> ref(config, "config");
        claim_process();
        *out = new_handle(std::make_unique<SchedulerObject>(ref->config));
    });
}

void sched_free(sched_scheduler* scheduler) {
    if (scheduler == nullptr) return;
    static_cast<void>(guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        if (!ref.retire()) return;
        if (ref->engine->state() == SchedulerState::stopped) {
            // The loop thread may still be about to let go of the engine: nobody must hear from that later.
            ref->engine->settle();
            return;
        }
        try {
            ref->engine->stop(StopMode::cancel);
        } catch (const Error& error) {
            if (error.code() != Code::not_running) throw;  // it ended by itself meanwhile
        }
    }));
}

int sched_start(sched_scheduler* scheduler) {
    return with(__func__, scheduler, [](Scheduler& engine) { engine.start(false); });
}

int sched_start_paused(sched_scheduler* scheduler) {
    return with(__func__, scheduler, [](Scheduler& engine) { engine.start(true); });
}

int sched_stop(sched_scheduler* scheduler, sched_stop_mode mode) {
    return with(__func__, scheduler, [&](Scheduler& engine) { engine.stop(stop_mode(mode)); });
}

int sched_wait(sched_scheduler* scheduler, int timeout_ms) {
    return with(__func__, scheduler,
                [&](Scheduler& engine) { return waited(engine.wait(timeout_argument(timeout_ms)), timeout_ms); });
}

int sched_shutdown(sched_scheduler* scheduler, int timeout_ms) {
    return with(__func__, scheduler, [&](Scheduler& engine) {
        const std::optional<Micros> timeout = timeout_argument(timeout_ms);
        engine.stop(StopMode::wait);
        const Code code = engine.wait(timeout);
        return code == Code::not_running ? UVSCHED_OK : waited(code, timeout_ms);  // it ended between the two
    });
}

int sched_pause(sched_scheduler* scheduler) {
    return with(__func__, scheduler, [](Scheduler& engine) { engine.pause(); });
}

int sched_resume(sched_scheduler* scheduler) {
    return with(__func__, scheduler, [](Scheduler& engine) { engine.resume(); });
}

int sched_poll(sched_scheduler* scheduler) {
    return with(__func__, scheduler, [](Scheduler& engine) { engine.poll(); });
}

int sched_poll_fd(int* out, sched_scheduler* scheduler) {
    return with(__func__, scheduler, [&](Scheduler& engine) { *not_null(out, "out") = engine.poll_descriptor(); });
}

int sched_poll_timeout(int* out, sched_scheduler* scheduler) {
    return with(__func__, scheduler, [&](Scheduler& engine) {
        const auto timeout = engine.poll_timeout();
        *not_null(out, "out") = timeout ? static_cast<int>(std::min<std::int64_t>(timeout->count(), INT32_MAX)) : -1;
    });
}

int sched_add_executor(sched_scheduler* scheduler, const char* alias, const char* spec) {
    return with(__func__, scheduler, [&](Scheduler& engine) {
        Config config;
        const std::string name = name_argument(alias, "alias");
        config.add_executor(name, name_argument(spec, "spec"));
        engine.add_executor(name, config.executors.at(name));
    });
}

int sched_remove_executor(sched_scheduler* scheduler, const char* alias) {
    return with(__func__, scheduler, [&](Scheduler& engine) { engine.remove_executor(name_argument(alias, "alias")); });
}

int sched_add_store(sched_scheduler* scheduler, const char* alias, const char* url) {
    return with(__func__, scheduler, [&](Scheduler& engine) {
        Config config;
        const std::string name = name_argument(alias, "alias");
        const std::string given = text_argument(url, "url", kMaxJsonBytes);
        if (given.starts_with('{')) {
            config.add_store_json(name, parse_json(given, "url"));
        } else {
            config.add_store(name, name_argument(url, "url", kMaxUrl));
        }
        engine.add_store(name, config.stores.at(name));
    });
}

int sched_remove_store(sched_scheduler* scheduler, const char* alias) {
    return with(__func__, scheduler, [&](Scheduler& engine) { engine.remove_store(name_argument(alias, "alias")); });
}

const char* sched_timezone(const sched_scheduler* scheduler) {
    return guarded_value(__func__, static_cast<const char*>(nullptr), [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        return ref->engine->zone().name().c_str();
    });
}

int sched_get_state(sched_state* out, const sched_scheduler* scheduler) {
    return with(__func__, scheduler, [&](Scheduler& engine) { *not_null(out, "out") = state_value(engine.state()); });
}

int sched_wait_idle(sched_scheduler* scheduler, int timeout_ms) {
    return with(__func__, scheduler,
                [&](Scheduler& engine) { return waited(engine.wait_idle(timeout_argument(timeout_ms)), timeout_ms); });
}

int sched_clock_advance(sched_scheduler* scheduler, int64_t microseconds) {
    return with(__func__, scheduler,
                [&](Scheduler& engine) { manual_clock(engine)->advance(at_least(microseconds, 0, "microseconds")); });
}

int sched_clock_step(sched_scheduler* scheduler, int64_t microseconds) {
    return with(__func__, scheduler, [&](Scheduler& engine) { manual_clock(engine)->step(microseconds); });
}

int sched_clock_now(int64_t* out, const sched_scheduler* scheduler) {
    return with(__func__, scheduler, [&](Scheduler& engine) { *not_null(out, "out") = engine.clock()->wall(); });
}

int sched_get_stats(sched_stats* out, const sched_scheduler* scheduler) {
    return with(__func__, scheduler, [&](Scheduler& engine) {
        const Stats stats = engine.stats();
        copy_out({.size = 0,
                  .fires = stats.fires,
                  .finished = stats.finished,
                  .missed = stats.missed,
                  .wakeups = stats.wakeups,
                  .in_flight = stats.in_flight,
                  .events_dropped = stats.events_dropped,
                  .shutdown_to_come = stats.shutdown_to_come,
                  .shutdown_left = stats.shutdown_left},
                 out);
    });
}
