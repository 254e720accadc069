#include "configuration.hpp"

#include <string>

#include "errors.hpp"

namespace uvsched::python {
namespace {

// The configuration that a JSON document holds, checked and with every option of its stores and executors.
std::string read_configuration(const std::string& json) {
    ConfigHandle config;
    check(sched_config_from_json(&config.raw, json.c_str()));
    const char* const text = sched_config_json(config.raw);
    if (text != nullptr) return text;
    set_error(UVSCHED_ENOMEM);
    throw py::error_already_set();
}

// A configuration dictionary in its nested spelling, whatever its values are.
std::string nest_configuration(const std::string& json) {
    ConfigHandle config;
    check(sched_config_new(&config.raw));
    const char* text = nullptr;
    check(sched_config_nest_json(&text, config.raw, json.c_str()));
    return text;
}

// Makes a store of a configuration document, or brings it up to date, or says with what that would be done: JSON.
std::string migrate_store(const std::string& json, const std::string& alias, bool show) {
    ConfigHandle config;
    check(sched_config_from_json(&config.raw, json.c_str()));
    const char* text = nullptr;
    int code = UVSCHED_OK;
    {
        const py::gil_scoped_release unlocked;
        code =
            sched_config_migrate_store(&text, config.raw, alias.c_str(), show ? UVSCHED_MIGRATE_SHOW : UVSCHED_MIGRATE);
    }
    check(code);
    return text;
}

}  // namespace

void bind_configuration(py::module_& module) {
    module.def("read_configuration", read_configuration, py::arg("json"));
    module.def("nest_configuration", nest_configuration, py::arg("json"));
    module.def("migrate_store", migrate_store, py::arg("json"), py::arg("alias"), py::arg("show"));
}

}  // namespace uvsched::python
