#include "trigger.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <iterator>
#include <vector>

#include "arguments.hpp"
#include "errors.hpp"
#include "uvsched.h"
#include "zone_times.hpp"

namespace uvsched::python {
namespace {

struct Trigger {
    PyObject ob_base;
    sched_trigger* handle;  // none until the rule is asked
    ZoneTimes* zone;
};

Trigger* as_trigger(PyObject* self) noexcept { return reinterpret_cast<Trigger*>(self); }

// ---- the handle ----

void drop(Trigger* self) noexcept {
    sched_trigger_free(std::exchange(self->handle, nullptr));
    if (self->zone != nullptr) std::exchange(self->zone, nullptr)->release();
}

bool make_handle(Trigger* self) noexcept {
    const Owned definition(PyObject_CallMethod(reinterpret_cast<PyObject*>(self), "_definition", nullptr));
    if (!definition) return false;
    if (!PyTuple_Check(definition.get()) || PyTuple_GET_SIZE(definition.get()) != 4) {
        PyErr_SetString(PyExc_TypeError, "_definition: expected a tuple of 4");
        return false;
    }
    const char* json = nullptr;
    const char* name = nullptr;
    if (!read_text(PyTuple_GET_ITEM(definition.get(), 0), "trigger", json) ||
        !read_text(PyTuple_GET_ITEM(definition.get(), 1), "timezone", name)) {
        return false;
    }
    const int known = PyObject_IsTrue(PyTuple_GET_ITEM(definition.get(), 3));
    if (known < 0) return false;
    sched_trigger* handle = nullptr;
    if (const int code = sched_trigger_from_json(&handle, json, name); code != UVSCHED_OK) {
        set_error(code);
        return false;
    }
    ZoneTimes* const zone = ZoneTimes::acquire(PyTuple_GET_ITEM(definition.get(), 2), known != 0, handle);
    if (zone == nullptr || self->handle != nullptr) {  // nullptr no more: another thread was quicker
        sched_trigger_free(handle);
        if (zone != nullptr) zone->release();
        return zone != nullptr;
    }
    drop(self);
    self->handle = handle;
    self->zone = zone;
    return true;
}

bool ready(Trigger* self) noexcept { return self->handle != nullptr || make_handle(self); }

// ---- asking ----

using Ask = int (*)(sched_time*, std::size_t, std::size_t*, const sched_trigger*, std::int64_t);

bool ask(Trigger* self, Ask call, std::int64_t from, sched_time* times, std::size_t capacity,
         std::size_t& count) noexcept {
    int code = call(times, capacity, &count, self->handle, from);
    if (code == UVSCHED_EFORKED) {
        // The rule is a value: a forked child makes its own handle.
        self->handle = nullptr;
        if (!make_handle(self)) return false;
        code = call(times, capacity, &count, self->handle, from);
    }
    if (code == UVSCHED_OK) return true;
    set_error(code);
    return false;
}

PyObject* show_time(Trigger* self, const sched_time& time) noexcept { return self->zone->to_datetime(time.instant); }

// Makes a list of objects that may run Python code in the making: nobody sees it before it is whole.
class ListMaker {
public:
    ListMaker() = default;
    ListMaker(const ListMaker&) = delete;
    ListMaker& operator=(const ListMaker&) = delete;
    ~ListMaker() {
        for (std::size_t i = 0; i < size_; ++i) Py_DECREF(objects_[i]);
    }
    // nullptr: a Python error is set, which makes this false.
    bool add(PyObject* stolen) noexcept {
        if (stolen == nullptr) return false;
        objects_[size_++] = stolen;
        return size_ < objects_.size() || flush();
    }
    // The list, or nullptr with a Python error set.
    PyObject* take() noexcept { return flush() ? list_.release() : nullptr; }

private:
    bool flush() noexcept {
        const auto size = static_cast<Py_ssize_t>(size_);
        Owned part(PyList_New(size));
        if (!part) return false;
        for (Py_ssize_t i = 0; i < size; ++i) PyList_SET_ITEM(part.get(), i, objects_[static_cast<std::size_t>(i)]);
        size_ = 0;
        if (!list_) {
            list_ = std::move(part);
            return true;
        }
        const Py_ssize_t end = PyList_GET_SIZE(list_.get());
        return PyList_SetSlice(list_.get(), end, end, part.get()) == 0;
    }

