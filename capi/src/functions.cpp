#include <memory>

#include "arguments.hpp"
#include "handles.hpp"
#include "runs.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

// A function that the program registered. The engine's function type takes its own Run, so this stands between the two.
struct RunCallback {
    sched_run_fn fn;
    void* user_data;
    sched_destroy_fn destroy;

    static int call(const Run* run, void* self) {
        const auto* const callback = static_cast<const RunCallback*>(self);
        return callback->fn(to_handle(run), callback->user_data);
    }
};

}  // namespace

int sched_register_function(sched_scheduler* scheduler, const char* name, sched_run_fn fn, void* user_data,
                            sched_destroy_fn destroy) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const std::string function_name = name_argument(name, "name");
        not_null(fn, "fn");
        const auto callback = std::make_shared<RunCallback>(RunCallback{fn, user_data, destroy});
        Function function;
        function.call = RunCallback::call;
        function.user_data = callback.get();
        function.release = [callback] {
            if (callback->destroy != nullptr) callback->destroy(callback->user_data);
        };
        ref->engine->register_function(function_name, std::move(function), false);
    });
}

int sched_register_token(sched_scheduler* scheduler, const char* name, uint64_t token, sched_queue* queue) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const std::string function_name = name_argument(name, "name");
        const Ref<QueueObject> to(queue, "queue");
        Function function;
        function.token = token;
        function.release = [token, run_queue = to->queue] { run_queue->push_release(token); };
        ref->engine->register_function(function_name, std::move(function), true);
    });
}

int sched_unregister_function(sched_scheduler* scheduler, const char* name) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        ref->engine->unregister_function(name_argument(name, "name"));
    });
}
