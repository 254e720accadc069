#include "engine_requests.hpp"

#include <new>

namespace uvsched::python {

ListRequest::~ListRequest() {
    for (sched_task* const task : tasks) sched_task_free(task);
}

int ListRequest::call() noexcept {
    sched_task_iterator* iterator = nullptr;
    int code = sched_get_tasks(&iterator, handle(), store());
    while (code == UVSCHED_OK) {
        sched_task* task = nullptr;
        code = sched_task_iterator_next(&task, iterator);
        if (code != UVSCHED_OK) break;
        try {
            tasks.push_back(task);
        } catch (const std::bad_alloc&) {
            sched_task_free(task);
            code = UVSCHED_ENOMEM;
        }
    }
    sched_task_iterator_free(iterator);
    return code == UVSCHED_EEND ? UVSCHED_OK : code;
}

int CheckRequest::call() noexcept {
    const char* text = nullptr;
    const int code = sched_check_store(&text, handle(), store(), watch_ms_);
    if (code != UVSCHED_OK) return code;
    try {
        report = text;
        return code;
    } catch (const std::bad_alloc&) {
        return UVSCHED_ENOMEM;
    }
}

int HistoryRequest::call() noexcept {
    sched_history_query query = UVSCHED_HISTORY_QUERY_INIT;
    query.task_id = id();
    query.store = store();
    query.state = state_.get();
    query.before = before_;
    query.limit = limit_;
    sched_history_iterator* iterator = nullptr;
    sched_history_row row = UVSCHED_HISTORY_ROW_INIT;
    int code = sched_history(&iterator, handle(), &query);
    while (code == UVSCHED_OK && (code = sched_history_iterator_next(&row, iterator)) == UVSCHED_OK) {
        try {
            rows.emplace_back(row);
        } catch (const std::bad_alloc&) {
            code = UVSCHED_ENOMEM;
        }
    }
    sched_history_iterator_free(iterator);
    return code == UVSCHED_EEND ? UVSCHED_OK : code;
}

}  // namespace uvsched::python
