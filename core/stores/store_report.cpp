#include "core/stores/store_report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/quote.hpp"
#include "core/time/span_text.hpp"

namespace uvsched {
namespace {

constexpr Micros kLate = kMinute;  // before that, somebody may be about to take it

bool has_lane(const NodeReport& node, LaneNumber lane) {
    return node.lives() && node.lanes && std::ranges::find(*node.lanes, lane) != node.lanes->end();
}

std::string needs(const Lane& lane) {
    std::string out = "executor " + in_quotes(lane.executor) + " and function " + in_quotes(lane.function);
    if (!lane.trigger.empty()) out += " and trigger " + in_quotes(lane.trigger);
    if (lane.format > kDefinitionFormat) out += " and a newer uvsched (format " + std::to_string(lane.format) + ")";
    return out;
}

std::string counted(std::int64_t number, const char* one, const char* many) {
    return std::to_string(number) + " " + (number == 1 ? one : many);
}

nlohmann::json maybe(const std::optional<Instant>& at) { return at ? nlohmann::json(*at) : nlohmann::json(); }

}  // namespace

const char* state_text(NodeReport::State state) noexcept {
    switch (state) {
        case NodeReport::State::open:
            return "open";
        case NodeReport::State::silent:
            return "silent";
        case NodeReport::State::unsure:
            return "unsure";
        case NodeReport::State::left:
            return "left";
        case NodeReport::State::died:
            return "died";
    }
    return "unsure";
}

void judge(StoreReport& report) {
    const bool any_lives = std::ranges::any_of(report.nodes, &NodeReport::lives);
    // One that did not say what it has may have anything.
    const bool all_said =
        std::ranges::all_of(report.nodes, [](const NodeReport& node) { return !node.lives() || node.lanes; });
    for (LaneReport& lane : report.lanes) {
        lane.has_node =
            std::ranges::any_of(report.nodes, [&](const NodeReport& node) { return has_lane(node, lane.lane.number); });
        const Micros late = lane.oldest ? saturating_sub(report.now, *lane.oldest) : 0;
        const std::string late_by = late > kLate ? ", late by " + span_text(late - late % kSecond) : "";
        if (any_lives && all_said && !lane.has_node) {
            report.problems.push_back(counted(lane.tasks, "task", "tasks") + late_by +
                                      ": no scheduler that has the store open has " + needs(lane.lane));
        } else if (!late_by.empty()) {
            report.problems.push_back(counted(lane.tasks, "task", "tasks") + late_by + ": " +
                                      (any_lives ? "no scheduler takes what needs " : "no scheduler is there for ") +
                                      needs(lane.lane));
        }
    }
    for (const NodeReport& node : report.nodes) {
        if (node.state != NodeReport::State::silent) continue;
        report.problems.push_back("scheduler " + in_quotes(node.label) + " (process " + std::to_string(node.process) +
                                  ") gives no sign of life; after a lease (" + span_text(report.lease) +
                                  ") the others take over what it has");
    }
    for (const Quarantined& task : report.apart) {
        report.problems.push_back("task " + in_quotes(task.id) + " cannot be read: " + task.why);
    }
}

nlohmann::json report_json(const StoreReport& report) {
    nlohmann::json nodes = nlohmann::json::array();
    for (const NodeReport& node : report.nodes) {
        nodes.push_back({{"number", node.number},
                         {"label", node.label},
                         {"process", node.process},
                         {"version", node.version},
                         {"state", state_text(node.state)},
                         {"lanes", node.lanes ? nlohmann::json(*node.lanes) : nlohmann::json()}});
    }
    nlohmann::json lanes = nlohmann::json::array();
    for (const LaneReport& each : report.lanes) {
        lanes.push_back({{"number", each.lane.number},
                         {"executor", each.lane.executor},
                         {"function", each.lane.function},
                         {"trigger", each.lane.trigger},
                         {"format", each.lane.format},
                         {"tasks", each.tasks},
                         {"oldest_due", maybe(each.oldest)},
                         {"has_node", each.has_node}});
    }
    nlohmann::json apart = nlohmann::json::array();
    for (const Quarantined& task : report.apart) apart.push_back({{"id", task.id}, {"why", task.why}});
    return {{"server", report.server},    {"schema", report.schema},   {"min_reader", report.min_reader},
            {"now", report.now},          {"lease", report.lease},     {"tasks", report.tasks},
            {"fires", report.fires},      {"history", report.history}, {"nodes", std::move(nodes)},
            {"lanes", std::move(lanes)},  {"apart", std::move(apart)}, {"more", report.more},
            {"problems", report.problems}};
}

}  // namespace uvsched
