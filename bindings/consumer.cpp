#include "consumer.hpp"

#include "errors.hpp"
#include "fire.hpp"

namespace uvsched::python {

Consumer::Consumer(std::shared_ptr<Engine> engine, const char* alias, std::size_t room) : engine_(std::move(engine)) {
    check(sched_queue_get(engine_->handle(), &queue_, alias));
    int code = sched_queue_fd(queue_, &descriptor_);
    if (code == UVSCHED_OK) code = sched_queue_attach(queue_, room, &consumer_);
    if (code == UVSCHED_OK) return;
    set_error(code);
    sched_queue_free(queue_);
    throw py::error_already_set();
}

Consumer::~Consumer() {
    if (open_) (void)sched_queue_detach(consumer_);
    sched_queue_free(queue_);
}

std::size_t Consumer::take(sched_item* items, std::size_t capacity) noexcept {
    std::size_t count = 0;
    if (!open_ || sched_queue_take(consumer_, items, capacity, 0, &count) != UVSCHED_OK) return 0;
    return count;
}

void Consumer::control(const sched_item& item) noexcept {
    if (item.tag == UVSCHED_ITEM_RELEASE) engine_->objects().release(item.token);
    if (item.tag != UVSCHED_ITEM_CANCEL) return;
    for (Fire* fire = first_; fire != nullptr; fire = fire->next) {
        if (fire->run_id == item.run_id) return cancel(fire);
    }
}

void Consumer::cancel(Fire*) noexcept {}

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
    const int code = without_gil([&] { return sched_queue_take(handle, &item, 1, timeout_ms, &taken); });
    if (code != UVSCHED_OK && open_) set_error(code);
    return code == UVSCHED_OK && taken != 0;
}

void Consumer::wake() noexcept { (void)sched_queue_wake(queue_); }

void Consumer::close(bool cancel, bool usable) {
    if (!std::exchange(open_, false)) return;
    const std::shared_ptr<Consumer> alive = shared_from_this();
    Fire* fire = first_;
    while (fire != nullptr) {
        Fire* const next = fire->next;
        if (cancel || fire->kind == FireKind::coroutine) give_up_fire(fire, usable);
        fire = next;
    }
    flush();
    (void)sched_queue_detach(consumer_);
    (void)sched_queue_wake(queue_);
    closed();
}

void Consumer::pin() noexcept {
    if (pins_++ == 0) self_ = shared_from_this();
}

void Consumer::unpin() noexcept {
    if (--pins_ > 0) return;
    const std::shared_ptr<Consumer> last = std::move(self_);
}

void Consumer::link(Fire* fire) noexcept {
    Py_INCREF(reinterpret_cast<PyObject*>(fire));
    fire->previous = nullptr;
    fire->next = first_;
    if (first_ != nullptr) first_->previous = fire;
    first_ = fire;
    ++fires_;
}

void Consumer::unlink(Fire* fire) noexcept {
    (fire->previous == nullptr ? first_ : fire->previous->next) = fire->next;
    if (fire->next != nullptr) fire->next->previous = fire->previous;
    fire->previous = fire->next = nullptr;
    --fires_;
    Py_DECREF(reinterpret_cast<PyObject*>(fire));
}

}  // namespace uvsched::python
