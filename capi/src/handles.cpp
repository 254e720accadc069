#include "handles.hpp"

#include <algorithm>
#include <utility>

#include "arguments.hpp"

namespace uvsched::capi {

SchedulerObject::SchedulerObject(const Config& config)
    : engine(Scheduler::create(config)), alive(std::make_shared<const Object>()) {
    for (const auto& [alias, store] : config.stores) {
        if (store.durable()) durable.insert(alias);
    }
}

ConsumerObject::ConsumerObject(const QueueObject& of, std::size_t room, Room kind)
    : queue(of.queue), engine(of.engine), id(queue->attach(room, kind)) {}

ConsumerObject::~ConsumerObject() {
    static_cast<void>(guarded("sched_consumer_free", [this] { detach(); }));
}

void ConsumerObject::detach() {
    if (!std::exchange(attached, false)) return;
    const auto kept = engine.lock();  // the queue tells it of the runs that it gives back
    queue->detach(id);
    queue->wake();
}

std::shared_ptr<Scheduler> IteratorObject::scheduler() const {
    std::shared_ptr<Scheduler> found = alive.expired() ? nullptr : engine.lock();
    if (!found) fail(Code::not_running, "the scheduler was freed");
    return found;
}

void refuse_handle(Lookup lookup, const char* argument) {
    const auto refuse = [argument](Code code, const char* why) {
        throw ArgumentError(code, std::string(argument) + ": " + why);
    };
    switch (lookup) {
        case Lookup::null:
            refuse(Code::bad_handle, "NULL");
            break;
        case Lookup::stale:
            refuse(Code::bad_handle, "the handle is stale: it was freed");
            break;
        case Lookup::forked:
            refuse(Code::forked, "the handle was made before fork(), by the parent process; make a new one here");
            break;
        case Lookup::found:
        case Lookup::foreign:
            break;
    }
    throw ArgumentError(Code::bad_handle, std::string(argument) + ": this is not a handle of that kind");
}

std::string known_store(const Scheduler& scheduler, const char* alias) {
    std::string name = name_argument(alias, "store");
    const auto known = scheduler.store_aliases();
    if (std::find(known.begin(), known.end(), name) == known.end()) {
        fail(Code::not_found, "store: there is no store \"" + name + "\"");
    }
    return name;
}

}  // namespace uvsched::capi
