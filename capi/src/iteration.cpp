#include <algorithm>

#include "arguments.hpp"
#include "task_draft.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

constexpr std::size_t kPage = 256;

// The next page, of the present store or one behind it. False at the end.
bool turn_page(IteratorObject& tasks) {
    if (tasks.lease.expired()) fail(Code::not_running, "the scheduler was freed");
    const auto engine = engine_of(tasks);
    while (!tasks.stores.empty()) {
        tasks.page = engine->list(tasks.stores.back(), tasks.after, kPage, false);
        tasks.next = 0;
        if (!tasks.page.empty()) {
            tasks.after = tasks.page.back().definition->id;
            return true;
        }
        tasks.after.clear();
        tasks.stores.pop_back();
    }
    return false;
}

}  // namespace

int sched_list_tasks(sched_scheduler* scheduler, sched_iterator** out, const char* store) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        auto object = std::make_unique<IteratorObject>(*ref);
        object->stores = ref->engine->store_aliases();
        std::sort(object->stores.rbegin(), object->stores.rend());
        if (store != nullptr) {
            const std::string alias = name_argument(store, "store");
            if (std::find(object->stores.begin(), object->stores.end(), alias) == object->stores.end()) {
                fail(Code::not_found, "store: there is no store \"" + alias + "\"");
            }
            object->stores = {alias};
        }
        *out = new_handle(std::move(object));
    });
}

int sched_iterator_next(sched_iterator* iterator, sched_task** out) {
    return guarded(__func__, [&]() -> int {
        const Ref<IteratorObject> ref(iterator, "iterator");
        not_null(out, "out");
        if (ref->next == ref->page.size() && !turn_page(*ref)) return UVSCHED_ENOTFOUND;
        *out = new_task(ref->page[ref->next++]);
        return UVSCHED_OK;
    });
}

void sched_iterator_free(sched_iterator* iterator) { free_handle<IteratorObject>(__func__, iterator, "iterator"); }
