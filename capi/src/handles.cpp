#include "handles.hpp"

#include <utility>

namespace uvsched::capi {

SchedulerObject::SchedulerObject(const Config& config)
    : engine(Scheduler::create(config)), lease(std::make_shared<const Object>()) {
    for (const auto& [alias, store] : config.stores) {
        if (store.type != StoreType::memory) durable.insert(alias);
    }
}

ConsumerObject::ConsumerObject(const QueueObject& of, std::size_t room)
    : queue(of.queue), engine(of.engine), id(queue->attach(room)) {}

ConsumerObject::~ConsumerObject() {
    static_cast<void>(guarded("sched_queue_detach", [this] { detach(); }));
}

void ConsumerObject::detach() {
    if (!std::exchange(attached, false)) return;
    const auto alive = engine.lock();  // the queue tells it of the runs that it gives back
    queue->detach(id);
    queue->wake();
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
            refuse(Code::forked, "the handle was made before fork(), by the parent process; make another here");
            break;
        case Lookup::found:
        case Lookup::foreign:
            break;
    }
    throw ArgumentError(Code::bad_handle, std::string(argument) + ": this is no handle of that kind");
}

}  // namespace uvsched::capi
