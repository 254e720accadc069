#include "core/asks/ask_table.hpp"

#include <algorithm>

#include "core/base/memory.hpp"
#include "core/plan/known_times.hpp"
#include "core/triggers/custom.hpp"

namespace uvsched {

const CustomTrigger& Ask::trigger() const { return static_cast<const CustomTrigger&>(*definition->trigger); }

std::optional<Instant> Ask::previous() const {
    if (!times.empty()) return cut ? until : times.back();
    // A slot before the anchor comes from the time before the task was resumed or replaced, or was set by
    // next_run_time.
    const Instant slot = state.next_slot.value_or(state.hwm);
    return slot >= from() ? std::optional(slot) : std::nullopt;
}

Instant Ask::from() const { return std::max(state.anchor, trigger().start_at().value_or(kEarliest)); }

TriggerPtr Ask::known_times(bool ended) const {
    return std::make_shared<KnownTimes>(definition->trigger, times, ended, cut);
}

std::optional<Instant> Ask::first_answer(bool ended) const {
    return ended ? std::nullopt : std::optional(times.front());
}

PlannedMiss Ask::lost(Instant wall) const {
    const bool piled_up = state.next_slot.has_value();
    const Instant slot = state.next_slot.value_or(wall);
    return {.state = FireState::missed,
            .reason = Reason::trigger_failed,
            .first = slot,
            .last = slot,
            .count = piled_up ? 1 : 0,
            .exact = !piled_up};
}

Ask* AskTable::find(std::uint64_t id) noexcept {
    const auto found = asks_.find(id);
    return found == asks_.end() ? nullptr : &found->second;
}

Ask* AskTable::add(Ask ask, std::vector<Ask>& let_go) {
    const auto present = by_task_.find({ask.home, ask.state.uid});
    Ask* const old = present == by_task_.end() ? nullptr : find(present->second);
    if (old != nullptr && old->state.rev >= ask.state.rev) return nullptr;
    reserve_more(let_go, 1);
    Ask& added = renew(std::move(ask));
    if (old != nullptr && old->begun) {
        old->obsolete = true;  // the call is under way: its deadline runs on
    } else if (old != nullptr) {
        let_go.push_back(take(old->id));
    }
    return &added;
}

Ask& AskTable::renew(Ask ask) {
    reserve_more(begun_, asks_.size() + 1 - begun_.size());
    std::uint64_t& named = by_task_[{ask.home, ask.state.uid}];
    ask.id = last_ + 1;
    ask.begun.reset();
    ask.put = false;
    Ask& renewed = asks_.emplace(ask.id, std::move(ask)).first->second;
    named = ++last_;
    return renewed;
}

Ask AskTable::take(std::uint64_t id) {
    const auto found = asks_.find(id);
    Ask ask = std::move(found->second);
    asks_.erase(found);
    const auto named = by_task_.find({ask.home, ask.state.uid});
    if (named != by_task_.end() && named->second == id) by_task_.erase(named);
    if (calling_ == id) calling_ = 0;
    if (ask.begun) std::erase(begun_, id);
    return ask;
}

std::vector<Ask> AskTable::take_all() {
    std::vector<Ask> all;
    all.reserve(asks_.size());
    for (auto& [id, ask] : asks_) all.push_back(std::move(ask));
    asks_.clear();
    by_task_.clear();
    native_.clear();
    begun_.clear();
    calling_ = 0;
    return all;
}

std::vector<Ask*> AskTable::waiting_for(const std::string& name) {
    std::vector<Ask*> found;
    for (auto& [id, ask] : asks_) {
        if (!ask.function && ask.trigger().name() == name) found.push_back(&ask);
    }
    std::sort(found.begin(), found.end(), [](const Ask* a, const Ask* b) { return a->id < b->id; });
    return found;
}

Ask* AskTable::next_call() noexcept {
    for (; calling_ == 0 && !native_.empty(); native_.pop_front()) {
        if (Ask* const ask = find(native_.front())) return ask;
    }
    return nullptr;
}

void AskTable::set_calling(Ask& ask, Micros elapsed) noexcept {
    native_.pop_front();
    calling_ = ask.id;
    begin(ask, elapsed);
}

void AskTable::begin(Ask& ask, Micros elapsed) noexcept {
    if (!ask.begun) begun_.push_back(ask.id);
    ask.begun = elapsed;
}

std::vector<std::uint64_t> AskTable::overdue(Micros elapsed) {
    std::vector<std::uint64_t> found;
    for (const std::uint64_t id : begun_) {
        Ask& ask = *find(id);
        const Micros waited = elapsed - *ask.begun;
        if (waited < kTriggerDeadline) continue;
        // The deadline is seen so late because the machine slept: the function gets the whole time again.
        if (waited >= 2 * kTriggerDeadline) {
            ask.begun = elapsed;
        } else {
            found.push_back(id);
        }
    }
    return found;
}

std::optional<Micros> AskTable::first_deadline() const {
    std::optional<Micros> first;
    for (const std::uint64_t id : begun_) {
        first = std::min(first.value_or(INT64_MAX), *asks_.at(id).begun + kTriggerDeadline);
    }
    return first;
}

}  // namespace uvsched