    std::array<PyObject*, 1024> objects_;
    std::size_t size_ = 0;
    Owned list_;
};

// Up to `limit` times, as a list. One call gives them all, so that what counts from where it is asked has one grid:
// where there may be more than were given room for, it is made again with more room.
template <class Show>
PyObject* list_times(Trigger* self, Ask call, std::int64_t from, std::size_t limit, Show show) noexcept {
    std::array<sched_time, 1024> few;
    std::vector<sched_time> many;
    sched_time* times = few.data();
    std::size_t room = std::min(limit, few.size());
    ListMaker list;
    for (std::size_t done = 0;;) {
        std::size_t count = 0;
        if (!ask(self, call, from, times, room, count)) return nullptr;
        for (; done < count; ++done) {
            if (!list.add(show(self, times[done]))) return nullptr;
        }
        if (count < room || room == limit) return list.take();
        if (PyErr_CheckSignals() < 0) return nullptr;
        room = limit / 8 < room ? limit : room * 8;
        try {
            many.resize(room);
        } catch (const std::exception&) {
            return PyErr_NoMemory();
        }
        times = many.data();
    }
}

std::int64_t present() noexcept {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

bool read_moment(Trigger* self, PyObject* value, const char* argument, std::int64_t& out) noexcept {
    if (value == nullptr || value == Py_None) {
        out = present();
        return true;
    }
    return is_datetime(value, argument) && self->zone->to_instant(value, argument, out);
}

bool read_count(PyObject* value, std::size_t& out) noexcept {
    std::int64_t number = 0;
    if (!read_int64(value, "n", number)) return false;
    if (number < 0) {
        PyErr_Format(PyExc_ValueError, "n: %lld is negative", static_cast<long long>(number));
        return false;
    }
    out = static_cast<std::size_t>(number);
    return true;
}

// ---- methods ----

// Two arguments, by place or by name; nullptr: not given.
bool read_arguments(const char* method, const char* first, PyObject* const* args, Py_ssize_t count, PyObject* names,
                    std::array<PyObject*, 2>& out) noexcept {
    if (count > 2) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most 2 arguments, not %zd", method, count);
        return false;
    }
    std::copy_n(args, count, out.begin());
    const Py_ssize_t named = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
    for (Py_ssize_t i = 0; i < named; ++i) {
        PyObject* const name = PyTuple_GET_ITEM(names, i);
        const bool is_first = PyUnicode_CompareWithASCIIString(name, first) == 0;
        if (!is_first && PyUnicode_CompareWithASCIIString(name, "n") != 0) {
            PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument %R", method, name);
            return false;
        }
        PyObject*& place = out[is_first ? 0 : 1];
        if (place != nullptr) {
            PyErr_Format(PyExc_TypeError, "%s() got two values for %R", method, name);
            return false;
        }
        place = args[count + i];
    }
    return true;
}

PyObject* ask_method(Trigger* self, const char* method, const char* first, Ask call, PyObject* const* args,
                     Py_ssize_t count, PyObject* names) noexcept {
    std::array<PyObject*, 2> given{};
    std::int64_t from = 0;
    if (!read_arguments(method, first, args, count, names, given) || !ready(self) ||
        !read_moment(self, given[0], first, from)) {
        return nullptr;
    }
    std::size_t limit = 1;
    if (given[1] != nullptr && given[1] != Py_None) {
        return read_count(given[1], limit) ? list_times(self, call, from, limit, show_time) : nullptr;
    }
    sched_time time;
    std::size_t found = 0;
    if (!ask(self, call, from, &time, 1, found)) return nullptr;
    if (found == 0) Py_RETURN_NONE;
    return show_time(self, time);
}

PyObject* next(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* names) {
    return ask_method(as_trigger(self), "next", "after", sched_trigger_next, args, count, names);
}

PyObject* previous(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* names) {
    return ask_method(as_trigger(self), "previous", "before", sched_trigger_previous, args, count, names);
}

PyObject* show_reason(Trigger* self, const sched_time& time) noexcept {
    static constexpr const char* kReasons[] = {"match", "gap", "first pass", "second pass"};
    const auto why = static_cast<std::size_t>(time.why);
    const Owned shown(show_time(self, time));
    return shown ? Py_BuildValue("(Os)", shown.get(), why < std::size(kReasons) ? kReasons[why] : "?") : nullptr;
}

PyObject* explain(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* names) {
    Trigger* const self = as_trigger(object);
    std::array<PyObject*, 2> given{};
    std::int64_t from = 0;
    std::size_t limit = 1;
    if (!read_arguments("explain", "after", args, count, names, given) || !ready(self) ||
        !read_moment(self, given[0], "after", from) || (given[1] != nullptr && !read_count(given[1], limit))) {
        return nullptr;
    }
    return list_times(self, sched_trigger_next, from, limit, show_reason);
}

PyObject* prepare(PyObject* self, PyObject*) {
    if (!ready(as_trigger(self))) return nullptr;
    Py_RETURN_NONE;
}

PyObject* canonical(PyObject* object, PyObject*) {
    Trigger* const self = as_trigger(object);
    if (!ready(self)) return nullptr;
    const char* text = sched_trigger_json(self->handle);
    if (text == nullptr) {  // made before a fork
        self->handle = nullptr;
        if (!make_handle(self)) return nullptr;
        text = sched_trigger_json(self->handle);
    }
    return text == nullptr ? set_error(UVSCHED_EHANDLE) : PyUnicode_FromString(text);
}

// ---- the type ----

int traverse_trigger(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    return 0;
}

void deallocate_trigger(PyObject* self) {
    PyTypeObject* const type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    drop(as_trigger(self));
    type->tp_free(self);
    Py_DECREF(type);
}

using FastMethod = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);

PyMethodDef fast(const char* name, FastMethod method, const char* doc) noexcept {
    return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method)), METH_FASTCALL | METH_KEYWORDS,
            doc};
}

