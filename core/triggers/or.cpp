#include <algorithm>

#include "core/triggers/combined.hpp"

namespace uvsched {
namespace {

class OrTrigger final : public Combined {
public:
    using Combined::check;

    explicit OrTrigger(CombineOptions given) : Combined(std::move(given)), longest_(options().jitter) {
        if (longest_ != 0) return;
        for (const TriggerPtr& child : options().triggers) longest_ = std::max(longest_, child->jitter());
    }

    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::or_; }
    [[nodiscard]] Micros jitter() const noexcept override { return longest_; }

    [[nodiscard]] Micros jitter_at(Instant nominal, Instant anchor) const override {
        if (options().jitter != 0) return options().jitter;
        Micros longest = 0;
        int left = kMostAsked;
        for (const TriggerPtr& child : options().triggers) {
            if (child->jitter() > longest && gives(*child, nominal, anchor, left)) {
                longest = std::max(longest, child->jitter_at(nominal, anchor));
            }
        }
        return longest;
    }

    // If the instant is a match for one child, it is a match, whatever it is for the others.
    [[nodiscard]] Why why(Instant time, Instant anchor) const override {
        std::optional<Why> best;
        int left = kMostAsked;
        for (const TriggerPtr& child : options().triggers) {
            if (!gives(*child, time, anchor, left)) continue;
            const Why one = child->why(time, anchor);
            best = std::min(best.value_or(one), one);
        }
        return best.value_or(Why::match);
    }

private:
    static bool gives(const Trigger& child, Instant time, Instant anchor, int& left) {
        return time > kEarliest && ask(child, time - 1, anchor, left) == time;
    }

    [[nodiscard]] std::optional<Instant> search(Instant after, Instant anchor, int& left) const override {
        std::optional<Instant> first;
        for (const TriggerPtr& child : options().triggers) {
            const auto time = ask(*child, after, anchor, left);
            if (time) first = std::min(first.value_or(*time), *time);
        }
        return first;
    }

    [[nodiscard]] std::optional<Instant> search_back(Instant before, Instant anchor, int& left) const override {
        std::optional<Instant> last;
        for (const TriggerPtr& child : options().triggers) {
            const auto time = ask_back(*child, before, anchor, left);
            if (time) last = std::max(last.value_or(*time), *time);
        }
        return last;
    }

    [[nodiscard]] TriggerPtr of(CombineOptions options) const override {
        return std::make_shared<OrTrigger>(std::move(options));
    }

    Micros longest_;
};

}  // namespace

TriggerPtr make_or_trigger(const CombineOptions& options) {
    OrTrigger::check(options, "or");
    return std::make_shared<OrTrigger>(options);
}

}  // namespace uvsched
