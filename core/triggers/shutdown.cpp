#include "core/triggers/shutdown.hpp"

#include <nlohmann/json.hpp>

#include "core/triggers/json_readers.hpp"

namespace uvsched {
namespace {

class ShutdownTrigger final : public Trigger {
public:
    [[nodiscard]] TriggerKind kind() const noexcept override { return TriggerKind::shutdown; }
    [[nodiscard]] std::optional<Instant> next(Instant, Instant) const override { return std::nullopt; }
    [[nodiscard]] std::optional<Instant> previous(Instant, Instant) const override { return std::nullopt; }
    [[nodiscard]] nlohmann::json to_json() const override { return {{"type", "shutdown"}}; }
    [[nodiscard]] std::string describe() const override { return "at shutdown"; }
};

}  // namespace

TriggerPtr make_shutdown_trigger() { return std::make_shared<ShutdownTrigger>(); }

TriggerPtr read_shutdown(JsonFields& fields, const TimeZone& /*zone*/) {
    fields.refuse_others();
    return make_shutdown_trigger();
}

}  // namespace uvsched
