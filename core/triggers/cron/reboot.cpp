#include "core/triggers/cron/reboot.hpp"

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/triggers/cron/nicknames.hpp"

namespace uvsched {
namespace {

class RebootTrigger final : public Trigger {
public:
    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::boot; }
    [[nodiscard]] std::optional<Instant> next(Instant, Instant) const override { return std::nullopt; }
    [[nodiscard]] std::optional<Instant> previous(Instant, Instant) const override { return std::nullopt; }
    [[nodiscard]] nlohmann::json to_json() const override {
        return {{"type", "cron"}, {"expression", kRebootCanonical}};
    }
    [[nodiscard]] std::string describe() const override { return "cron @reboot, once when the scheduler starts"; }
};

void refuse_where(bool given, const char* argument) {
    if (given) fail(Code::invalid, std::string(argument) + ": \"@reboot\" has none; it is an event, not a time");
}

}  // namespace

TriggerPtr make_reboot_trigger(const CronOptions& options) {
    refuse_where(options.start_at.has_value(), "start_at");
    refuse_where(options.end_at.has_value(), "end_at");
    refuse_where(options.jitter != 0, "jitter");
    refuse_where(options.gap != CronGap::run_at_end, "gap");
    refuse_where(options.overlap != CronOverlap::first, "overlap");
    return std::make_shared<RebootTrigger>();
}

}  // namespace uvsched
