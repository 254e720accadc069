#include "run_object.hpp"

#include <structmember.h>
#include <cstddef>

#include "current_run.hpp"

namespace uvsched::python {
namespace {

PyTypeObject* run_type = nullptr;

RunObject* as_run(PyObject* self) noexcept { return reinterpret_cast<RunObject*>(self); }
PyObject* as_object(RunObject* object) noexcept { return reinterpret_cast<PyObject*>(object); }

// ---- life ----

RunObject* new_run_object(Consumer& consumer, const sched_run* run) noexcept {
    auto* const object = as_run(run_type->tp_alloc(run_type, 0));
    if (object == nullptr) return nullptr;
    object->consumer = &consumer;
    consumer.pin();
    object->scheduled_time = sched_run_scheduled_time(run);
    object->first_time = sched_run_first_time(run);
    object->folded = sched_run_folded(run);
    object->attempt = sched_run_attempt(run);
    sched_run_fire_id(object->fire_id, run);
    object->task_id = PyUnicode_FromString(sched_run_task_id(run));
    object->store = PyUnicode_FromString(sched_run_store(run));
    object->kind_text = PyUnicode_InternFromString(sched_run_kind(run));
    if (object->task_id != nullptr && object->store != nullptr && object->kind_text != nullptr) return object;
    Py_DECREF(as_object(object));
    return nullptr;
}

int traverse_run(PyObject* self, visitproc visit, void* arg) {
    RunObject* const object = as_run(self);
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(object->fn);
    Py_VISIT(object->args);
    Py_VISIT(object->kwargs);
    Py_VISIT(object->context);
    Py_VISIT(object->inner);
    Py_VISIT(object->task);
    return 0;
}

// Lets go of the objects that are needed only until the end.
int clear_run(PyObject* self) {
    RunObject* const object = as_run(self);
    Py_CLEAR(object->fn);
    Py_CLEAR(object->args);
    Py_CLEAR(object->kwargs);
    Py_CLEAR(object->context);
    Py_CLEAR(object->inner);
    Py_CLEAR(object->task);
    return 0;
}

void free_run(PyObject* self) {
    RunObject* const object = as_run(self);
    PyTypeObject* const type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    clear_run(self);
    Py_CLEAR(object->task_id);
    Py_CLEAR(object->store);
    Py_CLEAR(object->kind_text);
    Py_CLEAR(object->function);
    object->consumer->unpin();
    type->tp_free(self);
    Py_DECREF(type);
}

// The end of a run whose function has raised the error that is set.
Outcome outcome_of_raised(RunObject* object) noexcept {
    Engine& engine = object->consumer->engine();
    if (is_of_shutdown(object) && is_end_of_generator()) {
        PyErr_Clear();
        return outcome_of_value(engine, object->run_id, object->fire_id, Py_None);
    }
    return outcome_of_error(engine, object->run_id, object->fire_id);
}

// ---- in a thread ----

PyObject* call_run(PyObject* self, PyObject* args, PyObject* kwargs) {
    RunObject* const object = as_run(self);
    if (PyTuple_GET_SIZE(args) != 0 || (kwargs != nullptr && PyDict_Size(kwargs) != 0)) {
        PyErr_SetString(PyExc_TypeError, "a run takes no arguments");
        return nullptr;
    }
    if (object->kind != RunUse::thread) {
        PyErr_SetString(PyExc_TypeError, "only a run in a thread is called");
        return nullptr;
    }
    if (object->state != RunStage::waiting) Py_RETURN_NONE;  // given up before a thread came to it
    object->state = RunStage::running;
    Engine& engine = object->consumer->engine();
    const Owned fn = Owned::borrowed(object->fn);
    const Owned positional = Owned::borrowed(object->args);
    const Owned named = Owned::borrowed(object->kwargs);
    const Owned context = Owned::borrowed(object->context);
    Owned value;
    {
        const ThreadRunScope scope({self, nullptr, nullptr});
        value.reset(invoke_in(context.get(), {fn.get(), positional.get(), named.get()}));
    }
    end_run(object,
            value ? outcome_of_value(engine, object->run_id, object->fire_id, value.get()) : outcome_of_raised(object));
    Py_RETURN_NONE;
}

// ---- taken by a program ----

// Whether the run can be ended: it was pulled. False with a TypeError.
bool is_pulled(const RunObject* object) noexcept {
    if (object->kind == RunUse::pulled) return true;
    PyErr_SetString(PyExc_TypeError, "only a run that was pulled is ended by its caller");
    return false;
}

PyObject* finish_method(PyObject* self, PyObject* value) {
    RunObject* const object = as_run(self);
    if (!is_pulled(object)) return nullptr;
    end_run(object, outcome_of_value(object->consumer->engine(), object->run_id, object->fire_id, value));
    Py_RETURN_NONE;
}

PyObject* fail_method(PyObject* self, PyObject* error) {
    RunObject* const object = as_run(self);
    if (!is_pulled(object)) return nullptr;
    if (PyUnicode_Check(error)) {
        // Lone surrogates become escapes, as in the text of an exception.
        const Owned text(PyUnicode_AsEncodedString(error, "utf-8", "backslashreplace"));
        if (!text) return nullptr;
        end_run(object, failed(object->run_id, PyBytes_AS_STRING(text.get())));
    } else if (PyExceptionInstance_Check(error)) {
        PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error)), error);
        end_run(object, outcome_of_error(object->consumer->engine(), object->run_id, object->fire_id));
    } else {
        PyErr_SetString(PyExc_TypeError, "error: expected an exception or a string");
        return nullptr;
    }
    Py_RETURN_NONE;
}

