#include "core/runs/dispatcher.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/memory.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/executors/invoke.hpp"
#include "core/executors/thread_pool.hpp"

namespace uvsched {
namespace {

constexpr std::size_t kInlineRoom = 64;  // runs called before the loop looks again
constexpr Micros kSlowInline = 100 * kMillisecond;
constexpr Micros kDelay = kSecond;  // a run that waited longer for its turn is told

}  // namespace

Dispatcher::Dispatcher(const std::map<std::string, ExecutorConfig>& executors, const void* owner, const Clock& clock,
                       Notices& notices)
    : owner_(owner),
      clock_(clock),
      notices_(notices),
      places_(executors.size()),
      rooms_(executors.size()),
      unattended_(executors.size()) {
    auto place = places_.begin();
    for (const auto& [alias, executor] : executors) {
        place->alias = alias;
        place->type = executor.type;
        if (executor.type == ExecutorType::thread_pool)
            place->executor = make_thread_pool(executor.thread_prefix + "-" + alias, executor.threads, owner);
        if (executor.type == ExecutorType::queue) place->executor = place->queue = make_run_queue();
        ++place;
    }
}

// ---- the executors ----

std::optional<std::uint16_t> Dispatcher::find(const std::string& alias) const noexcept {
    for (std::uint16_t i = 0; i < count(); ++i) {
        if (places_[i].alias == alias) return i;
    }
    return std::nullopt;
}

std::uint16_t Dispatcher::index(const std::string& alias) const {
    if (const auto found = find(alias)) return *found;
    std::string known;
    for (const Place& place : places_) known += (known.empty() ? "\"" : ", \"") + place.alias + "\"";
    fail(Code::not_found, "executor \"" + alias + "\": there is no such executor; known are " + known);
}

std::vector<std::string> Dispatcher::aliases() const {
    std::vector<std::string> aliases;
    for (const Place& place : places_) aliases.push_back(place.alias);
    return aliases;
}

const std::string* Dispatcher::alias_of(const Executor& executor) const noexcept {
    const auto place = std::find_if(places_.begin(), places_.end(),
                                    [&](const Place& each) { return each.executor.get() == &executor; });
    return place == places_.end() ? nullptr : &place->alias;
}

void Dispatcher::start(RunSink& sink) {
    sink_ = &sink;
    for (const Place& place : places_) {
        if (place.executor) place.executor->start(sink);
    }
}

void Dispatcher::close() {
    for (const Place& place : places_) {
        if (place.executor) place.executor->close();
    }
}

void Dispatcher::stop() {
    for (const Place& place : places_) {
        if (place.executor) place.executor->stop();
    }
}

void Dispatcher::nudge() {
    for (const Place& place : places_) {
        if (place.executor) place.executor->submit({});
    }
}

void Dispatcher::cancel(std::span<const std::uint64_t> runs, std::uint16_t executor) {
    if (!places_[executor].executor) return;
    for (const std::uint64_t run : runs) places_[executor].executor->cancel(run);
}

// ---- room ----

void Dispatcher::measure() {
    for (std::size_t i = 0; i < places_.size(); ++i) {
        Place& place = places_[i];
        place.reserved -= std::exchange(place.handed_over, 0);
        rooms_[i] = 0;
        if (place.reserved > 0 || place.gated > 0) continue;
        rooms_[i] = place.executor ? place.executor->room() : kInlineRoom;
    }
}

void Dispatcher::expect_room() noexcept {
    for (std::size_t& room : rooms_) room = std::max<std::size_t>(room, 1);
}

const std::vector<bool>& Dispatcher::unattended() {
    for (std::size_t i = 0; i < places_.size(); ++i) {
        unattended_[i] = places_[i].executor && !places_[i].executor->attended();
    }
    return unattended_;
}

// ---- on their way ----

bool Dispatcher::take() {
    reserve_more(batch_, line_.size());
    while (!line_.empty()) batch_.push_back(line_.pop());
    return !batch_.empty();
}

void Dispatcher::give_back(Runs& runs) noexcept {
    for (RunSlot* const slot : batch_) runs.unstarted(*slot);
    batch_.clear();
    while (!line_.empty()) runs.unstarted(*line_.pop());
}

// The runs of one executor together.
void Dispatcher::hand_over(Runs& runs) {
    const auto by_executor = [](const RunSlot* a, const RunSlot* b) { return a->executor < b->executor; };
    if (!std::is_sorted(batch_.begin(), batch_.end(), by_executor)) {
        std::stable_sort(batch_.begin(), batch_.end(), by_executor);  // it takes memory, also of what is in order
    }
    while (!batch_.empty()) {
        const auto begin = batch_.begin();
        const std::uint16_t executor = (*begin)->executor;
        const auto end =
            std::find_if(begin, batch_.end(), [&](const RunSlot* slot) { return slot->executor != executor; });
        Place& place = places_[executor];
        if (place.executor) {
            submitting_.clear();
            reserve_more(submitting_, batch_.size());
            for (auto it = begin; it != end; ++it) {
                submitting_.push_back(&(*it)->run);
                (*it)->submitted = true;
            }
            place.executor->submit(submitting_);
        } else {
            call_inline({begin, end}, runs);
        }
        place.handed_over += static_cast<std::size_t>(end - begin);
        batch_.erase(begin, end);
    }
}

void Dispatcher::call_inline(std::span<RunSlot* const> batch, Runs& runs) {
    const CallbackScope scope(owner_, true);
    Instant now = clock_.wall();
    for (RunSlot* const slot : batch) {
        if (slot->gate != RunSlot::Gate::none) {
            if (!begin_stored(*slot)) continue;
            now = slot->run.started;
        } else if (const Turn turn = begin(*slot, now); turn != Turn::call) {
            if (turn == Turn::late) {
                runs.called(*slot, FireState::missed, now);
            } else {
                runs.left(*slot);
            }
            continue;
        }
        const FireState state = invoke(slot->run);
        const Instant end = clock_.wall();
        if (end - now > kSlowInline) notices_.slow_inline(slot->run.task->id, end, end - now);
        runs.called(*slot, state, end);
        now = end;
    }
}

// The engine has to write its start, or that it is missed.
bool Dispatcher::begin_stored(RunSlot& slot) noexcept {
    const bool gated = slot.run.gated;
    Run* run = &slot.run;
    sink_->begin({&run, 1}, {}, false);
    return run != nullptr && !gated;
}

// ---- their turn ----

Dispatcher::Turn Dispatcher::begin(RunSlot& slot, Instant now) noexcept {
    Run& run = slot.run;
    if (slot.dropped.load(std::memory_order_relaxed)) return Turn::dropped;
    if (now > run.latest_start) return Turn::late;
    if (slot.gate == RunSlot::Gate::closed) slot.gate = run.gated ? RunSlot::Gate::asked : RunSlot::Gate::open;
    if (slot.gate == RunSlot::Gate::asked) {
        if (!places_[slot.executor].executor) ++places_[slot.executor].gated;
        return Turn::wait;
    }
    if (now - slot.claimed_at > kDelay) notices_.delayed(run, slot.claimed_at, now);
    slot.begun.store(true, std::memory_order_relaxed);
    run.started = now;
    return Turn::call;
}

void Dispatcher::answered(RunSlot& slot, bool passes) noexcept {
    Place& place = places_[slot.executor];
    if (passes) {
        slot.gate = RunSlot::Gate::open;
        slot.run.gated = false;
    }
    if (place.executor) return;
    --place.gated;
    if (!passes) return;
    reserve(slot.executor);
    line_.push_front(slot);
}

void Dispatcher::admit(std::uint16_t executor, std::uint64_t run, bool passes) noexcept {
    if (places_[executor].executor) places_[executor].executor->admitted(run, passes);
}

}  // namespace uvsched
