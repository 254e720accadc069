// Configuration dictionaries, read by the engine's one parser.
#pragma once

#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

// Owns a sched_config.
struct ConfigHandle {
    ConfigHandle() = default;
    ConfigHandle(const ConfigHandle&) = delete;
    ConfigHandle& operator=(const ConfigHandle&) = delete;
    ~ConfigHandle() { sched_config_free(raw); }
    sched_config* raw = nullptr;
};

void bind_configuration(py::module_& module);

}  // namespace uvsched::python
