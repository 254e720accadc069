// Dispatcher: the executors, the room that each has, and the runs on their way to them. Guarded by the engine's mutex
// unless a comment says otherwise; the set of executors never changes.
//
//   reserve() ──▶ push(): is claimed ──▶ take() ──▶ hand_over() ──┬─▶ submitted to its executor
//                                                                 └─▶ inline: begun and called here ──▶ Runs::called()
//
// begin() is the moment when the turn of a run has come, in whatever executor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/config/config.hpp"
#include "core/events/notices.hpp"
#include "core/executors/run_queue.hpp"
#include "core/runs/runs.hpp"

namespace uvsched {

class Dispatcher {
public:
    // `owner` marks callbacks for CallbackScope. Throws what opening a run queue throws.
    Dispatcher(const std::map<std::string, ExecutorConfig>& executors, const void* owner, const Clock& clock,
               Notices& notices);

    // ---- the executors; any thread ----

    [[nodiscard]] std::uint16_t count() const noexcept { return static_cast<std::uint16_t>(places_.size()); }
    [[nodiscard]] const std::string& alias(std::uint16_t executor) const noexcept { return places_[executor].alias; }
    [[nodiscard]] std::optional<std::uint16_t> find(const std::string& alias) const noexcept;
    [[nodiscard]] std::uint16_t index(const std::string& alias) const;  // throws Error(not_found)
    // The run queue of an executor for other languages; nullptr for a native executor.
    [[nodiscard]] const std::shared_ptr<RunQueue>& queue(std::uint16_t executor) const noexcept {
        return places_[executor].queue;
    }
    [[nodiscard]] std::vector<std::string> aliases() const;
    // The alias of an executor; nullptr if the scheduler does not have it.
    [[nodiscard]] const std::string* alias_of(const Executor& executor) const noexcept;

    // Called with no lock held; see Executor.
    void start(RunSink& sink);
    void close();
    void stop();
    void nudge();  // executors that lacked threads try again
    void cancel(std::span<const std::uint64_t> runs, std::uint16_t executor);

    // ---- room ----

    // Room by executor, as last measured. A home that claims counts it down. There is none while runs are on their way
    // to the executor, or wait in it.
    void measure();
    // An executor that had no room has some; the next measure() says how much.
    void expect_room() noexcept;
    [[nodiscard]] std::span<std::size_t> rooms() noexcept { return rooms_; }
    [[nodiscard]] std::span<const std::size_t> rooms() const noexcept { return rooms_; }

    // By executor: whether no consumer is there to take its runs.
    [[nodiscard]] const std::vector<bool>& unattended();

    // A run is on its way, of which the executor does not know yet.
    void reserve(std::uint16_t executor) noexcept { ++places_[executor].reserved; }

    // ---- on their way ----

    // The run may begin when its turn comes.
    void push(RunSlot& slot) noexcept { line_.push(slot); }
    [[nodiscard]] bool empty() const noexcept { return line_.empty(); }

    // The loop thread takes the runs that were pushed; true if there is something for hand_over(). Throws bad_alloc; no
    // run was taken then.
    [[nodiscard]] bool take();

    // Nobody comes to the runs that were pushed or taken: they come back unstarted.
    void give_back(Runs& runs) noexcept;

    // On the loop thread, with no lock held: hands the runs of take() to the executors, and calls inline runs, which
    // `runs` is told. If it throws, the next call hands over the rest.
    void hand_over(Runs& runs);

    // ---- their turn ----

    enum class Turn : std::uint8_t {
        call,
        wait,     // for its start gate
        late,     // it is missed
        dropped,  // its fire has ended already
    };
    // The turn of a run has come. An inline run of a memory store needs no lock.
    [[nodiscard]] Turn begin(RunSlot& slot, Instant now) noexcept;

    // The start gate of a gated run that began has answered.
    void answered(RunSlot& slot, bool passes) noexcept;
    // The same for its executor; called with no lock held.
    void admit(std::uint16_t executor, std::uint64_t run, bool passes) noexcept;

private:
    struct Place {
        std::string alias;
        ExecutorType type = ExecutorType::inline_;
        std::shared_ptr<Executor> executor;  // nullptr for inline: the loop thread calls the function
        std::shared_ptr<RunQueue> queue;     // the executor, if it is a queue
        std::size_t reserved = 0;
        std::size_t handed_over = 0;  // of those that are reserved: its room() knows of them. The loop thread's own
        std::size_t gated = 0;        // inline runs that wait for their start gates
    };

    void call_inline(std::span<RunSlot* const> batch, Runs& runs);
    [[nodiscard]] bool begin_stored(RunSlot& slot) noexcept;

    const void* const owner_;
    const Clock& clock_;
    Notices& notices_;
    RunSink* sink_ = nullptr;  // between start() and stop()
    std::vector<Place> places_;
    std::vector<std::size_t> rooms_;
    std::vector<bool> unattended_;
    RunLine line_;
    // Only the loop thread uses these.
    std::vector<RunSlot*> batch_;
    std::vector<Run*> submitting_;
};

}  // namespace uvsched
