#include "core/executors/invoke.hpp"

#include <exception>

namespace uvsched {

FireState invoke(Run& run) noexcept {
    if (run.function == nullptr) {
        run.error = "function \"" + run.task->function + "\" is not registered";
        return FireState::failed;
    }
    try {
        const int status = run.function(&run, run.user_data);
        if (status == 0) return FireState::done;
        if (run.error.empty()) run.error = run.task->function + " returned " + std::to_string(status);
    } catch (const std::exception& e) {
        run.error = run.task->function + " threw: " + e.what();
    } catch (...) {
        run.error = run.task->function + " threw something that is not a std::exception";
    }
    return run.cancelled.load(std::memory_order_relaxed) ? FireState::cancelled : FireState::failed;
}

}  // namespace uvsched
