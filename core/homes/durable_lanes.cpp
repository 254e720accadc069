// Which tasks of a durable store can run in this process.
#include <utility>

#include "core/base/memory.hpp"
#include "core/homes/durable_home.hpp"
#include "core/triggers/custom.hpp"

namespace uvsched {

// The executor of a task that this process has all for.
std::optional<std::uint16_t> DurableHome::place_for(const Definition& task) const {
    const auto executor = parts_.dispatcher.find(task.executor);
    const FunctionVersion* const function = parts_.runs.functions().find(task.function);
    if (!executor || function == nullptr) return std::nullopt;
    if (!parts_.dispatcher.is_queue(*executor) && function->function.call == nullptr) return std::nullopt;
    const std::string_view trigger = custom_name(*task.trigger);
    if (!trigger.empty() && !parts_.asker.knows(std::string(trigger))) return std::nullopt;
    return executor;
}

std::string DurableHome::why_unrunnable(const Lane& lane) const {
    if (lane.format > kDefinitionFormat) {
        return "its definition was written by a newer uvsched (format " + std::to_string(lane.format) + ")";
    }
    const auto executor = parts_.dispatcher.find(lane.executor);
    if (!executor) return "executor \"" + lane.executor + "\" is not configured in this process";
    const FunctionVersion* const function = parts_.runs.functions().find(lane.function);
    if (function == nullptr) return "function \"" + lane.function + "\" is not registered in this process";
    if (!parts_.dispatcher.is_queue(*executor) && function->function.call == nullptr) {
        return "function \"" + lane.function + "\" belongs to another language, but executor \"" + lane.executor +
               "\" is native";
    }
    if (!lane.trigger.empty() && !parts_.asker.knows(lane.trigger)) {
        return "trigger \"" + lane.trigger + "\" is not registered in this process";
    }
    return {};
}

// If there is no memory for it now, the loop does it later.
void DurableHome::regroup() noexcept {
    if (!driver_ || visits()) return;
    try {
        lanes_.regroup([this](const Lane& lane) {
            return why_unrunnable(lane).empty() ? parts_.dispatcher.find(lane.executor) : std::nullopt;
        });
        lanes_stale_ = false;
    } catch (const std::bad_alloc&) {
        lanes_stale_ = true;
        parts_.shared.lack_memory();
        return;
    }
    driver_->set_groups(lanes_.groups());
    parts_.shared.alarm.wake();
}

// Those of other nodes too. On the store's thread, in the order of its reads.
void DurableHome::learn_lanes(std::vector<Lane>&& lanes) {
    if (lanes_.assign(std::move(lanes))) regroup();
}

void DurableHome::learn_lane(const StoredTask& task) {
    bool added = false;
    insist([&] { added = lanes_.add(task); });
    if (added) regroup();
}

void DurableHome::executor_added() {
    companion_.executor_added();
    lanes_.make_room(parts_.dispatcher.count());
    regroup();
}

void DurableHome::executor_removed(std::uint16_t executor) noexcept {
    companion_.executor_removed(executor);
    regroup();
    insist([this] { report_unrunnable(); });
}

void DurableHome::report_unrunnable() {
    if (visits()) return;
    lanes_.each_unreported([this](const Lane& lane) {
        const std::string why = why_unrunnable(lane);
        if (why.empty()) return false;
        parts_.shared.notices.tell(EventCode::task_unrunnable, alias(), lane.example_id, why + ways_out(lane));
        return true;
    });
}

std::string DurableHome::ways_out(const Lane& lane) const {
    std::string text = "; its tasks stay in the store and wait";
    if (lane.format > kDefinitionFormat) return text + ": update uvsched, or delete the task";
    const auto declared = declared_.find(lane.example_id);
    if (declared != declared_.end() && declared->second != lane.function) {
        text += " (this program declares \"" + lane.example_id + "\" with \"" + declared->second + "\")";
    }
    if (!parts_.dispatcher.find(lane.executor)) {
        return text + ": add an executor \"" + lane.executor + "\", give the task another one, or delete it";
    }
    text += ": add the task again under that id (with replace_existing once the scheduler runs), ";
    const bool function = lane.trigger.empty() || parts_.runs.functions().find(lane.function) == nullptr;
    const std::string& lacked = function ? lane.function : lane.trigger;
    const std::string module = lacked.substr(0, lacked.find(':'));
    const bool python = module.size() < lacked.size();
    text += python ? "start with trusted_modules=[\"" + module + "\"]"
                   : std::string("register the ") + (function ? "function" : "trigger");
    return text + ", or delete the task";
}

}  // namespace uvsched
