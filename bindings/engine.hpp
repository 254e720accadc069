// Engine: a scheduler's handle, and the Python objects that its tasks need.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "object_table.hpp"
#include "python.hpp"
#include "uvsched.h"

namespace uvsched::python {

// The queue on which the engine reports events and gives tokens back; the name is known to the Python package too.
inline constexpr const char* kControlQueue = "uvsched.control";

// The queue on which custom triggers are asked.
inline constexpr const char* kTriggerQueue = "uvsched.triggers";

// Guarded by the GIL, except for what calls of the C ABI guard themselves.
class Engine {
public:
    // Makes the handle from a configuration document. `manual_clock`: where a clock stands still; `zone`: a tzinfo that
    // runs carry to current_run(); `durable`: the aliases of the stores whose calls wait for a commit; `own_threads`:
    // false if the program polls it, and nothing may start a thread for it; `visits`: UVSCHED_ROLE_VISITOR.
    Engine(const std::string& json, std::optional<std::int64_t> manual_clock, py::object zone,
           std::vector<std::string> durable, bool own_threads, bool visits);
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;
    ~Engine();

    [[nodiscard]] sched_scheduler* handle() const noexcept { return handle_; }
    [[nodiscard]] sched_queue* control() const noexcept { return control_; }
    [[nodiscard]] PyObject* zone() const noexcept { return zone_.ptr(); }
    [[nodiscard]] ObjectTable& objects() noexcept { return objects_; }
    // Whether calls on this store (nullptr: on all stores) may wait for a commit.
    [[nodiscard]] bool waits(const char* store) const noexcept;
    [[nodiscard]] bool own_threads() const noexcept { return own_threads_; }
    // How long calls on this thread may wait; -1: without end.
    [[nodiscard]] std::int64_t wait_limit_ms() const noexcept;
    // Calls on this thread wait no longer than that from now on.
    void limit_waits(std::int64_t limit_ms);

    // ---- calls that never wait ----
    void stop(bool cancel);
    [[nodiscard]] int state() const;
    void pause();
    void resume();
    void advance(std::int64_t micros);
    [[nodiscard]] std::int64_t now() const;
    [[nodiscard]] py::dict stats() const;
    void subscribe(std::uint64_t mask);
    // Makes `name` callable by stored tasks.
    void register_function(const std::string& name, const py::object& fn);
    // Lets tasks have custom triggers of this name, which a TriggerConsumer is then asked about.
    void register_trigger(const std::string& name);

    // A run queue of this alias comes, or goes.
    void add_queue(const std::string& alias);
    void remove_queue(const std::string& alias);
    // A store comes, or goes: these wait, without the GIL. `json`: its options; `durable` as above.
    void add_store(const std::string& alias, const std::string& json, bool durable);
    void remove_store(const std::string& alias);

    // ---- if the program polls it: when Engine.poll() has work ----
    [[nodiscard]] int poll_descriptor() const;
    // Milliseconds; -1: until the descriptor is readable.
    [[nodiscard]] int poll_timeout() const;

    // ---- what runs returned or raised, for events ----
    void keep_outcomes(bool values, bool errors);
    [[nodiscard]] bool keeps_values() const noexcept { return keep_values_; }
    [[nodiscard]] bool keeps_errors() const noexcept { return keep_errors_; }
    // Remembers it until take_outcome() or until too many wait. Clears errors of its own.
    void put_outcome(const char* fire_id, bool succeeded, PyObject* value) noexcept;
    // (succeeded, value), or None.
    py::object take_outcome(const py::str& fire_id);

    int traverse(visitproc visit, void* arg) const;
    void clear() noexcept;

private:
    sched_scheduler* handle_ = nullptr;
    sched_queue* control_ = nullptr;
    py::object zone_;
    std::vector<std::string> durable_;
    bool own_threads_;
    unsigned long limited_thread_ = 0;  // of an event loop
    std::int64_t limit_ms_ = -1;
    ObjectTable objects_;
    py::dict outcomes_;
    bool keep_values_ = false;
    bool keep_errors_ = false;
};

void bind_engine(py::module_& module);

}  // namespace uvsched::python
