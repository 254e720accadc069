// DurableHome: tasks in a store that outlives the process. The store's own thread does all work on the store; callers
// wait for it, the loop does not.
//
// Tasks on a shutdown or boot trigger never leave the process. They live in memory, in the home's companion
// (docs/decisions/0024-event-triggers.md). An id stands for one task in the store and the companion together.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/homes/lanes.hpp"
#include "core/homes/memory_home.hpp"
#include "core/homes/outbox.hpp"
#include "core/node/store_driver.hpp"

namespace uvsched {

class DurableHome final : public TaskHome {
public:
    // The home takes two numbers: `number`, and the next one for its companion. `identity`: this process's name in the
    // ledger.
    DurableHome(const EngineParts& parts, std::uint16_t number, std::string alias, StoreConfig config,
                std::string identity);

    [[nodiscard]] bool durable() const noexcept override { return true; }
    [[nodiscard]] bool closed() const override;

    AddOutcome add(NewTask&& task, bool starting) override;
    void declare(const std::vector<const NewTask*>& tasks) override;
    std::optional<TaskView> edit(const std::string& id, const Edit& edit, std::optional<TaskToken> token) override;
    bool remove(const std::string& id) override;
    std::int64_t remove_all() override;
    bool run_now(const std::string& id) override;
    std::optional<TaskView> get(const std::string& id) override;
    std::vector<HistoryRow> history(const HistoryQuery& query) override;
    [[nodiscard]] StoreReport report(Micros watch) override;
    std::optional<TaskView> get_over(const std::string& id) override { return companion_.get_over(id); }
    bool forget_over(const std::string& id) override { return companion_.forget_over(id); }
    void begin_list(ListPlace& place) override { companion_.begin_list(place); }
    void count(TaskCounts& counts) override;
    void list(const ListPlace& place, std::size_t limit, bool finished, std::vector<TaskView>& views) override;

    void open() override;
    void settle_undeclared(Undeclared undeclared) override;
    void learn() override;
    void close() noexcept override;
    void hurry() noexcept override;
    Instant pump() noexcept override;
    [[nodiscard]] std::shared_ptr<const Membership> teller() const override {
        return driver_ ? driver_->teller() : nullptr;
    }
    void abandon() noexcept override;

    void started(const Now& now) override;
    void functions_changed() noexcept override { regroup(); }
    void executor_added() override;
    void executor_removed(std::uint16_t executor) noexcept override;
    void catch_up(const Now& now) override;
    void settle() noexcept override;
    [[nodiscard]] bool holds(const RunSlot& slot) noexcept override;
    void called(const RunSlot& slot) noexcept override;
    void clock_stepped(Micros /*change*/) override { stepped_ = open_ && !visits(); }
    void claim(const Now& now) override;
    void flush() noexcept override;
    [[nodiscard]] Instant next_deadline(const Now& now) const override;
    [[nodiscard]] bool has_ready() const override { return companion_.has_ready(); }
    [[nodiscard]] bool wants_room(const Now& now) const override;
    [[nodiscard]] bool quiet() const override;
    void begin_shutdown(const Now& now) override { companion_.begin_shutdown(now); }
    void claim_shutdown(const Now& now) override { companion_.claim_shutdown(now); }
    [[nodiscard]] bool any_shutdown() const override { return companion_.any_shutdown(); }
    [[nodiscard]] std::size_t shutdowns_to_come() const override { return companion_.shutdowns_to_come(); }
    [[nodiscard]] std::size_t shutdowns_left() const override { return companion_.shutdowns_left(); }
    void leave() noexcept override;
    void clear() override { companion_.clear(); }

    // AskHome
    void answer(const Ask& ask, bool ended) override;
    void give_up(const Ask& ask, const std::string& what) override;
    void forget(const Ask& /*ask*/) override {}  // learn() finds it

private:
    [[nodiscard]] Now on_lines(const Now& now) const noexcept {
        return {.wall = now.wall, .elapsed = saturating_add(now.elapsed, elapsed_base_.load())};
    }
    // By this process's clock, and by the store's.
    [[nodiscard]] Now here() const { return on_lines(parts_.shared.now()); }
    [[nodiscard]] Now present() const { return driver_ ? driver_->now(here()) : here(); }

    // It opens its store to look at it and to change tasks: nothing is claimed, asked or cleared up here.
    [[nodiscard]] bool visits() const noexcept { return parts_.role == Role::visitor; }

