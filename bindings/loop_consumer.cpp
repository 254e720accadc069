#include <array>

#include "consumers.hpp"
#include "run_object.hpp"

namespace uvsched::python {

LoopConsumer::LoopConsumer(std::shared_ptr<Engine> engine, const char* alias, std::size_t room, py::object create_task,
                           py::object call_soon, py::object run_in_thread)
    : Consumer(std::move(engine), alias, room),
      create_task_(std::move(create_task)),
      call_soon_(std::move(call_soon)),
      run_in_thread_(std::move(run_in_thread)),
      thread_(PyThread_get_thread_ident()) {}

void LoopConsumer::drain() {
    const std::shared_ptr<Consumer> alive = shared_from_this();
    thread_ = PyThread_get_thread_ident();
    std::array<sched_item, 256> items;
    const std::size_t count = take(items.data(), items.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (items[i].tag != UVSCHED_ITEM_RUN) {
            control(items[i]);
        } else if (open()) {
            start(items[i]);
        } else {
            finish(cancelled(items[i].run_id));
        }
    }
}

void LoopConsumer::start(const sched_item& item) noexcept {
    const Call call = call_of(item);
    if (!call.fn) return finish(outcome_of_error(engine(), item.run_id, nullptr));
    RunObject* const object =
        make_run_object(*this, item, call.coroutine ? RunUse::coroutine : RunUse::thread, call.callable());
    if (object == nullptr) return finish(outcome_of_error(engine(), item.run_id, nullptr));
    const Owned self(reinterpret_cast<PyObject*>(object));
    // An eager task may shut the scheduler down, which closes this.
    const Owned create_task = Owned::borrowed(create_task_.ptr());
    const Owned run_in_thread = Owned::borrowed(run_in_thread_.ptr());
    PyObject* task = nullptr;
    if (call.coroutine) {
        static PyObject* const names = Py_BuildValue("(s)", "name");
        PyObject* const arguments[] = {self.get(), object->task_id};
        task = PyObject_Vectorcall(create_task.get(), arguments, 1, names);
    } else {
        task = PyObject_CallOneArg(run_in_thread.get(), self.get());
    }
    if (task == nullptr) return end_run(object, outcome_of_error(engine(), item.run_id, object->fire_id));
    const Owned owned(task);
    // A quick thread may have ended it already.
    if (object->state != RunStage::finished) object->task = Py_NewRef(task);
}

void LoopConsumer::cancel(RunObject* object) noexcept {
    if (object->task == nullptr || object->kind != RunUse::coroutine) return;
    const Owned task = Owned::borrowed(object->task);
    const Owned done(PyObject_CallMethod(task.get(), "cancel", nullptr));
    if (!done) PyErr_Clear();
}

void LoopConsumer::finish(Outcome outcome) noexcept {
    // Threads, and what ends after closing, have no turn of the loop to wait for.
    if (!open() || PyThread_get_thread_ident() != thread_) return Consumer::finish(std::move(outcome));
    if (outcome.interrupted) interrupt_loop();
    ended_.push_back(std::move(outcome));
    if (flush_asked_) return;
    const Owned handle(PyObject_CallOneArg(call_soon_.ptr(), flush_call_.ptr()));
    if (handle) {
        flush_asked_ = true;
    } else {
        PyErr_Clear();  // the loop is closed
        flush();
    }
}

void LoopConsumer::closed() noexcept {
    for (py::object* const object : {&create_task_, &call_soon_, &run_in_thread_, &flush_call_}) *object = py::object();
}

void LoopConsumer::interrupt_loop() noexcept {
    const Owned module(PyImport_ImportModule("uvsched._failures"));
    const Owned call(module ? PyObject_GetAttrString(module.get(), "interrupt") : nullptr);
    const Owned handle(call ? PyObject_CallOneArg(call_soon_.ptr(), call.get()) : nullptr);
    if (!handle) PyErr_Clear();
}

void LoopConsumer::flush() noexcept {
    flush_asked_ = false;
    const std::vector<Outcome> ended = std::exchange(ended_, {});
    report(queue(), ended.data(), ended.size());
}

}  // namespace uvsched::python
