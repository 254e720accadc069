#include "fire.hpp"

#include <structmember.h>
#include <cstddef>

#include "current_run.hpp"

namespace uvsched::python {
namespace {

PyTypeObject* fire_type = nullptr;

Fire* as_fire(PyObject* self) noexcept { return reinterpret_cast<Fire*>(self); }
PyObject* as_object(Fire* fire) noexcept { return reinterpret_cast<PyObject*>(fire); }

// ---- life
// ------------------------------------------------------------------------------------------------------------

Fire* new_fire(Consumer& consumer, const sched_run* run) noexcept {
    auto* const fire = as_fire(fire_type->tp_alloc(fire_type, 0));
    if (fire == nullptr) return nullptr;
    fire->consumer = &consumer;
    consumer.pin();
    fire->scheduled = sched_run_scheduled_time(run);
    fire->first = sched_run_first_time(run);
    fire->folded = sched_run_folded(run);
    fire->attempt = sched_run_attempt(run);
    sched_run_fire_id(run, fire->fire_id);
    fire->task_id = PyUnicode_FromString(sched_run_task_id(run));
    fire->store = PyUnicode_FromString(sched_run_store(run));
    fire->kind_text = PyUnicode_InternFromString(sched_run_kind(run));
    if (fire->task_id != nullptr && fire->store != nullptr && fire->kind_text != nullptr) return fire;
    Py_DECREF(as_object(fire));
    return nullptr;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
    Fire* const fire = as_fire(self);
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(fire->fn);
    Py_VISIT(fire->args);
    Py_VISIT(fire->kwargs);
    Py_VISIT(fire->inner);
    Py_VISIT(fire->task);
    return 0;
}

// What is needed only until the end.
int clear(PyObject* self) {
    Fire* const fire = as_fire(self);
    Py_CLEAR(fire->fn);
    Py_CLEAR(fire->args);
    Py_CLEAR(fire->kwargs);
    Py_CLEAR(fire->inner);
    Py_CLEAR(fire->task);
    return 0;
}

void deallocate(PyObject* self) {
    Fire* const fire = as_fire(self);
    PyTypeObject* const type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear(self);
    Py_CLEAR(fire->task_id);
    Py_CLEAR(fire->store);
    Py_CLEAR(fire->kind_text);
    fire->consumer->unpin();
    type->tp_free(self);
    Py_DECREF(type);
}

// ---- in a thread
// -----------------------------------------------------------------------------------------------------

PyObject* call(PyObject* self, PyObject* args, PyObject* kwargs) {
    Fire* const fire = as_fire(self);
    if (PyTuple_GET_SIZE(args) != 0 || (kwargs != nullptr && PyDict_Size(kwargs) != 0)) {
        PyErr_SetString(PyExc_TypeError, "a fire takes no arguments");
        return nullptr;
    }
    if (fire->state != FireState::waiting) Py_RETURN_NONE;  // given up before a thread came to it
    fire->state = FireState::running;
    Engine& engine = fire->consumer->engine();
    const Owned fn = Owned::borrowed(fire->fn);
    const Owned positional = Owned::borrowed(fire->args);
    const Owned named = Owned::borrowed(fire->kwargs);
    Owned value;
    {
        const ThreadRunScope scope({self, nullptr, nullptr});
        value.reset(invoke({fn.get(), positional.get(), named.get()}));
    }
    end_fire(fire, value ? outcome_of_value(engine, fire->run_id, fire->fire_id, value.get())
                         : outcome_of_error(engine, fire->run_id, fire->fire_id));
    Py_RETURN_NONE;
}

// ---- as a coroutine
// --------------------------------------------------------------------------------------------------

// The user's coroutine ended with a value: so does this one, with None.
PySendResult returned(Fire* fire, PyObject* value, PyObject** result) noexcept {
    if (fire->state != FireState::finished) {
        end_fire(fire, outcome_of_value(fire->consumer->engine(), fire->run_id, fire->fire_id, value));
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

// It raised. A cancellation goes on to asyncio, everything else ends here.
PySendResult raised(Fire* fire, PyObject** result) noexcept {
    if (is_cancellation()) {
        PyObject* type = nullptr;
        PyObject* value = nullptr;
        PyObject* traceback = nullptr;
        PyErr_Fetch(&type, &value, &traceback);
        end_fire(fire, cancelled(fire->run_id));
        PyErr_Restore(type, value, traceback);
        *result = nullptr;
        return PYGEN_ERROR;
    }
    end_fire(fire, outcome_of_error(fire->consumer->engine(), fire->run_id, fire->fire_id));
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

// Calls the function. Its coroutine becomes `inner`; an iterator of another awaitable does too. True when there is one;
// else `value` is what the function returned, or nullptr with an error set.
bool begin(Fire* fire, Owned& value) noexcept {
    fire->state = FireState::running;
    if (!enter_context(as_object(fire))) return false;
    value.reset(invoke({fire->fn, fire->args, fire->kwargs}));
    if (!value) return false;
    if (PyCoro_CheckExact(value.get())) {
        fire->inner = value.release();
        return true;
    }
    const PyAsyncMethods* const methods = Py_TYPE(value.get())->tp_as_async;
    if (methods == nullptr || methods->am_await == nullptr) return false;
    fire->inner = methods->am_await(value.get());
    value.reset();
    return fire->inner != nullptr;
}

PySendResult send(PyObject* self, PyObject* argument, PyObject** result) {
    Fire* const fire = as_fire(self);
    const Owned alive = Owned::borrowed(self);
    if (fire->inner == nullptr) {
        if (fire->state != FireState::waiting) {
            *result = Py_NewRef(Py_None);  // given up before its first step
            return PYGEN_RETURN;
        }
        Owned value;
        if (!begin(fire, value)) return value ? returned(fire, value.get(), result) : raised(fire, result);
    }
    const Owned inner = Owned::borrowed(fire->inner);
    PyObject* value = nullptr;
    const PySendResult step = PyIter_Send(inner.get(), argument, &value);
    if (step == PYGEN_NEXT) {
        *result = value;
        return step;
    }
    if (step == PYGEN_ERROR) return raised(fire, result);
    const Owned kept(value);
    return returned(fire, value, result);
}

// A step's result as an iterator gives it.
PyObject* as_iterator(PySendResult step, PyObject* value) noexcept {
    if (step != PYGEN_RETURN) return value;
    Py_XDECREF(value);
    PyErr_SetNone(PyExc_StopIteration);
    return nullptr;
}

PyObject* next(PyObject* self) {
    PyObject* value = nullptr;
    const PySendResult step = send(self, Py_None, &value);
    return as_iterator(step, value);
}

PyObject* send_method(PyObject* self, PyObject* argument) {
    PyObject* value = nullptr;
    const PySendResult step = send(self, argument, &value);
    return as_iterator(step, value);
}

// The value of the StopIteration that is set, which is cleared; nothing, and the error stays, when it is another.
Owned take_stop_iteration() noexcept {
    if (PyErr_ExceptionMatches(PyExc_StopIteration) == 0) return Owned();
    PyObject* type = nullptr;
    PyObject* value = nullptr;
    PyObject* traceback = nullptr;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    Owned result(value == nullptr ? nullptr : PyObject_GetAttrString(value, "value"));
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    if (result) return result;
    PyErr_Clear();
    return Owned::borrowed(Py_None);
}

PyObject* throw_method(PyObject* self, PyObject* args) {
    Fire* const fire = as_fire(self);
    const Owned alive = Owned::borrowed(self);
    PyObject* value = nullptr;
    if (fire->inner == nullptr) {
        // Nothing runs yet that could handle it.
        PyObject* error = nullptr;
        PyObject* instance = nullptr;
        PyObject* traceback = nullptr;
        if (!PyArg_ParseTuple(args, "O|OO:throw", &error, &instance, &traceback)) return nullptr;
        if (PyExceptionInstance_Check(error)) {
            PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error)), error);
        } else {
            PyErr_SetObject(error, instance);
        }
        const PySendResult step = raised(fire, &value);
        return as_iterator(step, value);
    }
    const Owned inner = Owned::borrowed(fire->inner);
    const Owned method(PyObject_GetAttrString(inner.get(), "throw"));
    value = method ? PyObject_CallObject(method.get(), args) : nullptr;
    if (value != nullptr) return value;
    const Owned ended = take_stop_iteration();
    const PySendResult step = ended ? returned(fire, ended.get(), &value) : raised(fire, &value);
    return as_iterator(step, value);
}

PyObject* close_method(PyObject* self, PyObject*) {
    Fire* const fire = as_fire(self);
    const Owned alive = Owned::borrowed(self);
    const Owned inner = Owned::borrowed(fire->inner);
    end_fire(fire, cancelled(fire->run_id));
    return inner ? PyObject_CallMethod(inner.get(), "close", nullptr) : Py_NewRef(Py_None);
}

PyObject* itself(PyObject* self) { return Py_NewRef(self); }
PyObject* itself_method(PyObject* self, PyObject*) { return Py_NewRef(self); }

// ---- attributes
// ------------------------------------------------------------------------------------------------------

// What tools that look into coroutines ask: the user's coroutine answers.
PyObject* of_inner(PyObject* self, void* name) {
    Fire* const fire = as_fire(self);
    if (fire->inner != nullptr) return PyObject_GetAttrString(fire->inner, static_cast<const char*>(name));
    PyErr_SetString(PyExc_AttributeError, static_cast<const char*>(name));
    return nullptr;
}

PyObject* of_function(PyObject* self, void* name) {
    Fire* const fire = as_fire(self);
    if (fire->fn != nullptr) {
        PyObject* const value = PyObject_GetAttrString(fire->fn, static_cast<const char*>(name));
        if (value != nullptr) return value;
        PyErr_Clear();
    }
    return Py_NewRef(fire->task_id);
}

PyObject* timezone(PyObject* self, void*) { return Py_NewRef(as_fire(self)->consumer->engine().zone()); }

char* name_closure(const char* name) { return const_cast<char*>(name); }

PyGetSetDef attributes[] = {
    {"timezone", timezone, nullptr, "tzinfo of the scheduler.", nullptr},
    {"cr_frame", of_inner, nullptr, nullptr, name_closure("cr_frame")},
    {"cr_code", of_inner, nullptr, nullptr, name_closure("cr_code")},
    {"cr_await", of_inner, nullptr, nullptr, name_closure("cr_await")},
    {"cr_running", of_inner, nullptr, nullptr, name_closure("cr_running")},
    {"__name__", of_function, nullptr, nullptr, name_closure("__name__")},
    {"__qualname__", of_function, nullptr, nullptr, name_closure("__qualname__")},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyMemberDef members[] = {
    {"scheduled", T_LONGLONG, offsetof(Fire, scheduled), READONLY, "The (latest) scheduled time, microseconds."},
    {"first", T_LONGLONG, offsetof(Fire, first), READONLY, "The earliest scheduled time folded in, microseconds."},
    {"folded", T_LONGLONG, offsetof(Fire, folded), READONLY, "How many due times it stands for."},
    {"attempt", T_INT, offsetof(Fire, attempt), READONLY, "From 1."},
    {"fire_id", T_STRING_INPLACE, offsetof(Fire, fire_id), READONLY, "32 hexadecimal digits."},
    {"task_id", T_OBJECT_EX, offsetof(Fire, task_id), READONLY, "The task's id."},
    {"store", T_OBJECT_EX, offsetof(Fire, store), READONLY, "Alias of the task's store."},
    {"kind", T_OBJECT_EX, offsetof(Fire, kind_text), READONLY, "scheduled, manual, boot or shutdown."},
    {nullptr, 0, 0, 0, nullptr},
};

PyMethodDef coroutine_methods[] = {
    {"send", send_method, METH_O, "send($self, value, /)\n--\n\nOne step, for asyncio."},
    {"throw", throw_method, METH_VARARGS, "Raises an exception in the coroutine, for asyncio."},
    {"close", close_method, METH_NOARGS, "close($self, /)\n--\n\nGives the run up."},
    {"__await__", itself_method, METH_NOARGS, "__await__($self, /)\n--\n\nFor asyncio."},
    {nullptr, nullptr, 0, nullptr},
};

template <class Function>
void* slot(Function* function) noexcept {
    return reinterpret_cast<void*>(function);
}

}  // namespace

Fire* make_fire(Consumer& consumer, const sched_item& item, FireKind kind, const Callable& callable) noexcept {
    Fire* const fire = new_fire(consumer, item.run);
    if (fire == nullptr) return nullptr;
    fire->run_id = item.run_id;
    fire->kind = kind;
    fire->state = FireState::waiting;
    fire->fn = Py_NewRef(callable.fn);
    fire->args = Py_XNewRef(callable.args);
    fire->kwargs = Py_XNewRef(callable.kwargs);
    consumer.link(fire);
    return fire;
}

PyObject* describe_run(Consumer& consumer, const sched_run* run) noexcept {
    Fire* const fire = new_fire(consumer, run);
    if (fire == nullptr) return nullptr;
    fire->kind = FireKind::description;
    fire->state = FireState::finished;
    return as_object(fire);
}

void end_fire(Fire* fire, Outcome outcome) noexcept {
    if (fire->state == FireState::finished) return;
    fire->state = FireState::finished;
    const Owned alive = Owned::borrowed(as_object(fire));
    Py_CLEAR(fire->task);
    fire->consumer->unlink(fire);
    fire->consumer->finish(std::move(outcome));
}

void give_up_fire(Fire* fire, bool usable) noexcept {
    const Owned alive = Owned::borrowed(as_object(fire));
    const Owned task = Owned::borrowed(fire->task);
    end_fire(fire, cancelled(fire->run_id));
    if (!task) return;
    if (usable) {
        const Owned done(PyObject_CallMethod(task.get(), "cancel", nullptr));
    } else {
        // Its loop is gone: nobody will ever run it, and nobody needs to be warned of that.
        PyObject_SetAttrString(task.get(), "_log_destroy_pending", Py_False);
    }
    if (PyErr_Occurred() != nullptr) PyErr_Clear();
}

void bind_fire(py::module_& module) {
    static PyType_Slot slots[] = {
        {Py_tp_doc, name_closure("A run on its way through Python.")},
        {Py_tp_dealloc, slot(deallocate)},
        {Py_tp_traverse, slot(traverse)},
        {Py_tp_clear, slot(clear)},
        {Py_tp_call, slot(call)},
        {Py_tp_iter, slot(itself)},
        {Py_tp_iternext, slot(next)},
        {Py_am_await, slot(itself)},
        {Py_am_send, slot(send)},
        {Py_tp_getset, attributes},
        {Py_tp_members, members},
        {Py_tp_methods, coroutine_methods},
        {0, nullptr},
    };
    static PyType_Spec spec = {"uvsched._core.Fire", sizeof(Fire), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    PyObject* const type = PyType_FromSpec(&spec);
    if (type == nullptr) throw py::error_already_set();
    fire_type = reinterpret_cast<PyTypeObject*>(type);
    module.add_object("Fire", py::reinterpret_borrow<py::object>(type));
}

}  // namespace uvsched::python