PyMethodDef trigger_methods[] = {
    fast("next", next,
         "next($self, /, after=None, n=None)\n--\n\n"
         "The first due time after a moment (None: now), without jitter, or None if there is none. With n, a list of\n"
         "at most n times, in order. A naive moment is read in the trigger's zone, and the results are in that zone;\n"
         "a trigger without a zone uses the machine's."),
    fast("previous", previous,
         "previous($self, /, before=None, n=None)\n--\n\n"
         "The last due time before a moment (None: now), or None if there is none. With n, a list of at most n times,\n"
         "the newest first. Otherwise like next()."),
    fast("explain", explain,
         "explain($self, /, after=None, n=1)\n--\n\n"
         "The next n due times, each with its reason: \"match\", \"gap\" (here ends a gap of local time that\n"
         "contained a match), \"first pass\" or \"second pass\" (of a local time that comes twice)."),
    {"_prepare", prepare, METH_NOARGS, "_prepare($self, /)\n--\n\nReads the rule, and raises its faults."},
    {"_canonical", canonical, METH_NOARGS,
     "_canonical($self, /)\n--\n\nThe rule as the engine's JSON: equal for equal rules."},
    {nullptr, nullptr, 0, nullptr},
};

template <class Function>
void* trigger_slot(Function* function) noexcept {
    return reinterpret_cast<void*>(function);
}

}  // namespace

void bind_trigger(py::module_& module) {
    prepare_zone_times();
    static PyType_Slot slots[] = {
        {Py_tp_doc, const_cast<char*>("A rule whose times the engine computes.")},
        {Py_tp_dealloc, trigger_slot(deallocate_trigger)},
        {Py_tp_traverse, trigger_slot(traverse_trigger)},
        {Py_tp_methods, trigger_methods},
        {0, nullptr},
    };
    static PyType_Spec spec = {"uvsched._core.Trigger", sizeof(Trigger), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
    PyObject* const type = PyType_FromSpec(&spec);
    if (type == nullptr) throw py::error_already_set();
    module.add_object("Trigger", py::reinterpret_steal<py::object>(type));
}

}  // namespace uvsched::python
