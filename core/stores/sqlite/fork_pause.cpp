#include "core/stores/sqlite/fork_pause.hpp"

#include <utility>
#include <vector>

#include "core/platform/fork.hpp"

namespace uvsched::sqlite {

struct ForkPause::Registry {
    std::mutex mutex;
    std::vector<ForkPause*> stores;

    void prepare() {
        mutex.lock();
        for (ForkPause* const store : stores) {
            store->mutex_.lock();
            store->let_go_();
        }
    }
    void parent() {
        for (ForkPause* const store : stores) store->mutex_.unlock();
        mutex.unlock();
    }
    // The parent's stores are not touched any more, and the child may make its own.
    void child() {
        stores.clear();
        mutex.unlock();
    }
};

// Never destroyed: stores may outlive static destructors.
ForkPause::Registry& ForkPause::registry() {
    static Registry* const instance = [] {
        auto* const made = new Registry;
        at_fork([] { registry().prepare(); }, [] { registry().parent(); }, [] { registry().child(); });
        return made;
    }();
    return *instance;
}

ForkPause::ForkPause(std::function<void()> let_go) : let_go_(std::move(let_go)) {
    const std::lock_guard lock(registry().mutex);
    registry().stores.push_back(this);
}

ForkPause::~ForkPause() {
    const std::lock_guard lock(registry().mutex);
    std::erase(registry().stores, this);
}

}  // namespace uvsched::sqlite
