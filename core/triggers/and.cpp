#include <algorithm>

#include "core/triggers/combined.hpp"

namespace uvsched {
namespace {

class AndTrigger final : public Combined {
public:
    using Combined::check;
    using Combined::Combined;

    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::and_; }
    [[nodiscard]] Micros jitter() const noexcept override { return options().jitter; }

    // An instant is the end of a gap if it is one for any of the children.
    [[nodiscard]] Why why(Instant time, Instant anchor) const override {
        Why all = Why::match;
        for (const TriggerPtr& child : options().triggers) {
            const Why one = child->why(time, anchor);
            if (one == Why::gap) return one;
            all = std::max(all, one);
        }
        return all;
    }

private:
    [[nodiscard]] std::optional<Instant> search(Instant after, Instant anchor, int& left) const override {
        while (left > 0) {
            Instant latest = kEarliest;
            Instant earliest = kLatest;
            for (const TriggerPtr& child : options().triggers) {
                const auto time = ask(*child, after, anchor, left);
                if (!time) return std::nullopt;
                latest = std::max(latest, *time);
                earliest = std::min(earliest, *time);
            }
            if (latest == earliest) return latest;
            if (latest > options().end_at.value_or(kLatest)) return std::nullopt;
            after = latest - 1;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<Instant> search_back(Instant before, Instant anchor, int& left) const override {
        while (left > 0) {
            Instant latest = kEarliest;
            Instant earliest = kLatest;
            for (const TriggerPtr& child : options().triggers) {
                const auto time = ask_back(*child, before, anchor, left);
                if (!time) return std::nullopt;
                latest = std::max(latest, *time);
                earliest = std::min(earliest, *time);
            }
            if (latest == earliest) return earliest;
            if (earliest < options().start_at.value_or(kEarliest)) return std::nullopt;
            before = earliest + 1;
        }
        return std::nullopt;
    }

    [[nodiscard]] TriggerPtr of(CombineOptions options) const override {
        return std::make_shared<AndTrigger>(std::move(options));
    }
};

}  // namespace

TriggerPtr make_and_trigger(const CombineOptions& options) {
    AndTrigger::check(options, "and");
    return std::make_shared<AndTrigger>(options);
}

}  // namespace uvsched
