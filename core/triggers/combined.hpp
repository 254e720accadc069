// Combined: what `and` and `or` have in common.
#pragma once

#include "core/triggers/combine.hpp"

namespace uvsched {

class Combined : public Trigger {
public:
    explicit Combined(CombineOptions options);

    [[nodiscard]] std::optional<Instant> next(Instant after, Instant anchor) const final;
    [[nodiscard]] std::optional<Instant> previous(Instant before, Instant anchor) const final;
    [[nodiscard]] bool gave_up(Instant after, Instant anchor) const final;
    [[nodiscard]] Count count(Instant first, Instant last, Instant anchor, std::int64_t limit) const final;
    [[nodiscard]] TriggerPtr with_key(const std::string& key) const final;
    [[nodiscard]] std::optional<TimeZone> zone() const final;  // its own, else the first that a child has
    [[nodiscard]] std::optional<Instant> end_at() const noexcept final { return options_.end_at; }
    [[nodiscard]] nlohmann::json to_json() const final;
    [[nodiscard]] std::string describe() const final;

protected:
    // Throws Error(invalid); `word` is what the trigger is called.
    static void check(const CombineOptions& options, const char* word);

    // The rule without its own start_at and end_at; `rounds` are those that are left of the question.
    [[nodiscard]] virtual std::optional<Instant> search(Instant after, Instant anchor, int& rounds) const = 0;
    [[nodiscard]] virtual std::optional<Instant> search_back(Instant before, Instant anchor, int& rounds) const = 0;

    // The same rule of other children.
    [[nodiscard]] virtual TriggerPtr of(CombineOptions options) const = 0;

    // A child's next and previous time, from the rounds that are left where it is combined itself.
    static std::optional<Instant> ask(const Trigger& child, Instant after, Instant anchor, int& rounds);
    static std::optional<Instant> ask_back(const Trigger& child, Instant before, Instant anchor, int& rounds);

    [[nodiscard]] const CombineOptions& options() const noexcept { return options_; }

private:
    static const Combined* combined(const Trigger& child);  // null where it is not
    [[nodiscard]] std::optional<Instant> next_in(Instant after, Instant anchor, int& rounds) const;
    [[nodiscard]] std::optional<Instant> previous_in(Instant before, Instant anchor, int& rounds) const;
    [[nodiscard]] const char* word() const noexcept { return kind() == TriggerKind::and_ ? "and" : "or"; }

    CombineOptions options_;
    Instant first_;
    Instant last_;
};

}  // namespace uvsched
