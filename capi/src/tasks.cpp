// The functions of a scheduler that add, change, show and delete tasks.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "task_draft.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

constexpr std::size_t kMaxPreview = 10'000;
constexpr Micros kWatch = 5 * kSecond;

// Runs a call on the task of that id.
template <class Call>
int with_task(const char* function, sched_scheduler* handle, const char* id, const char* store, Call&& call) noexcept {
    return guarded(function, [&] {
        const Ref<SchedulerObject> ref(handle, "scheduler");
        const std::string alias = optional_name(store, "store");
        call(*ref->engine, alias, name_argument(id, "id"));
    });
}

AddMode mode_of(unsigned flags) {
    switch (flags) {
        case 0:
            return AddMode::declare;
        case UVSCHED_REPLACE_EXISTING:
            return AddMode::replace;
        case UVSCHED_RAISE_CONFLICT:
            return AddMode::raise;
        case UVSCHED_KEEP_EXISTING:
            return AddMode::keep;
        default:
            fail(Code::invalid, "flags: " + std::to_string(flags) +
                                    " is not one of 0, UVSCHED_REPLACE_EXISTING, UVSCHED_RAISE_CONFLICT, "
                                    "UVSCHED_KEEP_EXISTING");
    }
}

void refuse_move(const char* member, const std::optional<std::string>& set, const std::string& is) {
    if (!set || is.empty() || *set == is) return;
    fail(Code::invalid,
         std::string(member) + ": \"" + is + "\" cannot be changed to \"" + *set + "\"; add another task");
}

}  // namespace

int sched_add_task(sched_scheduler* scheduler, sched_task* task, unsigned flags) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const Ref<TaskObject> to_add(task, "task");
        const AddMode mode = mode_of(flags);
        TaskSpec spec = spec_of(to_add->described(), ref->engine->zone());
        AddOutcome outcome = ref->engine->add(std::move(spec), mode);
        to_add->view = std::move(outcome.task);
        to_add->outcome = outcome.result;
    });
}

int sched_delete_task(sched_scheduler* scheduler, const char* id, const char* store) {
    return with_task(__func__, scheduler, id, store,
                     [](Scheduler& engine, const auto& alias, const auto& name) { engine.remove(alias, name); });
}

int sched_remove_all_tasks(int64_t* removed, sched_scheduler* scheduler, const char* store) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const std::int64_t number = ref->engine->remove_all(optional_name(store, "store"));
        if (removed != nullptr) *removed = number;
    });
}

int sched_check_store(const char** out, sched_scheduler* scheduler, const char* store, int watch_ms) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const std::string alias = known_store(*ref->engine, store == nullptr ? "default" : store);
        const Micros watch = int_at_least(watch_ms, -1, "watch_ms") < 0 ? kWatch : watch_ms * kMillisecond;
        ref->report = report_json(ref->engine->report(alias, watch))
                          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        *out = ref->report.c_str();
    });
}

int sched_count_tasks(sched_task_counts* out, sched_scheduler* scheduler, const char* store) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const EngineCounts counts = ref->engine->count(optional_name(store, "store"));
        copy_out({.size = 0,
                  .scheduled = counts.stored.active - counts.stored.idle,
                  .idle = counts.stored.idle,
                  .paused = counts.stored.paused,
                  .pending = counts.pending},
                 out);
    });
}

int sched_pause_task(sched_scheduler* scheduler, const char* id, const char* store) {
    return with_task(__func__, scheduler, id, store,
                     [](Scheduler& engine, const auto& alias, const auto& name) { engine.pause_task(alias, name); });
}

int sched_resume_task(sched_scheduler* scheduler, const char* id, const char* store) {
    return with_task(__func__, scheduler, id, store,
                     [](Scheduler& engine, const auto& alias, const auto& name) { engine.resume_task(alias, name); });
}

int sched_update_task(sched_scheduler* scheduler, const char* id, const char* store, const sched_task* changes) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const Ref<TaskObject> set(changes, "changes");
        const std::string name = name_argument(id, "id");
        const TaskDraft& draft = set->draft;
        std::string alias = optional_name(store, "store");
        refuse_move("id", draft.id, name);
        refuse_move("store", draft.store, alias);
        if (alias.empty()) alias = draft.store.value_or("");

        const bool members_alone = draft.shape == TaskDraft::Shape::none && draft.has_trigger_members();
        TriggerPtr present;
        if (members_alone || draft.local) {
            const TaskView view = ref->engine->get(alias, name);
            if (draft.local && ref->durable.contains(view.store)) {
                fail(Code::invalid, "local: store \"" + view.store + "\" is durable, so its functions need a name");
            }
            present = view.definition->trigger;
        }
        ref->engine->change(alias, name, changes_of(draft, ref->engine->zone(), present.get()));
    });
}

int sched_run_task(sched_scheduler* scheduler, const char* id, const char* store) {
    return with_task(__func__, scheduler, id, store,
                     [](Scheduler& engine, const auto& alias, const auto& name) { engine.run_now(alias, name); });
}

int sched_get_task(sched_task** out, sched_scheduler* scheduler, const char* id, const char* store) {
    return with_task(__func__, scheduler, id, store, [&](Scheduler& engine, const auto& alias, const auto& name) {
        not_null(out, "out");
        *out = new_task(engine.get(alias, name));
    });
}

int sched_preview_task_runs(int64_t* out, size_t capacity, size_t* count, sched_scheduler* scheduler, const char* id,
                            const char* store, int64_t after) {
    return with_task(__func__, scheduler, id, store, [&](Scheduler& engine, const auto& alias, const auto& name) {
        not_null(count, "count");
        if (capacity > 0) not_null(out, "out");
        const std::optional<Instant> from = after == INT64_MIN ? std::nullopt : std::optional(after);
        const std::vector<Instant> found = engine.preview(alias, name, std::min(capacity, kMaxPreview), from);
        std::copy(found.begin(), found.end(), out);
        *count = found.size();
    });
}
