// Combined: the common part of `and` and `or`.
#pragma once

#include <atomic>

#include "core/triggers/combine.hpp"

namespace uvsched {

class Combined : public Trigger {
public:
    explicit Combined(CombineOptions options);

    [[nodiscard]] std::optional<Instant> next(Instant after, Instant anchor) const final;
    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant anchor) const final;
    [[nodiscard]] bool gave_up(Instant after) const final;
    [[nodiscard]] Count count(Instant first, Instant last, Instant anchor, std::int64_t limit) const final;
    [[nodiscard]] TriggerPtr with_key(const std::string& key) const final;
    [[nodiscard]] std::optional<TimeZone> zone() const final;  // its own, else the zone of the first child that has one
    [[nodiscard]] std::optional<Instant> end_at() const noexcept final { return options_.end_at; }
    [[nodiscard]] nlohmann::json to_json() const final;
    [[nodiscard]] std::string describe() const final;

protected:
    // Throws Error(invalid); `word` is the name of the trigger.
    static void check(const CombineOptions& options, const char* word);

    // Search without start_at and end_at; `left` is the number of questions to children that are left.
    [[nodiscard]] virtual std::optional<Instant> search(Instant after, Instant anchor, int& left) const = 0;
    [[nodiscard]] virtual std::optional<Instant> search_back(Instant before, Instant anchor, int& left) const = 0;

    // This rule with other children.
    [[nodiscard]] virtual TriggerPtr of(CombineOptions options) const = 0;

    // A child's next or previous time, which uses up one of the questions that are left. nullopt also if the child is
    // combined itself and no question is left.
    static std::optional<Instant> ask(const Trigger& child, Instant after, Instant anchor, int& left);
    static std::optional<Instant> ask_back(const Trigger& child, Instant before, Instant anchor, int& left);

    [[nodiscard]] const CombineOptions& options() const noexcept { return options_; }

private:
    static const Combined* combined(const Trigger& child);  // nullptr if it is neither `and` nor `or`
    [[nodiscard]] std::optional<Instant> next_in(Instant after, Instant anchor, int& left) const;
    [[nodiscard]] std::optional<Instant> previous_in(Instant before, Instant anchor, int& left) const;
    [[nodiscard]] const char* word() const noexcept { return kind() == TriggerKind::and_ ? "and" : "or"; }

    CombineOptions options_;
    Instant first_;
    Instant last_;
    mutable std::atomic<Instant> given_up_after_{kLatest};  // the argument of the last next() that gave up
};

}  // namespace uvsched
