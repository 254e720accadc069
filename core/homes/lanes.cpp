#include "core/homes/lanes.hpp"

#include <algorithm>
#include <utility>

#include "core/triggers/custom.hpp"

namespace uvsched {
namespace {

constexpr std::size_t kLookLimit = 256;  // fires asked for at once

// After a look that found nothing although something was due.
constexpr Micros kLookPause = kSecond;

bool is_due(const Store::Wake& wake, const Now& now) noexcept {
    return (wake.wall && *wake.wall <= now.wall) || (wake.elapsed && *wake.elapsed <= now.elapsed);
}

}  // namespace

Lanes::Lanes(std::size_t executors)
    : groups_(std::make_shared<const std::vector<LaneGroup>>()),
      wakes_(executors),
      asked_(executors),
      asking_(executors),
      not_before_(executors, kEarliest) {}

void Lanes::make_room(std::size_t executors) {
    for (auto* const wakes : {&wakes_, &asked_, &asking_}) wakes->reserve(executors);
    not_before_.reserve(executors);
    for (auto* const wakes : {&wakes_, &asked_, &asking_}) wakes->resize(executors);
    not_before_.resize(executors, kEarliest);
}

void Lanes::clear() noexcept {
    lanes_.clear();
    reported_.clear();
}

bool Lanes::assign(std::vector<Lane> lanes) noexcept {
    lanes_.swap(lanes);
    return !std::equal(lanes.begin(), lanes.end(), lanes_.begin(), lanes_.end(),
                       [](const Lane& before, const Lane& now) { return before.number == now.number; });
}

bool Lanes::add(const StoredTask& task) {
    const auto known = [&](const Lane& lane) { return lane.number == task.lane; };
    if (std::any_of(lanes_.begin(), lanes_.end(), known)) return false;
    lanes_.push_back({.number = task.lane,
                      .executor = task.definition->executor,
                      .function = task.definition->function,
                      .trigger = std::string(custom_name(*task.definition->trigger)),
                      .example = task.number,
                      .example_id = task.definition->id});
    return true;
}

void Lanes::regroup(const std::function<std::optional<std::uint16_t>(const Lane&)>& executor_of) {
    std::vector<LaneGroup> groups(wakes_.size());
    for (const Lane& lane : lanes_) {
        if (const auto executor = executor_of(lane)) groups[*executor].lanes.push_back(lane.number);
    }
    for (std::size_t i = 0; i < groups.size(); ++i) groups[i].executor = static_cast<std::uint16_t>(i);
    std::erase_if(groups, [](const LaneGroup& group) { return group.lanes.empty(); });
    groups_ = std::make_shared<const std::vector<LaneGroup>>(std::move(groups));
    for (const LaneGroup& group : *groups_) wakes_[group.executor] = {.wall = kEarliest, .elapsed = {}};
    std::fill(not_before_.begin(), not_before_.end(), kEarliest);
    std::fill(asked_.begin(), asked_.end(), Store::Wake{});  // a look under way was made for other groups
}

void Lanes::set_wakes(const GroupWakes& found) noexcept {
    if (groups_ != found.groups) return;  // regroup() has asked for a look at them, which must not be forgotten
    for (std::size_t i = 0; i < found.wakes.size(); ++i) {
        const std::uint16_t executor = (*found.groups)[i].executor;
        if (found.wakes[i] == wakes_[executor]) continue;
        wakes_[executor] = found.wakes[i];
        not_before_[executor] = kEarliest;
    }
}

std::vector<LookWant> Lanes::wanted(const Now& now, std::span<const std::size_t> rooms) {
    std::vector<LookWant> wanted;
    std::fill(asking_.begin(), asking_.end(), Store::Wake{});
    for (const LaneGroup& group : *groups_) {
        const std::size_t room = rooms[group.executor];
        const Store::Wake& wake = wakes_[group.executor];
        if (room == 0 || !is_due(wake, now) || not_before_[group.executor] > now.wall) continue;
        wanted.push_back({group.executor, group.lanes, std::min(room, kLookLimit)});
        asking_[group.executor] = wake;
    }
    return wanted;
}

void Lanes::posted() noexcept {
    pending_ = true;
    asked_.swap(asking_);
}

// A due time that came after the look does not rest.
void Lanes::looked(const Now& then, bool fruitless, Instant now) noexcept {
    pending_ = false;
    if (!fruitless) return;
    for (const LaneGroup& group : *groups_) {
        const Store::Wake& wake = wakes_[group.executor];
        if (is_due(wake, then) && wake == asked_[group.executor]) not_before_[group.executor] = now + kLookPause;
    }
}

bool Lanes::any_due(const Now& now) const noexcept {
    return std::any_of(groups_->begin(), groups_->end(),
                       [&](const LaneGroup& group) { return is_due(wakes_[group.executor], now); });
}

Instant Lanes::next_deadline(const Now& now, std::span<const std::size_t> rooms) const noexcept {
    Instant deadline = kLatest;
    for (const LaneGroup& group : *groups_) {
        const Store::Wake& wake = wakes_[group.executor];
        if (rooms[group.executor] == 0 && is_due(wake, now)) continue;  // RunSink::has_room() will wake the loop
        Instant due = wake.wall.value_or(kLatest);
        if (wake.elapsed) due = std::min(due, saturating_add(*wake.elapsed, now.to_wall()));
        if (due != kLatest) deadline = std::min(deadline, std::max(due, not_before_[group.executor]));
    }
    return deadline;
}

}  // namespace uvsched
