#include <algorithm>
#include <cstring>

#include "consumers.hpp"
#include "current_run.hpp"
#include "run_object.hpp"

namespace uvsched::python {
namespace {

using Clock = std::chrono::steady_clock;
// A turn that takes longer than this takes fewer items next time, one that is much quicker takes more: the loop has
// other things to do, and what was taken cannot be given back.
constexpr auto kLongTurn = std::chrono::milliseconds(5);
constexpr auto kShortTurn = std::chrono::microseconds(500);

}  // namespace

Outcome InlineConsumer::run(const sched_item& item) noexcept {
    char fire_id[UVSCHED_FIRE_ID_SIZE];
    const bool kept = engine().keeps_values() || engine().keeps_errors();
    const char* const id = kept ? sched_run_fire_id(fire_id, item.run) : nullptr;
    const Call call = call_of(item);
    if (!call.fn) return outcome_of_error(engine(), item.run_id, id);
    Owned value;
    if (const Owned context(PyContext_Copy(this->context())); context) {
        const ThreadRunScope scope({nullptr, item.run, this});
        value.reset(invoke_in(context.get(), call.callable()));
    }
    if (!value && is_end_of_generator() && std::strcmp(sched_run_kind(item.run), "shutdown") == 0) {
        PyErr_Clear();
        value = Owned::borrowed(Py_None);
    }
    return value ? outcome_of_value(engine(), item.run_id, id, value.get())
                 : outcome_of_error(engine(), item.run_id, id);
}

void InlineConsumer::drain() {
    if (calling_) return;  // a function that runs here drains again
    const std::shared_ptr<Consumer> alive = shared_from_this();
    const Clock::time_point start = Clock::now();
    const std::size_t count = take(items_.data(), limit_);
    std::vector<Outcome> ended;
    ended.reserve(count);
    calling_ = true;
    bool interrupted = false;
    for (std::size_t i = 0; i < count; ++i) {
        const sched_item& item = items_[i];
        if (item.tag != UVSCHED_ITEM_RUN) {
            control(item);
        } else {
            // One of the functions may shut the scheduler down.
            ended.push_back(open() ? run(item) : cancelled(item.run_id));
            interrupted = interrupted || ended.back().interrupted;
        }
    }
    calling_ = false;
    report(queue(), ended.data(), ended.size());
    const auto passed = Clock::now() - start;
    if (passed > kLongTurn) limit_ = std::max<std::size_t>(limit_ / 2, 1);
    if (passed < kShortTurn && count == limit_) limit_ = std::min(limit_ * 2, kMostItems);
    if (!interrupted) return;
    PyErr_SetNone(PyExc_KeyboardInterrupt);
    throw py::error_already_set();
}

}  // namespace uvsched::python
