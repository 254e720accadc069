// TaskHome: a store of tasks as the engine sees it. There are two kinds: in memory, and durable.
//
//   callers' threads   add, edit, remove, run_now, get, list, history
//   the loop thread    catch_up ─▶ claim ─▶ flush ─▶ next_deadline, once for each turn
//
// A home's runs come back to it through Runs::back(number()); catch_up() or settle() then records how they ended.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/asks/trigger_asker.hpp"
#include "core/config/config.hpp"
#include "core/homes/task_ids.hpp"
#include "core/homes/task_spec.hpp"
#include "core/homes/task_view.hpp"
#include "core/ledger/batch.hpp"
#include "core/life/bell.hpp"
#include "core/life/lifecycle.hpp"
#include "core/life/shared.hpp"
#include "core/runs/dispatcher.hpp"
#include "core/runs/runs.hpp"

namespace uvsched {

// The engine's parts that a home uses. They outlive the home.
struct EngineParts {
    Shared& shared;
    Lifecycle& life;
    Runs& runs;
    Dispatcher& dispatcher;
    TriggerAsker& asker;
    TaskIds& ids;
    Bell* bell = nullptr;  // the engine has no threads: it pumps its homes when the bell rings
    Role role = Role::node;
};

// Computes a change of a task: sets the state in `change` and, if the definition changes, also the definition, miss and
// error. False: nothing changes. It may be called with the lock held or not, and again if the task changes meanwhile.
using Edit = std::function<bool(const StoredTask& task, Change& change, const Now& now)>;

// A number that is handed out with each run of a task in memory; `release` is called when it is no longer needed.
struct TaskToken {
    std::uint64_t token = 0;
    std::function<void()> release;
};

class TaskHome : public AskHome {
public:
    TaskHome(const EngineParts& parts, std::uint16_t number, std::string alias)
        : parts_(parts), number_(number), alias_(std::move(alias)) {}

    [[nodiscard]] const std::string& alias() const noexcept { return alias_; }
    [[nodiscard]] std::uint16_t number() const noexcept { return number_; }
    [[nodiscard]] virtual bool durable() const noexcept = 0;
    // Whether its tasks are out of reach, because the scheduler is not running. Any thread.
    [[nodiscard]] virtual bool closed() const { return false; }

    // ---- callers; no lock is held ----
    //
    // A durable home waits for its store; on the loop thread it throws Error(deadlock) instead. If there is no such
    // task, a call returns nullopt or false.

    // `starting`: the task was declared before the start, which writes it now. If add() throws, `task` is unchanged.
    virtual AddOutcome add(NewTask&& task, bool starting) = 0;
    virtual std::optional<TaskView> edit(const std::string& id, const Edit& edit, std::optional<TaskToken> token) = 0;
    virtual bool remove(const std::string& id) = 0;
    virtual std::int64_t remove_all() = 0;
    virtual bool run_now(const std::string& id) = 0;
    virtual std::optional<TaskView> get(const std::string& id) = 0;
    virtual std::vector<HistoryRow> history(const HistoryQuery& query) = 0;
    // See Scheduler::report(). Throws Error(unsupported).
    [[nodiscard]] virtual StoreReport report(Micros /*watch*/) {
        fail(Code::unsupported, "store \"" + alias_ + "\" is in memory: nobody else can have it open");
    }

    // A task that is over, as long as the history has a row of it.
    virtual std::optional<TaskView> get_over(const std::string& /*id*/) { return std::nullopt; }
    virtual bool forget_over(const std::string& /*id*/) { return false; }

    // Fills `place.present`; then adds the next tasks behind `place.after`, in order, to `views`.
    virtual void begin_list(ListPlace& place) = 0;
    virtual void list(const ListPlace& place, std::size_t limit, bool finished, std::vector<TaskView>& views) = 0;

    // Adds its tasks to `counts`.
    virtual void count(TaskCounts& counts) = 0;

    // ---- start and stop; no lock is held ----

