// AskTable: the tasks whose custom trigger is being asked, from the question to its answer. Guarded by the engine's
// mutex.
//
//   wanted ──▶ waiting (name not registered) ──▶ put ──▶ called or taken: a deadline runs ──▶ answered, given up
//                                                                      │
//                                     obsolete (its task changed or ended): only the thread that it holds still counts
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/executors/trigger_ask.hpp"
#include "core/model/task.hpp"
#include "core/plan/planner.hpp"
#include "core/stores/memory/memory_store.hpp"

namespace uvsched {

// How long a trigger's function has for one answer.
inline constexpr Micros kTriggerDeadline = 5 * kSecond;

class AskHome;

struct Ask {
    std::uint64_t id = 0;
    AskHome* home = nullptr;  // where the task lives
    MemoryIndex index = 0;    // memory store
    std::shared_ptr<const Definition> definition;
    TaskState state;                                    // as it was when the question came up
    std::shared_ptr<const TriggerFunction> function{};  // nullptr: the name is not registered
    std::optional<Instant> until{};  // all times up to here are wanted, and the next: they piled up after next_slot
    std::vector<Instant> times{};    // the answers so far
    bool cut = false;                // more times piled up than are counted
    Instant now = 0;                 // the present for the function
    bool put = false;                // the question is on its way to the function
    std::optional<Micros> begun{};   // on the elapsed line: when the call began
    bool obsolete = false;
    bool reported = false;  // its home tells if the name is not registered

    [[nodiscard]] const class CustomTrigger& trigger() const;
    // The next answer must be later than this; nullopt: the first time is asked for.
    [[nodiscard]] std::optional<Instant> previous() const;
    // The first time must not be earlier than this.
    [[nodiscard]] Instant from() const;

    // ---- answered ----

    // The times after the slot, as a trigger to plan with. `ended`: there are no further times.
    [[nodiscard]] TriggerPtr known_times(bool ended) const;
    // The task's next time.
    [[nodiscard]] std::optional<Instant> first_answer(bool ended) const;
    // The miss if there is no answer: the slot, if times may have piled up after it, else no due time.
    [[nodiscard]] PlannedMiss lost(Instant wall) const;
};

class AskTable {
public:
    [[nodiscard]] Ask* find(std::uint64_t id) noexcept;

    // Adds a question about a task's state; nullptr if the question is there already. A question about an earlier state
    // of the task becomes obsolete. Asks that no longer need their function go to `let_go`. Throws bad_alloc, and has
    // changed nothing then.
    Ask* add(Ask ask, std::vector<Ask>& let_go);

    // Goes on with an ask that was taken out: its next question has a number of its own. Throws bad_alloc.
    Ask& renew(Ask ask);

    // Precondition: the ask is there.
    Ask take(std::uint64_t id);
    std::vector<Ask> take_all();

    // Asks for a name that was not registered.
    [[nodiscard]] std::vector<Ask*> waiting_for(const std::string& name);

    // Native calls are made one at a time, in order. next_call(): the call to make now, if none is under way.
    void enqueue(std::uint64_t id) { native_.push_back(id); }
    [[nodiscard]] Ask* next_call() noexcept;
    [[nodiscard]] std::uint64_t calling() const noexcept { return calling_; }  // 0: none

    // The call that next_call() gave is made.
    void set_calling(Ask& ask, Micros elapsed) noexcept;

    // The deadline runs from now on.
    void begin(Ask& ask, Micros elapsed) noexcept;

    // Asks whose deadline is over.
    [[nodiscard]] std::vector<std::uint64_t> overdue(Micros elapsed);
    [[nodiscard]] std::optional<Micros> first_deadline() const;

    template <class Visit>
    void each(Visit&& visit) const {
        for (const auto& [id, ask] : asks_) visit(ask);
    }
    template <class Visit>
    void each(Visit&& visit) {
        for (auto& [id, ask] : asks_) visit(ask);
    }

private:
    std::unordered_map<std::uint64_t, Ask> asks_;
    std::map<std::pair<AskHome*, Uid>, std::uint64_t> by_task_;
    std::deque<std::uint64_t> native_;
    std::vector<std::uint64_t> begun_;  // with room for every ask
    std::uint64_t calling_ = 0;
    std::uint64_t last_ = 0;
};

}  // namespace uvsched
