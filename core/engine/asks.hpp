// AskTable: the tasks whose custom trigger is being asked, from the question to its answer. Guarded by the engine's
// mutex.
//
//   wanted ──▶ waiting (name not registered) ──▶ queued ──▶ called or taken: a deadline runs ──▶ answered, given up
//                                                                      │
//                                     obsolete (its task changed, ended): only the thread it holds still counts
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
#include "core/stores/memory/memory_store.hpp"

namespace uvsched {

// How long a trigger's function has for one answer.
inline constexpr Micros kTriggerDeadline = 5 * kSecond;

struct Ask {
    std::uint64_t id = 0;
    std::uint16_t store = 0;
    MemoryIndex index = 0;  // memory store
    std::shared_ptr<const Definition> definition;
    TaskState state;                                    // as it was when the question came up
    std::shared_ptr<const TriggerFunction> function{};  // none: the name is not registered
    std::optional<Instant> until{};  // times up to here are wanted, and the first after: what piled up behind next_slot
    std::vector<Instant> times{};    // so far
    bool cut = false;                // more had piled up than are counted
    Instant now = 0;                 // what the function is told
    std::optional<Micros> begun{};   // on the elapsed line: when the call began
    bool obsolete = false;

    [[nodiscard]] const class CustomTrigger& trigger() const;
    // What the next answer must be later than; nothing: the first time is asked for.
    [[nodiscard]] std::optional<Instant> previous() const;
    // What the first time must not be earlier than.
    [[nodiscard]] Instant from() const;
};

class AskTable {
public:
    [[nodiscard]] Ask* find(std::uint64_t id);

    // The question about a task's state; nothing where it is asked already. One about an earlier state of the task
    // becomes obsolete. `let_go` gets what held a function.
    Ask* add(Ask ask, std::vector<Ask>& let_go);

    // Goes on with an ask that was taken out: its next question has a number of its own.
    Ask& renew(Ask ask);

    // Precondition: it is there.
    Ask take(std::uint64_t id);
    std::vector<Ask> take_all();

    // Those for a name that was not registered.
    [[nodiscard]] std::vector<Ask*> waiting_for(const std::string& name);

    // Native calls are made one at a time, in order.
    void enqueue(std::uint64_t id) { native_.push_back(id); }
    [[nodiscard]] Ask* next_call();
    [[nodiscard]] std::uint64_t calling() const noexcept { return calling_; }  // 0: none
    void set_calling(std::uint64_t id) noexcept { calling_ = id; }

    // The deadline runs from now on.
    void begin(Ask& ask, Micros elapsed);

    // Those whose time to answer is over.
    [[nodiscard]] std::vector<std::uint64_t> overdue(Micros elapsed);
    [[nodiscard]] std::optional<Micros> first_deadline() const;

    template <class Visit>
    void each(Visit&& visit) const {
        for (const auto& [id, ask] : asks_) visit(ask);
    }

private:
    std::unordered_map<std::uint64_t, Ask> asks_;
    std::map<std::pair<std::uint16_t, Uid>, std::uint64_t> by_task_;
    std::deque<std::uint64_t> native_;
    std::vector<std::uint64_t> begun_;
    std::uint64_t calling_ = 0;
    std::uint64_t last_ = 0;
};

}  // namespace uvsched
