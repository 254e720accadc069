// The engine's methods that may wait: for a commit, for a stop, for a store. They let go of the GIL.
#pragma once

#include "python.hpp"

namespace uvsched::python {

// Adds start, wait, wait_idle, and those on tasks and history, to the bound class Engine.
void add_engine_calls(py::handle type);

}  // namespace uvsched::python
