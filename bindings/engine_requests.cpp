#include "engine_requests.hpp"

#include <new>

namespace uvsched::python {

ListRequest::~ListRequest() {
    for (sched_task* const task : tasks) sched_task_free(task);
}

int ListRequest::call() noexcept {
    sched_iterator* iterator = nullptr;
    int code = sched_list_tasks(handle(), &iterator, store());
    while (code == UVSCHED_OK) {
        sched_task* task = nullptr;
        code = sched_iterator_next(iterator, &task);
        if (code != UVSCHED_OK) break;
        try {
            tasks.push_back(task);
        } catch (const std::bad_alloc&) {
            sched_task_free(task);
            code = UVSCHED_ENOMEM;
        }
    }
    sched_iterator_free(iterator);
    return code == UVSCHED_ENOTFOUND && iterator != nullptr ? UVSCHED_OK : code;
}

int HistoryRequest::call() noexcept {
    const auto keep = [](const sched_history_row* row, void* user_data) {
        auto& self = *static_cast<HistoryRequest*>(user_data);
        try {
            self.rows.emplace_back(*row);
        } catch (const std::bad_alloc&) {
            self.complete_ = false;
        }
    };
    const int code = sched_query_history(handle(), store(), id(), state_.get(), before_, most_, keep, this);
    return code == UVSCHED_OK && !complete_ ? UVSCHED_ENOMEM : code;
}

}  // namespace uvsched::python
