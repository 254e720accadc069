#include "core/engine/asks.hpp"

#include <algorithm>

#include "core/triggers/custom.hpp"

namespace uvsched {

const CustomTrigger& Ask::trigger() const { return static_cast<const CustomTrigger&>(*definition->trigger); }

std::optional<Instant> Ask::previous() const {
    if (!times.empty()) return cut ? until : times.back();
    // A slot from before the anchor belongs to an earlier life of the task, before it was resumed or replaced, or was
    // asked for by next_run_time.
    const Instant slot = state.next_slot.value_or(state.hwm);
    return slot >= from() ? std::optional(slot) : std::nullopt;
}

Instant Ask::from() const { return std::max(state.anchor, trigger().start_at().value_or(kEarliest)); }

Ask* AskTable::find(std::uint64_t id) {
    const auto found = asks_.find(id);
    return found == asks_.end() ? nullptr : &found->second;
}

Ask* AskTable::add(Ask ask, std::vector<Ask>& let_go) {
    const auto present = by_task_.find({ask.store, ask.state.uid});
    if (Ask* const old = present == by_task_.end() ? nullptr : find(present->second)) {
        if (old->state.rev >= ask.state.rev) return nullptr;
        if (old->begun) {
            old->obsolete = true;  // the call is under way: its deadline runs on
        } else {
            let_go.push_back(take(old->id));
        }
    }
    return &renew(std::move(ask));
}

Ask& AskTable::renew(Ask ask) {
    ask.id = ++last_;
    ask.begun.reset();
    by_task_[{ask.store, ask.state.uid}] = ask.id;
    return asks_.emplace(ask.id, std::move(ask)).first->second;
}

Ask AskTable::take(std::uint64_t id) {
    const auto found = asks_.find(id);
    Ask ask = std::move(found->second);
    asks_.erase(found);
    const auto named = by_task_.find({ask.store, ask.state.uid});
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

Ask* AskTable::next_call() {
    while (calling_ == 0 && !native_.empty()) {
        Ask* const ask = find(native_.front());
        native_.pop_front();
        if (ask != nullptr) return ask;
    }
    return nullptr;
}

void AskTable::begin(Ask& ask, Micros elapsed) {
    if (!ask.begun) begun_.push_back(ask.id);
    ask.begun = elapsed;
}

std::vector<std::uint64_t> AskTable::overdue(Micros elapsed) {
    std::vector<std::uint64_t> found;
    for (const std::uint64_t id : begun_) {
        Ask& ask = *find(id);
        const Micros waited = elapsed - *ask.begun;
        if (waited < kTriggerDeadline) continue;
        // Seen so late, it was the machine that slept: the function gets its time again.
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
