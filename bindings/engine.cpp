#include "engine.hpp"

#include <pybind11/stl.h>

#include <algorithm>

#include "configuration.hpp"
#include "consumers.hpp"
#include "current_run.hpp"
#include "engine_calls.hpp"
#include "errors.hpp"
#include "trigger_consumer.hpp"

namespace uvsched::python {
namespace {

// How many outcomes wait for their events before all of them are forgotten: their events were dropped.
constexpr py::ssize_t kMaxOutcomes = 32'768;

// The table of objects may lead back to the scheduler that owns this engine.
int traverse_engine(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    if (!py::detail::is_holder_constructed(self)) return 0;
    return py::cast<Engine*>(py::handle(self))->traverse(visit, arg);
}

int clear_engine(PyObject* self) {
    if (py::detail::is_holder_constructed(self)) py::cast<Engine*>(py::handle(self))->clear();
    return 0;
}

void collectable(PyHeapTypeObject* type) {
    type->ht_type.tp_flags |= Py_TPFLAGS_HAVE_GC;
    type->ht_type.tp_traverse = traverse_engine;
    type->ht_type.tp_clear = clear_engine;
}

}  // namespace

Engine::Engine(const std::string& json, std::optional<std::int64_t> manual_clock, py::object zone,
               std::vector<std::string> durable, bool own_threads, bool visits)
    : zone_(std::move(zone)), durable_(std::move(durable)), own_threads_(own_threads) {
    ConfigHandle config;
    check(sched_config_from_json(&config.raw, json.c_str()));
    if (manual_clock) check(sched_config_set_manual_clock(config.raw, *manual_clock));
    if (!own_threads) check(sched_config_set_driver(config.raw, UVSCHED_DRIVER_CALLER));
    if (visits) check(sched_config_set_role(config.raw, UVSCHED_ROLE_VISITOR));
    check(sched_new(&handle_, config.raw));
    const int code = sched_get_queue(&control_, handle_, kControlQueue);
    if (code != UVSCHED_OK) {
        set_error(code);
        sched_free(handle_);
        throw py::error_already_set();
    }
}

Engine::~Engine() {
    sched_queue_free(control_);
    sched_free(handle_);
}

bool Engine::waits(const char* store) const noexcept {
    if (store == nullptr) return !durable_.empty();
    return std::any_of(durable_.begin(), durable_.end(), [=](const std::string& alias) { return alias == store; });
}

std::int64_t Engine::wait_limit_ms() const noexcept {
    return limit_ms_ >= 0 && PyThread_get_thread_ident() == limited_thread_ ? limit_ms_ : -1;
}

void Engine::limit_waits(std::int64_t limit_ms) {
    limited_thread_ = PyThread_get_thread_ident();
    limit_ms_ = limit_ms;
}

void Engine::stop(bool cancel) {
    const int code = sched_stop(handle_, cancel ? UVSCHED_STOP_CANCEL : UVSCHED_STOP_WAIT);
    if (code != UVSCHED_ENOTRUNNING) check(code);
}

int Engine::state() const {
    sched_state state = UVSCHED_STATE_STOPPED;
    check(sched_get_state(&state, handle_));
    return state;
}

void Engine::pause() { check(sched_pause(handle_)); }

void Engine::resume() { check(sched_resume(handle_)); }

void Engine::advance(std::int64_t micros) { check(sched_clock_advance(handle_, micros)); }

std::int64_t Engine::now() const {
    std::int64_t now = 0;
    check(sched_clock_now(&now, handle_));
    return now;
}

py::dict Engine::stats() const {
    sched_stats stats = UVSCHED_STATS_INIT;
    check(sched_get_stats(&stats, handle_));
    py::dict out;
    out["fires"] = stats.fires;
    out["finished"] = stats.finished;
    out["missed"] = stats.missed;
    out["wakeups"] = stats.wakeups;
    out["in_flight"] = stats.in_flight;
    out["events_dropped"] = stats.events_dropped;
    out["shutdown_to_come"] = stats.shutdown_to_come;
    out["shutdown_left"] = stats.shutdown_left;
    return out;
}

int Engine::poll_descriptor() const {
    int descriptor = -1;
    check(sched_poll_fd(&descriptor, handle_));
    return descriptor;
}

int Engine::poll_timeout() const {
    int timeout_ms = -1;
    check(sched_poll_timeout(&timeout_ms, handle_));
    return timeout_ms;
}

void Engine::subscribe(std::uint64_t mask) { check(sched_queue_subscribe(control_, mask)); }

void Engine::register_function(const std::string& name, const py::object& fn) {
    const std::uint64_t token = objects_.add(fn.ptr(), nullptr, nullptr, true);
    if (token == 0) throw py::error_already_set();
    const int code = sched_register_token(handle_, name.c_str(), token, control_);
    if (code == UVSCHED_OK) return;
    objects_.release(token);
    check(code);
}

void Engine::register_trigger(const std::string& name) {
    sched_queue* queue = nullptr;
    check(sched_get_queue(&queue, handle_, kTriggerQueue));
    const int code = sched_register_trigger_token(handle_, name.c_str(), 0, queue);
    sched_queue_free(queue);
    check(code);
}

void Engine::add_queue(const std::string& alias) { check(sched_add_executor(handle_, alias.c_str(), "queue")); }

void Engine::remove_queue(const std::string& alias) { check(sched_remove_executor(handle_, alias.c_str())); }

void Engine::add_store(const std::string& alias, const std::string& json, bool durable) {
    if (durable) durable_.push_back(alias);  // calls on it wait without the GIL from the first one on
    const int code = without_gil([&] { return sched_add_store(handle_, alias.c_str(), json.c_str()); });
    if (code != UVSCHED_OK && durable) durable_.erase(std::find(durable_.rbegin(), durable_.rend(), alias).base() - 1);
    check(code);
}

void Engine::remove_store(const std::string& alias) {
    check(without_gil([&] { return sched_remove_store(handle_, alias.c_str()); }));
    std::erase(durable_, alias);
}

void Engine::keep_outcomes(bool values, bool errors) {
    keep_values_ = values;
    keep_errors_ = errors;
    if (!values && !errors) outcomes_.clear();
}

void Engine::put_outcome(const char* fire_id, bool succeeded, PyObject* value) noexcept {
    if (PyDict_Size(outcomes_.ptr()) >= kMaxOutcomes) PyDict_Clear(outcomes_.ptr());
    const Owned outcome(Py_BuildValue("(OO)", succeeded ? Py_True : Py_False, value));
    if (!outcome || PyDict_SetItemString(outcomes_.ptr(), fire_id, outcome.get()) < 0) PyErr_Clear();
}

py::object Engine::take_outcome(const py::str& fire_id) {
    py::object outcome = outcomes_.attr("pop")(fire_id, py::none());
    return outcome;
}

int Engine::traverse(visitproc visit, void* arg) const {
    Py_VISIT(zone_.ptr());
    Py_VISIT(outcomes_.ptr());
    return objects_.traverse(visit, arg);
}

void Engine::clear() noexcept {
    objects_.clear();
    PyDict_Clear(outcomes_.ptr());
}

void bind_engine(py::module_& module) {
    py::class_<Engine, std::shared_ptr<Engine>> type(module, "Engine", py::custom_type_setup(collectable));
    type.def(py::init<const std::string&, std::optional<std::int64_t>, py::object, std::vector<std::string>, bool,
                      bool>(),
             py::arg("json"), py::arg("manual_clock"), py::arg("zone"), py::arg("durable"), py::arg("own_threads"),
             py::arg("visits"))
        .def("stop", &Engine::stop, py::arg("cancel"))
        .def("state", &Engine::state)
        .def("pause", &Engine::pause)
        .def("resume", &Engine::resume)
        .def("advance", &Engine::advance, py::arg("micros"))
        .def("now", &Engine::now)
        .def("stats", &Engine::stats)
        .def("limit_waits", &Engine::limit_waits, py::arg("limit_ms"))
        .def("poll_fd", &Engine::poll_descriptor)
        .def("poll_timeout", &Engine::poll_timeout)
        .def("subscribe", &Engine::subscribe, py::arg("mask"))
        .def("register", &Engine::register_function, py::arg("name"), py::arg("fn"))
        .def("register_trigger", &Engine::register_trigger, py::arg("name"))
        .def("add_queue", &Engine::add_queue, py::arg("alias"))
        .def("remove_queue", &Engine::remove_queue, py::arg("alias"))
        .def("add_store", &Engine::add_store, py::arg("alias"), py::arg("json"), py::arg("durable"))
        .def("remove_store", &Engine::remove_store, py::arg("alias"))
        .def("keep_outcomes", &Engine::keep_outcomes, py::arg("values"), py::arg("errors"))
        .def("take_outcome", &Engine::take_outcome, py::arg("fire_id"))
        .def("inside_run", [](const Engine& engine) { return inside_run_of(engine); })
        .def("attach_control", &attach_control)
        .def("attach_triggers", &attach_triggers)
        .def("attach_inline", &attach_inline, py::arg("alias"), py::arg("room"))
        .def("attach_loop", &attach_loop, py::arg("alias"), py::arg("room"), py::arg("create_task"),
             py::arg("call_soon"), py::arg("run_in_thread"))
        .def("attach_thread", &attach_thread, py::arg("alias"))
        .def("attach_pull", &attach_pull, py::arg("alias"), py::arg("room"), py::arg("workers"));
    add_engine_calls(type);
}

}  // namespace uvsched::python
