#include "runs.hpp"

#include <cstring>

#include "arguments.hpp"

using namespace uvsched;
using namespace uvsched::capi;

const char* sched_run_task_id(const sched_run* run) {
    return run == nullptr ? nullptr : from_handle(run)->task->id.c_str();
}

const char* sched_run_task_name(const sched_run* run) {
    return run == nullptr ? nullptr : from_handle(run)->task->name.c_str();
}

const char* sched_run_function(const sched_run* run) {
    return run == nullptr ? nullptr : from_handle(run)->task->function.c_str();
}

const char* sched_run_store(const sched_run* run) {
    return run == nullptr ? nullptr : from_handle(run)->store->c_str();
}

const char* sched_run_arguments(const sched_run* run) {
    return run == nullptr ? nullptr : from_handle(run)->task->arguments.c_str();
}

const char* sched_run_fire_id(char out[UVSCHED_FIRE_ID_SIZE], const sched_run* run) {
    if (run == nullptr || out == nullptr) return nullptr;
    const FireId id = fire_id(from_handle(run)->store_hash, from_handle(run)->key);
    return static_cast<const char*>(std::memcpy(out, id.data(), id.size()));
}

const char* sched_run_kind(const sched_run* run) {
    return run == nullptr ? nullptr : kind_text(from_handle(run)->key.kind);
}

int64_t sched_run_scheduled_time(const sched_run* run) { return run == nullptr ? 0 : from_handle(run)->scheduled; }
int64_t sched_run_first_time(const sched_run* run) { return run == nullptr ? 0 : from_handle(run)->first; }
int64_t sched_run_folded(const sched_run* run) { return run == nullptr ? 0 : from_handle(run)->folded; }
int sched_run_exact(const sched_run* run) { return run != nullptr && from_handle(run)->exact ? 1 : 0; }
int sched_run_attempt(const sched_run* run) { return run == nullptr ? 0 : from_handle(run)->attempt; }

int sched_run_cancelled(const sched_run* run) {
    return run != nullptr && from_handle(run)->cancelled.load(std::memory_order_relaxed) ? 1 : 0;
}

int sched_run_set_result(const sched_run* run, const char* json, size_t length) {
    return guarded(__func__, [&] {
        not_null(run, "run");
        mutable_run(run).result = result_argument(json, length, "json");
    });
}

int sched_run_set_error(const sched_run* run, const char* text, size_t length) {
    return guarded(__func__, [&] {
        not_null(run, "run");
        mutable_run(run).error = error_argument(text, length, "text");
    });
}
