#include <algorithm>

#include "arguments.hpp"
#include "task_draft.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

constexpr std::size_t kTaskPage = 256;

// Reads the next page, of the present store or of one after it. False at the end.
bool turn_page(TaskIteratorObject& tasks) {
    const auto engine = tasks.scheduler();
    while (!tasks.stores.empty()) {
        tasks.page = engine->list(tasks.stores.back(), tasks.place, kTaskPage, false);
        tasks.next = 0;
        if (!tasks.page.empty()) return true;
        tasks.place = {};
        tasks.stores.pop_back();
    }
    return false;
}

}  // namespace

int sched_get_tasks(sched_task_iterator** out, sched_scheduler* scheduler, const char* store) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        auto object = std::make_unique<TaskIteratorObject>(*ref);
        if (store != nullptr) {
            object->stores = {known_store(*ref->engine, store)};
        } else {
            object->stores = ref->engine->store_aliases();
            std::sort(object->stores.rbegin(), object->stores.rend());
        }
        *out = new_handle(std::move(object));
    });
}

int sched_task_iterator_next(sched_task** out, sched_task_iterator* iterator) {
    return guarded(__func__, [&]() -> int {
        not_null(out, "out");
        const Ref<TaskIteratorObject> ref(iterator, "iterator");
        if (ref->next == ref->page.size() && !turn_page(*ref)) return UVSCHED_EEND;
        *out = new_task(ref->page[ref->next]);
        ++ref->next;  // last: after a call that failed the next one gives this task
        return UVSCHED_OK;
    });
}

void sched_task_iterator_free(sched_task_iterator* iterator) {
    free_handle<TaskIteratorObject>(__func__, iterator, "iterator");
}
