#include "core/executors/invoke.hpp"

#include <exception>
#include <new>

#include "core/platform/fork.hpp"

namespace uvsched {
namespace {

FireState call(Run& run) {
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

}  // namespace

FireState invoke(Run& run) noexcept {
    const ReturnsOnce once;
    try {
        return call(run);
    } catch (const std::bad_alloc&) {
        return FireState::failed;  // there is no memory for the reason
    }
}

}  // namespace uvsched
