// Dispatcher: the executors, the room that each has, and the runs on their way to them. Guarded by the engine's mutex
// unless a comment says otherwise.
//
// An executor has a place, whose number stands in runs and in tasks. A place never moves, and belongs to its alias for
// good: if its executor is removed, it has no room until another one comes to it (decisions/0069).
//
//   reserve() ──▶ push(): is claimed ──▶ take() ──▶ hand_over() ──┬─▶ submitted to its executor
//                                                                 └─▶ inline: begun and called here ──▶ Runs::called()
//
// begin() is the moment when the turn of a run has come, in whatever executor.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/config/config.hpp"
#include "core/events/notices.hpp"
#include "core/executors/run_queue.hpp"
#include "core/runs/runs.hpp"

namespace uvsched {

class Dispatcher {
public:
    static constexpr std::size_t kMostPlaces = 1'000;

    // `owner` marks callbacks for CallbackScope. Throws what opening a run queue throws.
    Dispatcher(const std::map<std::string, ExecutorConfig>& executors, const void* owner, const Clock& clock,
               Notices& notices);

    // ---- the executors; any thread ----

    // The number of places.
    [[nodiscard]] std::uint16_t count() const noexcept { return count_.load(std::memory_order_acquire); }
    [[nodiscard]] const std::string& alias(std::uint16_t executor) const noexcept { return places_[executor]->alias; }
    [[nodiscard]] std::optional<std::uint16_t> find(const std::string& alias) const noexcept;
    [[nodiscard]] std::uint16_t index(const std::string& alias) const;  // throws Error(not_found)
    [[nodiscard]] std::vector<std::string> aliases() const;

    // ---- the executors; guarded ----

    // The run queue of an executor for other languages; nullptr for a native executor.
    [[nodiscard]] std::shared_ptr<RunQueue> queue(std::uint16_t executor) const noexcept;
    [[nodiscard]] bool is_queue(std::uint16_t executor) const noexcept {
        return places_[executor]->type == ExecutorType::queue;
    }
    // nullptr for inline.
    [[nodiscard]] std::shared_ptr<Executor> executor(std::uint16_t executor) const noexcept {
        return places_[executor]->executor;
    }
    // The same; nullptr too if it was removed and stopped.
    [[nodiscard]] std::shared_ptr<Executor> at_work(std::uint16_t executor) const noexcept;
    // The alias of an executor; nullptr if the scheduler does not have it.
    [[nodiscard]] const std::string* alias_of(const Executor& executor) const noexcept;

    // Gives an alias an executor, which is not started yet. Throws Error(already) if it has one, or if runs of the one
    // before are under way, Error(invalid) if there is no place left, and what opening a run queue throws; nothing has
    // changed then.
    std::uint16_t add(const std::string& alias, const ExecutorConfig& config, const Runs& runs);
    // Takes the executor away from a place. What has begun there goes on; the executor's close() brings the rest back.
    void remove(std::uint16_t executor) noexcept;

    // Removed thread pools whose last run has ended, to be stopped with no lock held: their threads may wait for it.
    [[nodiscard]] bool any_leaving() const noexcept { return leaving_ || !replaced_.empty(); }
    [[nodiscard]] std::vector<std::shared_ptr<Executor>> left(const Runs& runs);
    // Those of them that have lost their place to another executor.
    [[nodiscard]] std::vector<std::shared_ptr<Executor>> take_replaced() noexcept {
        return std::exchange(replaced_, {});
    }

    // The engine, between start() and stop(), for inline runs.
    void connect(RunSink& sink) noexcept { sink_ = &sink; }

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
    void reserve(std::uint16_t executor) noexcept { ++places_[executor]->reserved; }

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

    // The start gate of a gated run that began has answered. Its executor is to be told, with no lock held.
    void answered(RunSlot& slot, bool passes) noexcept;

private:
    struct Place {
        explicit Place(std::string name) : alias(std::move(name)) {}

        const std::string alias;
        std::atomic<bool> there{false};  // it has an executor
        bool leaving = false;            // its executor was removed, and is not stopped yet
        // These change only while no run is under way here: whoever has such a run may read them without a lock.
        ExecutorType type = ExecutorType::inline_;
        std::shared_ptr<Executor> executor;  // nullptr for inline: the loop thread calls the function
        std::shared_ptr<RunQueue> queue;     // once there was one: its handles stay good
        std::size_t reserved = 0;
        std::size_t handed_over = 0;  // of those that are reserved: its room() knows of them. The loop thread's own
        std::size_t gated = 0;        // inline runs that wait for their start gates
    };

    [[nodiscard]] std::uint16_t number_of(const std::string& alias) const noexcept;
    void put(std::uint16_t number, const std::string& alias, const ExecutorConfig& config);
    [[nodiscard]] bool under_way(std::uint16_t executor, const Runs& runs) const;
    void call_inline(std::span<RunSlot* const> batch, Runs& runs);
    [[nodiscard]] bool begin_stored(RunSlot& slot) noexcept;

    const void* const owner_;
    const Clock& clock_;
    Notices& notices_;
    RunSink* sink_ = nullptr;
    const std::unique_ptr<std::unique_ptr<Place>[]> places_;  // kMostPlaces, of which the first count_ are made
    std::atomic<std::uint16_t> count_{0};
    bool leaving_ = false;                             // some place is
    std::vector<std::shared_ptr<Executor>> replaced_;  // before the loop thread had stopped them
    std::vector<std::size_t> rooms_;
    std::vector<bool> unattended_;
    RunLine line_;
    // Only the loop thread uses these.
    std::vector<RunSlot*> batch_;
    std::vector<Run*> submitting_;
};

}  // namespace uvsched