    // durable_home.cpp: its life
    [[nodiscard]] std::unique_ptr<StoreDriver> make_driver();
    void take_over(const Joined& joined);
    void tell_left(const Recovered& left);
    void tell_recovered(const std::vector<OpenFire>& fires, EventCode code, const char* message, const Now& now);
    [[nodiscard]] bool lost(const StoreLost& lost);
    [[nodiscard]] std::vector<FireRef> at_work();
    void drop_others(const FireSet& fires) noexcept;
    void reopened(const Joined& joined);
    void rejoined(const Joined& joined);
    void outcast(const NodeLost& lost);
    void give_back_untaken();
    void progress() noexcept;
    void write_step();

    // durable_lanes.cpp: which of its tasks can run here
    void regroup() noexcept;
    void learn_lanes(std::vector<Lane>&& lanes);
    void learn_lane(const StoredTask& task);
    void report_unrunnable();
    [[nodiscard]] std::optional<std::uint16_t> place_for(const Definition& task) const;
    [[nodiscard]] std::string why_unrunnable(const Lane& lane) const;
    [[nodiscard]] std::string ways_out(const Lane& lane) const;

    // durable_claims.cpp: look, start, end
    void looked(StoreReply&& reply);
    void claimed(StoreReply&& reply);
    bool take_claims(StoreReply& reply, const Now& now);
    void write_starts() noexcept;
    void gated(const StoreReply& reply, const std::vector<std::uint64_t>& runs);
    void describe(Run& run, const OpenFire& fire) const;
    void make_run(const OpenFire& fire, std::uint16_t executor, const Now& now);
    void finish(RunSlot& slot, Reason reason);
    void tell_end(const Ended& end, Finish& finish) noexcept;
    void release(RunSlot& slot);
    void free(RunSlot& slot) noexcept;
    void ask(const StoredTask& task, bool reported = false);
    void ask_again(const StoredTask& task);
    [[nodiscard]] Change answer_change(const Ask& ask, TaskState state) const;
    void post_answer(StoreRequest request);

    // durable_report.cpp: operators
    void watch_nodes(StoreReport& report, Micros watch);
    void look_for_unreadable(StoreReport& report);
    void look_for_unasked(StoreReport& report);

    // durable_tasks.cpp: callers
    void leave_other_home(const NewTask& task, bool starting);
    [[nodiscard]] Add add_of(const NewTask& task, bool starting, const Now& now);
    AddOutcome added(const NewTask& task, const Add& answer, bool starting, const Now& now);
    // `asked`: by a caller.
    std::optional<TaskView> edit_stored(const std::string& id, const Edit& edit, bool asked);
    bool remove_stored(const std::string& id, bool asked);
    void tell_changed(EventCode code, const std::string& id, bool asked) noexcept;
    void tell_dropped(const std::vector<Dropped>& dropped, Instant now) noexcept;
    void note_declared(const NewTask& task);
    [[nodiscard]] TaskView view(const StoredTask& task) const;
    Batch apply(Batch batch);
    void read(const std::function<void(Store&)>& job);
    // Throws Error(not_running) if there are tasks in its store, which is closed.
    [[nodiscard]] bool holds_tasks() const;

    MemoryHome companion_;
    const StoreConfig config_;
    const std::string identity_;
    std::uint64_t store_hash_ = 0;
    std::atomic<Micros> elapsed_base_{0};  // elapsed line = Clock::elapsed() + this; any thread
    bool open_ = false;
    Lanes lanes_;
    bool lanes_stale_ = false;  // regroup() had no memory
    Outbox outbox_;
    BegunLate begun_late_;
    std::unordered_set<std::uint64_t> untaken_;  // runs that had not begun when the last lease had passed
    bool stepped_ = false;                       // the wall clock was set: to be written
    std::optional<std::chrono::steady_clock::time_point> look_after_;  // the last look lacked memory

    std::unordered_set<std::string> derived_ids_;            // declared by this process
    std::unordered_map<std::string, std::string> declared_;  // at a start of this scheduler: functions by id
    std::map<std::string, NewTask> redeclared_;              // by id: tasks that are declared again if the file is lost

    std::unique_ptr<StoreDriver>
        driver_;  // made by the first open(); the last member: it uses the others until it ends
};

}  // namespace uvsched
