#include <algorithm>
#include <iterator>

#include "arguments.hpp"
#include "handles.hpp"
#include "structs.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

constexpr std::size_t kHistoryPage = 256;

// A member of the engine's row as the struct shows it.
const char* shown(const std::string& text) { return text.c_str(); }
const char* shown(FireKind kind) { return kind_text(kind); }
const char* shown(FireState state) { return state_text(state); }
const char* shown(Reason reason) { return reason_text(reason); }
std::int64_t shown(std::int64_t number) { return number; }
std::int32_t shown(std::int32_t number) { return number; }
std::int32_t shown(bool flag) { return flag ? 1 : 0; }

sched_history_row view_of_row(const NamedRow& row) {
    sched_history_row out{};
#define UVSCHED_SHOW(name) out.name = shown(row.name);
    UVSCHED_HISTORY_FIELDS(UVSCHED_SHOW, UVSCHED_SHOW, UVSCHED_SHOW, UVSCHED_SHOW)
#undef UVSCHED_SHOW
    return out;
}

std::optional<FireState> state_argument(const char* state) {
    if (state == nullptr) return std::nullopt;
    const std::string text = name_argument(state, "query->state");
    FireState out{};
    const bool known = state_from_text(text, out);
    if (!known || out < FireState::done) {
        fail(Code::invalid,
             "query->state: \"" + text + "\" is not one of done, failed, cancelled, lost, missed, skipped");
    }
    return out;
}

// Reads the next page. False at the end.
bool turn_page(HistoryIteratorObject& rows) {
    if (rows.ended || rows.left == 0) return false;
    rows.query.limit = std::min(rows.left, kHistoryPage);
    std::vector<HistoryRow> page = rows.scheduler()->history(rows.store, rows.query);
    rows.page = {std::make_move_iterator(page.begin()), std::make_move_iterator(page.end())};
    rows.next = 0;
    rows.left -= rows.page.size();
    rows.ended = rows.page.size() < rows.query.limit;
    if (rows.page.empty()) return false;
    rows.query.before = rows.page.back().seq;
    return true;
}

}  // namespace

int sched_history(sched_history_iterator** out, sched_scheduler* scheduler, const sched_history_query* query) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const Ref<SchedulerObject> ref(scheduler, "scheduler");
        const sched_history_query given = query == nullptr ? sched_history_query{} : copy_in(query, "query");
        auto object = std::make_unique<HistoryIteratorObject>(*ref);
        object->store = known_store(*ref->engine, given.store == nullptr ? "default" : given.store);
        object->query.task_id = optional_name(given.task_id, "query->task_id");
        object->query.state = state_argument(given.state);
        if (at_least(given.before, 0, "query->before") != 0) object->query.before = given.before;
        const std::int64_t limit = at_least(given.limit, 0, "query->limit");
        object->left = limit == 0 ? SIZE_MAX : static_cast<std::size_t>(limit);
        *out = new_handle(std::move(object));
    });
}

int sched_history_iterator_next(sched_history_row* out, sched_history_iterator* iterator) {
    return guarded(__func__, [&]() -> int {
        size_argument(out, "out");
        const Ref<HistoryIteratorObject> ref(iterator, "iterator");
        if (ref->next == ref->page.size() && !turn_page(*ref)) return UVSCHED_EEND;
        copy_out(view_of_row(ref->page[ref->next++]), out);
        return UVSCHED_OK;
    });
}

void sched_history_iterator_free(sched_history_iterator* iterator) {
    free_handle<HistoryIteratorObject>(__func__, iterator, "iterator");
}
