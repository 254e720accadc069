// What a scheduler tells operators of a durable store.
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "core/base/quote.hpp"
#include "core/homes/durable_home.hpp"
#include "core/triggers/custom.hpp"

namespace uvsched {
namespace {

constexpr std::size_t kReadAtOnce = 1'000;
constexpr std::size_t kToldAtMost = 20;  // of one kind of problem
constexpr auto kNap = std::chrono::milliseconds(20);

}  // namespace

StoreReport DurableHome::report(Micros watch) {
    if (closed())
        fail(Code::not_running, "store \"" + alias() + "\" is closed: the scheduler is not running; start it first");
    StoreReport out;
    read([&](Store& store) { out = store.report(); });
    look_for_unreadable(out);
    look_for_unasked(out);
    watch_nodes(out, watch);
    out.now = present().wall;
    judge(out);
    return out;
}

// Rows that are counted and not listed. Nothing is known if others change something meanwhile.
void DurableHome::look_for_unreadable(StoreReport& report) {
    std::int64_t listed = 0;
    TaskCounts before;
    TaskCounts after;
    read([&](Store& store) { before = store.counts(); });
    std::string last;
    for (bool more = true; more;) {
        std::vector<StoredTask> page;
        read([&](Store& store) { page = store.list(last, kReadAtOnce, true); });
        listed += static_cast<std::int64_t>(page.size());
        more = !page.empty();
        if (more) last = page.back().definition->id;
    }
    read([&](Store& store) { after = store.counts(); });
    const std::int64_t counted = after.active + after.paused + after.finished;
    if (before != after || counted <= listed) return;
    report.problems.push_back("rows that cannot be read, and that no scheduler has come upon yet: " +
                              std::to_string(counted - listed));
}

void DurableHome::look_for_unasked(StoreReport& report) {
    std::vector<StoredTask> tasks;
    read([&](Store& store) { tasks = store.asking(); });
    std::erase_if(tasks, [](const StoredTask& task) { return task.open > 0; });
    for (const StoredTask& task : tasks) {
        if (&task == tasks.data() + kToldAtMost) break;
        const std::string_view name = custom_name(*task.definition->trigger);
        report.problems.push_back("task " + in_quotes(task.definition->id) +
                                  " has no next time, and has not finished: no scheduler that knows its trigger" +
                                  (name.empty() ? "" : ", " + std::string(name) + ",") + " has computed it");
    }
    if (tasks.size() > kToldAtMost) {
        report.problems.push_back("and " + std::to_string(tasks.size() - kToldAtMost) +
                                  " more tasks have no next time");
    }
}

// Which of them beat, where the store does not know. Each does so five times in a lease.
void DurableHome::watch_nodes(StoreReport& report, Micros watch) {
    using State = NodeReport::State;
    const auto unsure = [&] {
        return std::ranges::any_of(report.nodes, [](const NodeReport& node) { return node.state == State::unsure; });
    };
    const Micros enough = report.lease * 2 / 5;
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(std::min(enough, watch));
    while (unsure() && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(kNap);
        std::vector<NodeReport> now;
        read([&](Store& store) { now = store.nodes(); });
        for (NodeReport& node : report.nodes) {
            if (!node.lives()) continue;
            const auto found = std::ranges::find(now, node.number, &NodeReport::number);
            if (found == now.end() || !found->lives()) {
                node.state = State::left;
            } else if (found->beats != node.beats) {
                node.state = State::open;
                node.lanes = found->lanes;
            }
        }
    }
    if (watch < enough) return;
    for (NodeReport& node : report.nodes) {
        if (node.state == State::unsure) node.state = State::silent;
    }
}

}  // namespace uvsched
