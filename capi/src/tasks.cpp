// What a scheduler does with tasks.
#include <algorithm>

#include "arguments.hpp"
#include "task_draft.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

constexpr std::size_t kMaxPreview = 10'000;

// Runs a call on the task of that id.
template <class Call>
int with_task(const char* function, sched_scheduler* handle, const char* store, const char* id, Call&& call) noexcept {
    return guarded(function, [&] {
        const Ref<SchedulerObject> ref(handle, "scheduler");
        const std::string alias = optional_name(store, "store");
        call(*ref->engine, alias, name_argument(id, "id"));
    });
}

void check_flags(unsigned flags) {
    if ((flags & ~(UVSCHED_REPLACE_EXISTING | UVSCHED_RAISE_CONFLICT)) == 0) return;
    fail(Code::invalid, "flags: " + std::to_string(flags) +
                            " has bits that are none of UVSCHED_REPLACE_EXISTING, "
                            "UVSCHED_RAISE_CONFLICT");
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
        check_flags(flags);
        TaskSpec spec = spec_of(to_add->described(), ref->engine->zone());
        const auto mode = (flags & UVSCHED_REPLACE_EXISTING) != 0 ? AddMode::replace : AddMode::keep_if_equal;
        const auto conflict = (flags & UVSCHED_RAISE_CONFLICT) != 0 ? OnConflict::raise : OnConflict::keep;
        to_add->view = ref->engine->add(std::move(spec), mode, conflict).task;
    });
}

int sched_remove_task(sched_scheduler* scheduler, const char* store, const char* id) {
    return with_task(__func__, scheduler, store, id,
                     [](Scheduler& engine, const auto& alias, const auto& name) { engine.remove(alias, name); });
}

int sched_remove_all_tasks(sched_scheduler* scheduler, const char* store, int64_t* removed) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const std::int64_t number = ref->engine->remove_all(optional_name(store, "store"));
        if (removed != nullptr) *removed = number;
    });
}

int sched_pause_task(sched_scheduler* scheduler, const char* store, const char* id) {
    return with_task(__func__, scheduler, store, id,
                     [](Scheduler& engine, const auto& alias, const auto& name) { engine.pause_task(alias, name); });
}

int sched_resume_task(sched_scheduler* scheduler, const char* store, const char* id) {
    return with_task(__func__, scheduler, store, id,
                     [](Scheduler& engine, const auto& alias, const auto& name) { engine.resume_task(alias, name); });
}

int sched_change_task(sched_scheduler* scheduler, const char* store, const char* id, const sched_task* changes) {
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
                fail(Code::invalid, "local: store \"" + view.store + "\" is durable: its functions need a name");
            }
            present = view.definition->trigger;
        }
        ref->engine->change(alias, name, changes_of(draft, ref->engine->zone(), present.get()));
    });
}

int sched_run_task(sched_scheduler* scheduler, const char* store, const char* id) {
    return with_task(__func__, scheduler, store, id,
                     [](Scheduler& engine, const auto& alias, const auto& name) { engine.run_now(alias, name); });
}

int sched_get_task(sched_scheduler* scheduler, sched_task** out, const char* store, const char* id) {
    return with_task(__func__, scheduler, store, id, [&](Scheduler& engine, const auto& alias, const auto& name) {
        not_null(out, "out");
        *out = new_task(engine.get(alias, name));
    });
}

int sched_preview_task(sched_scheduler* scheduler, const char* store, const char* id, int64_t after, int64_t* times,
                       size_t capacity, size_t* count) {
    return with_task(__func__, scheduler, store, id, [&](Scheduler& engine, const auto& alias, const auto& name) {
        not_null(count, "count");
        if (capacity > 0) not_null(times, "times");
        const std::optional<Instant> from = after == INT64_MIN ? std::nullopt : std::optional(after);
        const std::vector<Instant> found = engine.preview(alias, name, std::min(capacity, kMaxPreview), from);
        std::copy(found.begin(), found.end(), times);
        *count = found.size();
    });
}