    virtual void open() {}
    // Writes declarations that were made before the start. An event tells if a stored task keeps one out.
    virtual void declare(const std::vector<const NewTask*>& tasks);
    // All declarations are written.
    virtual void settle_undeclared(Undeclared /*undeclared*/) {}
    virtual void learn() {}
    virtual void close() noexcept {}
    virtual void hurry() noexcept {}
    // Without threads: does what its store has to do. Says until when (wall time) it need not be called.
    virtual Instant pump() noexcept { return kLatest; }
    // Whose descriptor calls for the next pump() too; see StoreDriver.
    [[nodiscard]] virtual std::shared_ptr<const Membership> teller() const { return nullptr; }
    virtual void abandon() noexcept {}  // in the child of a fork, whose threads are not here

    // ---- the loop thread, and ends of runs; the lock is held ----

    // The loop begins.
    virtual void started(const Now& now) = 0;
    virtual void functions_changed() noexcept {}
    // An executor came.
    virtual void executor_added() = 0;
    // An executor is gone: its tasks wait for another one of its alias, and an event says so.
    virtual void executor_removed(std::uint16_t executor) noexcept = 0;

    // Handles replies, runs whose turn has come, ended runs, and work that lacked memory earlier.
    virtual void catch_up(const Now& now) = 0;
    virtual void settle() noexcept = 0;

    // Whether the process may still call this run: it has not lost what it claimed.
    [[nodiscard]] virtual bool holds(const RunSlot& /*slot*/) noexcept { return true; }

    // A run that an executor took is called. What came to be due while it waited for that is no overlap.
    virtual void called(const RunSlot& slot) noexcept = 0;

    virtual void clock_stepped(Micros /*change*/) {}
    virtual void claim(const Now& now) = 0;
    virtual void flush() noexcept = 0;

    // When the next claim is due; kLatest if something else will wake the loop.
    [[nodiscard]] virtual Instant next_deadline(const Now& now) const = 0;
    // Whether an ended run made room for a claim now.
    [[nodiscard]] virtual bool has_ready() const = 0;
    // Whether something is due that had no room.
    [[nodiscard]] virtual bool wants_room(const Now& now) const = 0;
    // Nothing of it is on its way.
    [[nodiscard]] virtual bool quiet() const = 0;

    // The scheduler ends: fires of shutdown triggers are made, then claimed, maybe in several turns of the loop.
    virtual void begin_shutdown(const Now& now) = 0;
    virtual void claim_shutdown(const Now& now) = 0;
    [[nodiscard]] virtual bool any_shutdown() const = 0;
    // How many of them will be made, until they are; then how many are still to be claimed.
    [[nodiscard]] virtual std::size_t shutdowns_to_come() const = 0;
    [[nodiscard]] virtual std::size_t shutdowns_left() const = 0;

    // The store was removed: nothing more of it is claimed or called, and what has begun is still recorded.
    virtual void leave() noexcept;
    [[nodiscard]] bool leaving() const noexcept { return leaving_; }

    // Releases everything that its tasks hold.
    virtual void clear() = 0;

protected:
    // A declaration was written, or kept out.
    // A stored task keeps a declaration out: tells so. Throws the conflict if the program wants to know.
    void keep_out(const NewTask& task, const Error& conflict);

    [[nodiscard]] const std::string& alias_of(const Ask& /*ask*/) const override { return alias_; }

    // A run whose turn came after its latest start.
    [[nodiscard]] static PlannedMiss too_late(const Run& run) noexcept;

    // Puts into effect what came of runs. What there is no memory for keeps its place.
    template <class Ended, class Unstarted>
    void settle_line(Ended&& ended, Unstarted&& unstarted) noexcept {
        RunLine& line = parts_.runs.back(number_);
        while (!line.empty()) {
            RunSlot& slot = *line.pop();
            try {
                if (slot.came_back() == RunSlot::Back::ended) {
                    ended(slot, reason_of(slot));
                } else {
                    unstarted(slot);
                }
            } catch (const std::bad_alloc&) {
                line.push_front(slot);
                parts_.shared.lack_memory();
                return;
            }
        }
    }

    EngineParts parts_;

private:
    [[nodiscard]] Reason reason_of(const RunSlot& slot) const noexcept;

    const std::uint16_t number_;
    const std::string alias_;
    bool leaving_ = false;
};

}  // namespace uvsched