// ---- as a coroutine ----

// The user's coroutine ended with a value: so does this one, with None.
PySendResult returned(RunObject* object, PyObject* value, PyObject** result) noexcept {
    if (object->state != RunStage::finished) {
        end_run(object, outcome_of_value(object->consumer->engine(), object->run_id, object->fire_id, value));
    }
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

// It raised. A cancellation goes on to asyncio, everything else ends here.
PySendResult raised(RunObject* object, PyObject** result) noexcept {
    if (is_cancellation()) {
        PyObject* type = nullptr;
        PyObject* value = nullptr;
        PyObject* traceback = nullptr;
        PyErr_Fetch(&type, &value, &traceback);
        end_run(object, cancelled(object->run_id));
        PyErr_Restore(type, value, traceback);
        *result = nullptr;
        return PYGEN_ERROR;
    }
    end_run(object, outcome_of_raised(object));
    *result = Py_NewRef(Py_None);
    return PYGEN_RETURN;
}

// Calls the function. Its coroutine becomes `inner`; an iterator of another awaitable does too. True when there is one;
// else `value` is what the function returned, or nullptr with an error set.
bool begin(RunObject* object, Owned& value) noexcept {
    object->state = RunStage::running;
    if (!enter_context(as_object(object))) return false;
    value.reset(invoke({object->fn, object->args, object->kwargs}));
    if (!value) return false;
    if (PyCoro_CheckExact(value.get())) {
        object->inner = value.release();
        return true;
    }
    const PyAsyncMethods* const methods = Py_TYPE(value.get())->tp_as_async;
    if (methods == nullptr || methods->am_await == nullptr) return false;
    object->inner = methods->am_await(value.get());
    value.reset();
    return object->inner != nullptr;
}

PySendResult send_run(PyObject* self, PyObject* argument, PyObject** result) {
    RunObject* const object = as_run(self);
    const Owned alive = Owned::borrowed(self);
    if (object->inner == nullptr) {
        if (object->state != RunStage::waiting) {
            *result = Py_NewRef(Py_None);  // given up before its first step
            return PYGEN_RETURN;
        }
        Owned value;
        if (!begin(object, value)) return value ? returned(object, value.get(), result) : raised(object, result);
    }
    const Owned inner = Owned::borrowed(object->inner);
    PyObject* value = nullptr;
    const PySendResult step = PyIter_Send(inner.get(), argument, &value);
    if (step == PYGEN_NEXT) {
        *result = value;
        return step;
    }
    if (step == PYGEN_ERROR) return raised(object, result);
    const Owned kept(value);
    return returned(object, value, result);
}

// A step's result as an iterator gives it.
PyObject* as_iterator(PySendResult step, PyObject* value) noexcept {
    if (step != PYGEN_RETURN) return value;
    Py_XDECREF(value);
    PyErr_SetNone(PyExc_StopIteration);
    return nullptr;
}

PyObject* next_step(PyObject* self) {
    PyObject* value = nullptr;
    const PySendResult step = send_run(self, Py_None, &value);
    return as_iterator(step, value);
}

PyObject* send_method(PyObject* self, PyObject* argument) {
    PyObject* value = nullptr;
    const PySendResult step = send_run(self, argument, &value);
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
    RunObject* const object = as_run(self);
    const Owned alive = Owned::borrowed(self);
    PyObject* value = nullptr;
    if (object->inner == nullptr) {
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
        const PySendResult step = raised(object, &value);
        return as_iterator(step, value);
    }
    const Owned inner = Owned::borrowed(object->inner);
    const Owned method(PyObject_GetAttrString(inner.get(), "throw"));
    value = method ? PyObject_CallObject(method.get(), args) : nullptr;
    if (value != nullptr) return value;
    const Owned ended = take_stop_iteration();
    const PySendResult step = ended ? returned(object, ended.get(), &value) : raised(object, &value);
    return as_iterator(step, value);
}

PyObject* close_method(PyObject* self, PyObject*) {
    RunObject* const object = as_run(self);
    const Owned alive = Owned::borrowed(self);
    const Owned inner = Owned::borrowed(object->inner);
    end_run(object, cancelled(object->run_id));
    return inner ? PyObject_CallMethod(inner.get(), "close", nullptr) : Py_NewRef(Py_None);
}

PyObject* itself(PyObject* self) { return Py_NewRef(self); }
PyObject* itself_method(PyObject* self, PyObject*) { return Py_NewRef(self); }

// ---- attributes ----

// Attributes that tools ask coroutines for: the user's coroutine answers.
PyObject* of_inner(PyObject* self, void* name) {
    RunObject* const object = as_run(self);
    if (object->inner != nullptr) return PyObject_GetAttrString(object->inner, static_cast<const char*>(name));
    PyErr_SetString(PyExc_AttributeError, static_cast<const char*>(name));
    return nullptr;
}

PyObject* of_function(PyObject* self, void* name) {
    RunObject* const object = as_run(self);
    if (object->fn != nullptr) {
        PyObject* const value = PyObject_GetAttrString(object->fn, static_cast<const char*>(name));
        if (value != nullptr) return value;
        PyErr_Clear();
    }
    return Py_NewRef(object->task_id);
}

PyObject* timezone(PyObject* self, void*) { return Py_NewRef(as_run(self)->consumer->engine().zone()); }

char* name_closure(const char* name) { return const_cast<char*>(name); }

PyGetSetDef run_attributes[] = {
    {"timezone", timezone, nullptr, "tzinfo of the scheduler.", nullptr},
    {"cr_frame", of_inner, nullptr, nullptr, name_closure("cr_frame")},
    {"cr_code", of_inner, nullptr, nullptr, name_closure("cr_code")},
    {"cr_await", of_inner, nullptr, nullptr, name_closure("cr_await")},
    {"cr_running", of_inner, nullptr, nullptr, name_closure("cr_running")},
    {"__name__", of_function, nullptr, nullptr, name_closure("__name__")},
    {"__qualname__", of_function, nullptr, nullptr, name_closure("__qualname__")},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyMemberDef run_members[] = {
    {"scheduled_time", T_LONGLONG, offsetof(RunObject, scheduled_time), READONLY,
     "The (latest) scheduled time, microseconds."},
    {"first_time", T_LONGLONG, offsetof(RunObject, first_time), READONLY,
     "The earliest scheduled time folded in, microseconds."},
    {"folded", T_LONGLONG, offsetof(RunObject, folded), READONLY, "How many due times it stands for."},
    {"attempt", T_INT, offsetof(RunObject, attempt), READONLY, "From 1."},
    {"fire_id", T_STRING_INPLACE, offsetof(RunObject, fire_id), READONLY, "32 hexadecimal digits."},
    {"task_id", T_OBJECT_EX, offsetof(RunObject, task_id), READONLY, "The task's id."},
    {"store", T_OBJECT_EX, offsetof(RunObject, store), READONLY, "Alias of the task's store."},
    {"run_id", T_ULONGLONG, offsetof(RunObject, run_id), READONLY, "Names the run in this process."},
    {"function", T_OBJECT, offsetof(RunObject, function), READONLY, "Of a run that was pulled: the function's name."},
    {"fn", T_OBJECT, offsetof(RunObject, fn), READONLY, "The function, until the run has ended."},
    {"args", T_OBJECT, offsetof(RunObject, args), READONLY, "Its positional arguments, or None."},
    {"kwargs", T_OBJECT, offsetof(RunObject, kwargs), READONLY, "Its keyword arguments, or None."},
    {"cancelled", T_BOOL, offsetof(RunObject, cancelled), READONLY, "Whether a run that was pulled should end early."},
    {"kind", T_OBJECT_EX, offsetof(RunObject, kind_text), READONLY, "scheduled, manual, boot or shutdown."},
    {nullptr, 0, 0, 0, nullptr},
};

PyMethodDef run_methods[] = {
    {"finish", finish_method, METH_O, "finish($self, value, /)\n--\n\nA run that was pulled has returned this."},
    {"fail", fail_method, METH_O, "fail($self, error, /)\n--\n\nA run that was pulled has failed."},
    {"send", send_method, METH_O, "send($self, value, /)\n--\n\nOne step, for asyncio."},
    {"throw", throw_method, METH_VARARGS, "Raises an exception in the coroutine, for asyncio."},
    {"close", close_method, METH_NOARGS, "close($self, /)\n--\n\nGives the run up."},
    {"__await__", itself_method, METH_NOARGS, "__await__($self, /)\n--\n\nFor asyncio."},
    {nullptr, nullptr, 0, nullptr},
};

template <class Function>
void* run_slot(Function* function) noexcept {
    return reinterpret_cast<void*>(function);
}

}  // namespace

RunObject* make_run_object(Consumer& consumer, const sched_item& item, RunUse kind, const Callable& callable) noexcept {
    Owned context(kind == RunUse::thread ? PyContext_Copy(consumer.context()) : nullptr);
    if (kind == RunUse::thread && !context) return nullptr;
    RunObject* const object = new_run_object(consumer, item.run);
    if (object == nullptr) return nullptr;
    object->context = context.release();
    object->run_id = item.run_id;
    object->kind = kind;
    object->state = RunStage::waiting;
    object->fn = Py_NewRef(callable.fn);
    object->args = Py_XNewRef(callable.args);
    object->kwargs = Py_XNewRef(callable.kwargs);
    consumer.link(object);
    return object;
}

PyObject* describe_run(Consumer& consumer, const sched_run* run) noexcept {
    RunObject* const object = new_run_object(consumer, run);
    if (object == nullptr) return nullptr;
    object->kind = RunUse::description;
    object->state = RunStage::finished;
    return as_object(object);
}

bool is_end_of_generator() noexcept {
    return PyErr_ExceptionMatches(PyExc_StopIteration) != 0 || PyErr_ExceptionMatches(PyExc_StopAsyncIteration) != 0;
}

bool is_of_shutdown(const RunObject* object) noexcept {
    return PyUnicode_CompareWithASCIIString(object->kind_text, "shutdown") == 0;
}

void end_run(RunObject* object, Outcome outcome) noexcept {
    if (object->state == RunStage::finished) return;
    object->state = RunStage::finished;
    const Owned alive = Owned::borrowed(as_object(object));
    Py_CLEAR(object->task);
    object->consumer->unlink(object);
    object->consumer->finish(std::move(outcome));
}

void give_up_run(RunObject* object, bool usable) noexcept {
    const Owned alive = Owned::borrowed(as_object(object));
    const Owned task = Owned::borrowed(object->task);
    end_run(object, cancelled(object->run_id));
    if (!task) return;
    if (usable) {
        const Owned done(PyObject_CallMethod(task.get(), "cancel", nullptr));
    } else {
        // Its loop is gone: nobody will ever run it, and nobody needs to be warned of that.
        PyObject_SetAttrString(task.get(), "_log_destroy_pending", Py_False);
    }
    if (PyErr_Occurred() != nullptr) PyErr_Clear();
}

void bind_run_object(py::module_& module) {
    static PyType_Slot slots[] = {
        {Py_tp_doc, name_closure("A run on its way through Python.")},
        {Py_tp_dealloc, run_slot(free_run)},
        {Py_tp_traverse, run_slot(traverse_run)},
        {Py_tp_clear, run_slot(clear_run)},
        {Py_tp_call, run_slot(call_run)},
        {Py_tp_iter, run_slot(itself)},
        {Py_tp_iternext, run_slot(next_step)},
        {Py_am_await, run_slot(itself)},
        {Py_am_send, run_slot(send_run)},
        {Py_tp_getset, run_attributes},
        {Py_tp_members, run_members},
        {Py_tp_methods, run_methods},
        {0, nullptr},
    };
    static PyType_Spec spec = {"uvsched._core.RunObject", sizeof(RunObject), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    PyObject* const type = PyType_FromSpec(&spec);
    if (type == nullptr) throw py::error_already_set();
    run_type = reinterpret_cast<PyTypeObject*>(type);
    module.add_object("RunObject", py::reinterpret_borrow<py::object>(type));
}

}  // namespace uvsched::python
