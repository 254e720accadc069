#include "consumer.hpp"

#include "errors.hpp"
#include "run_object.hpp"

namespace uvsched::python {

Consumer::Consumer(std::shared_ptr<Engine> engine, const char* alias, std::size_t room, New attach)
    : engine_(std::move(engine)), context_(PyContext_CopyCurrent()) {
    if (!context_) throw py::error_already_set();
    check(sched_get_queue(&queue_, engine_->handle(), alias));
    int code = sched_queue_fd(&descriptor_, queue_);
    if (code == UVSCHED_OK) code = attach(&consumer_, queue_, room);
    if (code == UVSCHED_OK) return;
    set_error(code);
    sched_queue_free(queue_);
    throw py::error_already_set();
}

Consumer::~Consumer() {
    if (open_) sched_consumer_free(consumer_);
    sched_queue_free(queue_);
}

std::size_t Consumer::take(sched_item* items, std::size_t capacity) noexcept {
    std::size_t count = 0;
    if (!open_ || sched_consumer_take(items, capacity, &count, consumer_, 0) != UVSCHED_OK) return 0;
    return count;
}

void Consumer::control(const sched_item& item) noexcept {
    if (item.tag == UVSCHED_ITEM_RELEASE) engine_->objects().release(item.token);
    if (item.tag != UVSCHED_ITEM_CANCEL) return;
    for (RunObject* object = first_; object != nullptr; object = object->next) {
        if (object->run_id == item.run_id) return cancel(object);
    }
}

void Consumer::cancel(RunObject*) noexcept {}

Consumer::Call Consumer::call_of(const sched_item& item) noexcept {
    Call call;
    const Callable* const found = engine_->objects().find(item.token);
    if (found == nullptr) {
        PyErr_Format(PyExc_LookupError, "the function of task '%s' is not known to this process",
                     sched_run_task_id(item.run));
        return call;
    }
    call.args = Owned::borrowed(found->args);
    call.kwargs = Owned::borrowed(found->kwargs);
    call.coroutine = found->coroutine;
    Owned fn = Owned::borrowed(found->fn);
    if (!found->stored || decode_arguments(item.run, call.args, call.kwargs)) call.fn = std::move(fn);
    return call;
}

void Consumer::finish(Outcome outcome) noexcept { report(queue_, &outcome, 1); }

bool Consumer::wait_for(sched_item& item, int timeout_ms) {
    if (!open_) return false;
    sched_consumer* const handle = consumer_;  // as it is now: without the GIL nothing of this may be read
    std::size_t taken = 0;
    const int code = without_gil([&] { return sched_consumer_take(&item, 1, &taken, handle, timeout_ms); });
    if (code != UVSCHED_OK && open_) set_error(code);
    return code == UVSCHED_OK && taken != 0;
}

void Consumer::wake() noexcept { (void)sched_queue_wake(queue_); }

// The runs that are given up when it closes or leaves. A copy: to cancel a task may call Python code, and meanwhile
// other threads end their runs.
std::vector<Owned> Consumer::given_up(bool cancel, bool shutdown_too) const {
    std::vector<Owned> runs;
    runs.reserve(runs_);
    for (RunObject* object = first_; object != nullptr; object = object->next) {
        if (!cancel && object->kind != RunUse::coroutine) continue;
        if (!shutdown_too && is_of_shutdown(object)) continue;
        runs.push_back(Owned::borrowed(reinterpret_cast<PyObject*>(object)));
    }
    return runs;
}

bool Consumer::leave(bool cancel) {
    if (!open_) return false;
    const std::shared_ptr<Consumer> alive = shared_from_this();
    for (const Owned& run : given_up(cancel, false)) give_up_run(reinterpret_cast<RunObject*>(run.get()), true);
    flush();
    for (const RunObject* object = first_; object != nullptr; object = object->next) {
        if (is_of_shutdown(object)) return true;
    }
    return false;
}

void Consumer::close(bool cancel, bool usable) {
    if (!open_) return;
    const std::shared_ptr<Consumer> alive = shared_from_this();
    const std::vector<Owned> runs = given_up(cancel, true);
    open_ = false;
    for (const Owned& run : runs) give_up_run(reinterpret_cast<RunObject*>(run.get()), usable);
    flush();
    sched_consumer_free(consumer_);
    (void)sched_queue_wake(queue_);
    closed();
}

py::list Consumer::runs() const {
    py::list list;
    for (RunObject* object = first_; object != nullptr; object = object->next) {
        list.append(py::handle(reinterpret_cast<PyObject*>(object)));
    }
    return list;
}

void Consumer::pin() noexcept {
    if (pins_++ == 0) self_ = shared_from_this();
}

void Consumer::unpin() noexcept {
    if (--pins_ > 0) return;
    const std::shared_ptr<Consumer> last = std::move(self_);
}

void Consumer::link(RunObject* object) noexcept {
    Py_INCREF(reinterpret_cast<PyObject*>(object));
    object->previous = nullptr;
    object->next = first_;
    if (first_ != nullptr) first_->previous = object;
    first_ = object;
    ++runs_;
}

void Consumer::unlink(RunObject* object) noexcept {
    (object->previous == nullptr ? first_ : object->previous->next) = object->next;
    if (object->next != nullptr) object->next->previous = object->previous;
    object->previous = object->next = nullptr;
    --runs_;
    Py_DECREF(reinterpret_cast<PyObject*>(object));
}

}  // namespace uvsched::python
