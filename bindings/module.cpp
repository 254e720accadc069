// uvsched._core: the C ABI for the Python package.
#include "consumers.hpp"
#include "current_run.hpp"
#include "engine.hpp"
#include "errors.hpp"
#include "fire.hpp"
#include "python.hpp"
#include "records.hpp"
#include "trigger.hpp"
#include "trigger_consumer.hpp"
#include "uvsched.h"

PYBIND11_MODULE(_core, module) {
    using namespace uvsched::python;
    module.doc() = "The engine of uvsched, over its C ABI. Use the package's own modules instead.";
    module.attr("__version__") = sched_version();
    module.attr("CONTROL_QUEUE") = kControlQueue;
    module.attr("TRIGGER_QUEUE") = kTriggerQueue;
    module.attr("TRIGGER_DEADLINE_MS") = UVSCHED_TRIGGER_DEADLINE_MS;
    module.def(
        "set_zone_data", [](const std::string& folder) { check(sched_set_zone_data(nullptr, folder.c_str())); },
        py::arg("fallback"));
    prepare_outcomes();
    bind_engine(module);
    bind_records(module);
    bind_fire(module);
    bind_consumers(module);
    bind_trigger_consumer(module);
    bind_current_run(module);
    bind_trigger(module);
}
