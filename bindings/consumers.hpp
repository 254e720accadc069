// The kinds of consumers: who calls the functions of a queue's runs, and where.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "consumer.hpp"

namespace uvsched::python {

// Calls plain functions in place, on the thread that drains it: an asyncio loop's. No Python object is made for a run.
class InlineConsumer final : public Consumer {
public:
    using Consumer::Consumer;
    // Calls what is waiting, for some milliseconds at most; the descriptor stays readable while there is more. Throws
    // KeyboardInterrupt when one of the functions was left by Ctrl-C.
    void drain();
    [[nodiscard]] std::size_t busy() const noexcept override { return calling_ ? 1 : 0; }

private:
    static constexpr std::size_t kMostItems = 256;
    Outcome run(const sched_item& item) noexcept;

    std::array<sched_item, kMostItems> items_{};
    std::size_t limit_ = 8;  // items a turn: adapted to how long the functions take
    bool calling_ = false;
};

// Starts coroutine functions as tasks of an asyncio loop and sends other functions to its threads.
class LoopConsumer final : public Consumer {
public:
    // `create_task` and `call_soon` are the loop's; `run_in_thread(run)` calls the run in a thread and gives a
    // future.
    LoopConsumer(std::shared_ptr<Engine> engine, const char* alias, std::size_t room, py::object create_task,
                 py::object call_soon, py::object run_in_thread);
    void drain();
    // If the run was left by Ctrl-C, the loop is made to raise KeyboardInterrupt.
    void finish(Outcome outcome) noexcept override;
    // Reports what ended since the last time. The loop calls it once a turn.
    void flush() noexcept override;
    void set_flush(py::object flush) { flush_call_ = std::move(flush); }

protected:
    void cancel(RunObject* object) noexcept override;
    void closed() noexcept override;

private:
    void start(const sched_item& item) noexcept;
    void interrupt_loop() noexcept;

    py::object create_task_, call_soon_, run_in_thread_, flush_call_;
    std::vector<Outcome> ended_;
    bool flush_asked_ = false;
    unsigned long thread_;  // the loop's
};

// One worker thread's own: takes one run at a time, waiting.
class ThreadConsumer final : public Consumer {
public:
    using Consumer::Consumer;
    // The run of an item that was taken, or nullptr, with an error set if it failed.
    RunObject* accept(const sched_item& item) noexcept;
};

// Takes runs that are called elsewhere, and ended by whoever took them: see end_run().
class PullConsumer final : public Consumer {
public:
    using Consumer::Consumer;
    // The run of an item that was taken, or nullptr, with an error set if it failed.
    RunObject* accept(const sched_item& item) noexcept;

protected:
    void cancel(RunObject* object) noexcept override;
};

// Takes events, tokens to retire, and the news that the scheduler has stopped.
class ControlConsumer final : public Consumer {
public:
    using Consumer::Consumer;
    // (events, whether the scheduler has stopped): a turn's worth, or what there is. When it has stopped, all of it.
    py::tuple drain(bool everything);
};

std::shared_ptr<InlineConsumer> attach_inline(const std::shared_ptr<Engine>& engine, const std::string& alias,
                                              std::size_t room);
std::shared_ptr<LoopConsumer> attach_loop(const std::shared_ptr<Engine>& engine, const std::string& alias,
                                          std::size_t room, py::object create_task, py::object call_soon,
                                          py::object run_in_thread);
std::shared_ptr<ThreadConsumer> attach_thread(const std::shared_ptr<Engine>& engine, const std::string& alias);
// `workers`: the room is a number of workers.
std::shared_ptr<PullConsumer> attach_pull(const std::shared_ptr<Engine>& engine, const std::string& alias,
                                          std::size_t room, bool workers);
std::shared_ptr<ControlConsumer> attach_control(const std::shared_ptr<Engine>& engine);

void bind_consumers(py::module_& module);

}  // namespace uvsched::python
