// StartLog: what was called, and when it returned, as the simulated executors saw it. It knows nothing of the ledger.
#pragma once

#include <string>
#include <vector>

#include "core/model/clock_line.hpp"
#include "core/model/fire.hpp"
#include "core/model/policy.hpp"

namespace uvsched::simulation {

struct Call {
    std::string store;  // alias
    std::string task;
    FireKey key;
    Instant scheduled = 0;  // wall time, as the run was told
    std::int32_t attempt = 0;
    int life = 0;  // of the process: it grows with each crash and each restart
    Now began;
    Instant latest = 0;      // the latest time that the wall clock had shown by then
    Micros ended = kLatest;  // elapsed time; kLatest: it has not, or its process died
    [[nodiscard]] bool returned() const noexcept { return ended != kLatest; }
    // Of the task, when its function was called.
    OnCrash on_crash = OnCrash::rerun;
    std::int32_t max_instances = 1;
};

class StartLog {
public:
    // The place of the call, for ended().
    std::size_t began(Call call) {
        calls_.push_back(std::move(call));
        return calls_.size() - 1;
    }
    void ended(std::size_t place, Micros elapsed) { calls_[place].ended = elapsed; }
    [[nodiscard]] const std::vector<Call>& calls() const noexcept { return calls_; }

private:
    std::vector<Call> calls_;
};

}  // namespace uvsched::simulation
