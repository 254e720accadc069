// ForkGuard: makes fork() safe while schedulers run. The child never fires, and may make schedulers of its own.
#pragma once

namespace uvsched {

class Engine;

// Process-wide. A running engine is known to the guard from start() to its end.
class ForkGuard {
public:
    static void add(Engine* engine);
    static void remove(Engine* engine);
};

}  // namespace uvsched
