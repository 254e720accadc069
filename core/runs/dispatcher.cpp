#include "core/runs/dispatcher.hpp"

#include <algorithm>

#include "core/base/error.hpp"
#include "core/base/memory.hpp"
#include "core/executors/callback_scope.hpp"
#include "core/executors/invoke.hpp"
#include "core/executors/thread_pool.hpp"

namespace uvsched {
namespace {

constexpr std::size_t kInlineRoom = 256;  // runs called before the loop looks again
constexpr Micros kSlowInline = 100 * kMillisecond;
constexpr Micros kDelay = kSecond;  // a run that waited longer for its turn is told

}  // namespace

Dispatcher::Dispatcher(const std::map<std::string, ExecutorConfig>& executors, const void* owner, const Clock& clock,
                       Notices& notices)
    : owner_(owner),
      clock_(clock),
      notices_(notices),
      places_(std::make_unique<std::unique_ptr<Place>[]>(kMostPlaces)) {
    for (const auto& [alias, executor] : executors) put(count(), alias, executor);
}

// ---- the executors ----

std::optional<std::uint16_t> Dispatcher::find(const std::string& alias) const noexcept {
    const std::uint16_t places = count();
    for (std::uint16_t i = 0; i < places; ++i) {
        if (places_[i]->there.load(std::memory_order_relaxed) && places_[i]->alias == alias) return i;
    }
    return std::nullopt;
}

std::uint16_t Dispatcher::index(const std::string& alias) const {
    if (const auto found = find(alias)) return *found;
    std::string known;
    for (const std::string& each : aliases()) known += (known.empty() ? "\"" : ", \"") + each + "\"";
    fail(Code::not_found, "executor \"" + alias + "\": there is no such executor; " +
                              (known.empty() ? "the scheduler has none" : "known are " + known));
}

std::vector<std::string> Dispatcher::aliases() const {
    std::vector<std::string> aliases;
    const std::uint16_t places = count();
    for (std::uint16_t i = 0; i < places; ++i) {
        if (places_[i]->there.load(std::memory_order_relaxed)) aliases.push_back(places_[i]->alias);
    }
    return aliases;
}

std::shared_ptr<RunQueue> Dispatcher::queue(std::uint16_t executor) const noexcept {
    return is_queue(executor) ? places_[executor]->queue : nullptr;
}

std::shared_ptr<Executor> Dispatcher::at_work(std::uint16_t executor) const noexcept {
    const Place& place = *places_[executor];
    return place.there || place.leaving ? place.executor : nullptr;
}

const std::string* Dispatcher::alias_of(const Executor& executor) const noexcept {
    for (std::uint16_t i = 0; i < count(); ++i) {
        if (places_[i]->executor.get() == &executor) return &places_[i]->alias;
    }
    return nullptr;
}

// The place of an alias; count() if it has none yet.
std::uint16_t Dispatcher::number_of(const std::string& alias) const noexcept {
    std::uint16_t number = 0;
    while (number < count() && places_[number]->alias != alias) ++number;
    return number;
}

std::uint16_t Dispatcher::add(const std::string& alias, const ExecutorConfig& config, const Runs& runs) {
    const std::uint16_t number = number_of(alias);
    if (number == kMostPlaces) {
        fail(Code::invalid, "executor \"" + alias + "\": the scheduler has had " + std::to_string(kMostPlaces) +
                                " aliases of executors, and takes no more; use one of them again");
    }
    if (number < count()) {
        const Place& place = *places_[number];
        if (place.there)
            fail(Code::already, "executor \"" + alias + "\": the alias is taken; remove that executor first");
        const bool same = config.type == ExecutorType::queue && place.type == ExecutorType::queue;
        if (!same && under_way(number, runs)) {
            fail(Code::already, "executor \"" + alias +
                                    "\": runs of the one that was removed are under way; add it when they have ended");
        }
    }
    put(number, alias, config);
    return number;
}

void Dispatcher::put(std::uint16_t number, const std::string& alias, const ExecutorConfig& config) {
    const bool fresh = number == count();
    std::unique_ptr<Place> made = fresh ? std::make_unique<Place>(alias) : nullptr;
    Place& place = fresh ? *made : *places_[number];
    std::shared_ptr<Executor> executor;
    std::shared_ptr<RunQueue> queue = place.queue;
    if (config.type == ExecutorType::thread_pool)
        executor = make_thread_pool(config.thread_prefix + "-" + alias, config.threads, owner_);
    if (config.type == ExecutorType::queue) {
        if (!queue) queue = make_run_queue();
        executor = queue;
    }
    reserve_more(rooms_, 1);
    reserve_more(replaced_, 1);
    unattended_.reserve(number + 1U);
    // From here on nothing fails.
    place.type = config.type;
    place.executor.swap(executor);
    place.queue = std::move(queue);
    if (std::exchange(place.leaving, false)) replaced_.push_back(std::move(executor));
    if (fresh) {
        rooms_.push_back(0);
        unattended_.push_back(true);
        places_[number] = std::move(made);
        count_.store(static_cast<std::uint16_t>(number + 1U), std::memory_order_release);
    }
    place.there.store(true, std::memory_order_relaxed);
}

void Dispatcher::remove(std::uint16_t executor) noexcept {
    Place& place = *places_[executor];
    place.there.store(false, std::memory_order_relaxed);
    rooms_[executor] = 0;
    place.leaving = place.type == ExecutorType::thread_pool;
    leaving_ = leaving_ || place.leaving;
}

bool Dispatcher::under_way(std::uint16_t executor, const Runs& runs) const {
    bool found = false;
    runs.each([&](const RunSlot& slot) { found = found || slot.executor == executor; });
    return found;
}

std::vector<std::shared_ptr<Executor>> Dispatcher::left(const Runs& runs) {
    std::vector<std::shared_ptr<Executor>> left;
    left.reserve(replaced_.size() + count());
    for (std::shared_ptr<Executor>& executor : take_replaced()) left.push_back(std::move(executor));
    bool more = false;
    for (std::uint16_t i = 0; i < count(); ++i) {
        Place& place = *places_[i];
        if (!place.leaving) continue;
        if (under_way(i, runs)) {
            more = true;
        } else {
            left.push_back(place.executor);
            place.leaving = false;
        }
    }
    leaving_ = more;
    return left;
}

// ---- room ----

void Dispatcher::measure() {
    for (std::uint16_t i = 0; i < count(); ++i) {
        Place& place = *places_[i];
        place.reserved -= std::exchange(place.handed_over, 0);
        rooms_[i] = 0;
        if (place.reserved > 0 || place.gated > 0 || !place.there.load(std::memory_order_relaxed)) continue;
        rooms_[i] = place.executor ? place.executor->room() : kInlineRoom;
    }
}

void Dispatcher::expect_room() noexcept {
    for (std::uint16_t i = 0; i < count(); ++i) {
        if (places_[i]->there.load(std::memory_order_relaxed)) rooms_[i] = std::max<std::size_t>(rooms_[i], 1);
    }
}

const std::vector<bool>& Dispatcher::unattended() {
    for (std::uint16_t i = 0; i < count(); ++i) {
        const Place& place = *places_[i];
        unattended_[i] = !place.there || (place.executor && !place.executor->attended());
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
        Place& place = *places_[executor];
        if (place.executor) {
            submitting_.clear();
            reserve_more(submitting_, batch_.size());
            for (auto it = begin; it != end; ++it) {
                submitting_.push_back(&(*it)->run);
                (*it)->submitted = true;
            }
            place.executor->submit(submitting_);
        } else if (place.there.load(std::memory_order_relaxed)) {
            call_inline({begin, end}, runs);
        } else {
            for (auto it = begin; it != end; ++it) runs.left(**it);
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
        if (Place& place = *places_[slot.executor]; !place.executor) ++place.gated;
        return Turn::wait;
    }
    if (now - slot.claimed_at > kDelay) notices_.delayed(run, slot.claimed_at, now);
    slot.begun.store(true, std::memory_order_relaxed);
    run.started = now;
    return Turn::call;
}

void Dispatcher::answered(RunSlot& slot, bool passes) noexcept {
    Place& place = *places_[slot.executor];
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

}  // namespace uvsched
