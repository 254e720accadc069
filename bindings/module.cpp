// uvsched._core: the C ABI for the Python package.
#include "configuration.hpp"
#include "consumers.hpp"
#include "current_run.hpp"
#include "engine.hpp"
#include "errors.hpp"
#include "python.hpp"
#include "records.hpp"
#include "run_object.hpp"
#include "trigger.hpp"
#include "trigger_consumer.hpp"
#include "uvsched.h"

namespace {

constexpr const char* kOnlyMain = "uvsched works only in the main interpreter, not in subinterpreters";

bool in_subinterpreter() noexcept { return PyInterpreterState_Get() != PyInterpreterState_Main(); }

// Why this interpreter cannot have the extension; nullptr if it can.
const char* obstacle() noexcept {
#ifdef Py_GIL_DISABLED
    return "uvsched does not work in free-threaded Python: its extension relies on the GIL; use the usual build of "
           "this version (docs/installing.md says more)";
#else
    return in_subinterpreter() ? kOnlyMain : nullptr;
#endif
}

}  // namespace

PYBIND11_MODULE(_core_of_main, module, pybind11::multiple_interpreters::not_supported()) {
    using namespace uvsched::python;
    if (in_subinterpreter()) throw py::import_error(kOnlyMain);
    module.doc() = "The engine of uvsched, over its C ABI. Use the package's own modules instead.";
    module.attr("__version__") = sched_version();
    module.def("version_details", &sched_version_details);
    module.attr("CONTROL_QUEUE") = kControlQueue;
    module.attr("ADD_UNCHANGED") = static_cast<int>(UVSCHED_ADD_UNCHANGED);
    module.attr("ADD_REPLACED") = static_cast<int>(UVSCHED_ADD_REPLACED);
    module.attr("ADD_PENDING") = static_cast<int>(UVSCHED_ADD_PENDING);
    module.attr("TRIGGER_QUEUE") = kTriggerQueue;
    module.attr("TRIGGER_DEADLINE_MS") = UVSCHED_TRIGGER_DEADLINE_MS;
    module.def(
        "set_zone_data", [](const std::string& folder) { check(sched_set_zone_data(nullptr, folder.c_str())); },
        py::arg("fallback"));
    module.def("local_timezone", [] {
        char name[UVSCHED_ZONE_NAME_SIZE];
        check(sched_local_timezone(name));
        return std::string(name);
    });
    bind_configuration(module);
    prepare_outcomes();
    bind_engine(module);
    bind_records(module);
    bind_run_object(module);
    bind_consumers(module);
    bind_trigger_consumer(module);
    bind_current_run(module);
    bind_trigger(module);
}

// Python calls this. pybind11's own entry waits for ever for the main interpreter's lock if CPython 3.11 or older runs
// it in another interpreter. Newer ones run it in the main interpreter, and then the body above in the one that asked.
extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
    const char* const why = obstacle();
    if (why == nullptr) return PyInit__core_of_main();
    PyErr_SetString(PyExc_ImportError, why);
    return nullptr;
}
