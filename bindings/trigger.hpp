// Trigger: the base of the Python package's triggers: a rule that the engine is asked for its times.
#pragma once

#include "python.hpp"

namespace uvsched::python {

// Adds the type. A subclass has a method _definition() that gives (JSON, zone's name, tzinfo, known): the rule, the
// zone of times that it leaves open, and the tzinfo of its times (see ZoneTimes). It is called when the rule is first
// asked, and again in a forked child.
void bind_trigger(py::module_& module);

}  // namespace uvsched::python
