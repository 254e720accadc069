#include "core/engine/fork_guard.hpp"

#include <algorithm>
#include <mutex>
#include <vector>

#include "core/engine/engine.hpp"
#include "core/platform/fork.hpp"

namespace uvsched {
namespace {

struct Registry {
    std::mutex mutex;
    std::vector<Engine*> engines;
};

// Never destroyed: engines may run until the process ends.
Registry& registry() {
    static Registry* const instance = [] {
        auto* made = new Registry;
        at_fork(
            [] {
                registry().mutex.lock();
                for (Engine* engine : registry().engines) engine->fork_prepare();
            },
            [] {
                for (Engine* engine : registry().engines) engine->fork_parent();
                registry().mutex.unlock();
            },
            [] {
                for (Engine* engine : registry().engines) engine->fork_child();
                registry().engines.clear();
                registry().mutex.unlock();
            });
        return made;
    }();
    return *instance;
}

}  // namespace

void ForkGuard::add(Engine* engine) {
    Registry& known = registry();
    const std::lock_guard lock(known.mutex);
    known.engines.push_back(engine);
}

void ForkGuard::remove(Engine* engine) {
    Registry& known = registry();
    const std::lock_guard lock(known.mutex);
    std::erase(known.engines, engine);
}

}  // namespace uvsched
