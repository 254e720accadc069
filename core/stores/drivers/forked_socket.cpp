#include "core/stores/drivers/forked_socket.hpp"

#include <vector>

#include "core/platform/descriptors.hpp"
#include "core/platform/fork.hpp"

namespace uvsched {

struct ForkedSocket::Registry {
    std::mutex mutex;
    std::vector<ForkedSocket*> sockets;

    void child() noexcept {
        for (ForkedSocket* const socket : sockets) {
            close_descriptor(socket->descriptor_);
            socket->descriptor_ = -1;
            socket->closed_here_ = true;
        }
        mutex.unlock();
    }
};

// Never destroyed: stores may outlive static destructors.
ForkedSocket::Registry& ForkedSocket::registry() {
    static Registry* const instance = [] {
        auto* const made = new Registry;
        at_fork([] { registry().mutex.lock(); }, [] { registry().mutex.unlock(); }, [] { registry().child(); });
        return made;
    }();
    return *instance;
}

ForkedSocket::ForkedSocket() {
    const std::lock_guard lock(registry().mutex);
    registry().sockets.push_back(this);
}

ForkedSocket::~ForkedSocket() {
    const std::lock_guard lock(registry().mutex);
    std::erase(registry().sockets, this);
}

void ForkedSocket::change(const std::function<int()>& what) {
    const std::lock_guard lock(registry().mutex);
    descriptor_ = what();
}

bool ForkedSocket::is_ours() const noexcept {
    const std::lock_guard lock(registry().mutex);
    return !closed_here_;
}

}  // namespace uvsched
