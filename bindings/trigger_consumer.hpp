// TriggerConsumer: what custom triggers are asked, on its way to the Python thread that asks them.
#pragma once

#include "consumer.hpp"

namespace uvsched::python {

// Takes one ask at a time, waiting, and answers it.
class TriggerConsumer final : public Consumer {
public:
    using Consumer::Consumer;
    void answer(const sched_answer& answer) const { check_answer(sched_queue_answer(queue(), &answer, 1)); }

private:
    static void check_answer(int code);
};

std::shared_ptr<TriggerConsumer> attach_triggers(const std::shared_ptr<Engine>& engine);

void bind_trigger_consumer(py::module_& module);

}  // namespace uvsched::python
