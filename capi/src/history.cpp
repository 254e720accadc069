#include <algorithm>

#include "arguments.hpp"
#include "handles.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

constexpr std::size_t kPage = 1000;

sched_history_row view_of(const HistoryRow& row) {
    sched_history_row out{};
    out.size = sizeof out;
    out.seq = row.seq;
    out.task_id = row.task_id.c_str();
    out.fire_id = row.fire_id.c_str();
    out.kind = kind_text(row.key.kind);
    out.state = state_text(row.state);
    out.reason = reason_text(row.reason);
    out.owner = row.owner.c_str();
    out.result = row.result.c_str();
    out.error = row.error.c_str();
    out.late_result = row.late_result.c_str();
    out.first = row.first;
    out.last = row.last;
    out.folded = row.folded;
    out.claimed_at = row.claimed_at;
    out.started_at = row.started_at;
    out.finished_at = row.finished_at;
    out.exact = row.exact ? 1 : 0;
    out.attempt = row.attempt;
    out.crashes = row.crashes;
    return out;
}

std::optional<FireState> state_argument(const char* state) {
    if (state == nullptr) return std::nullopt;
    const std::string text = name_argument(state, "state");
    FireState out{};
    const bool known = state_from_text(text, out);
    if (!known || out < FireState::done) {
        fail(Code::invalid, "state: \"" + text + "\" is none of done, failed, cancelled, lost, missed, skipped");
    }
    return out;
}

}  // namespace

int sched_query_history(sched_scheduler* scheduler, const char* store, const char* task_id, const char* state,
                        int64_t before, size_t limit, sched_history_fn row, void* user_data) {
    return guarded(__func__, [&] {
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const std::string alias = store == nullptr ? "default" : name_argument(store, "store");
        HistoryQuery query;
        query.task_id = optional_name(task_id, "task_id");
        query.state = state_argument(state);
        query.before = before;
        not_null(row, "row");
        for (std::size_t left = limit; left > 0;) {
            query.limit = std::min(left, kPage);
            const std::vector<HistoryRow> rows = ref->engine->history(alias, query);
            for (const HistoryRow& found : rows) {
                const sched_history_row shown = view_of(found);
                row(&shown, user_data);
            }
            if (rows.size() < query.limit) return;
            left -= rows.size();
            query.before = rows.back().seq;
        }
    });
}
