// The other nodes of a store, as a test says.
#pragma once

#include <functional>
#include <vector>

#include "core/platform/waker.hpp"
#include "core/stores/membership.hpp"

namespace uvsched::test {

struct ScriptedMembership final : Membership {
    BeatAnswer answer;
    int beats = 0;
    int told = 0;  // how often others told something that was heard
    bool tells = true;
    std::function<void()> on_beat = [] {};
    Waker waker{"a test"};

    BeatAnswer beat() override {
        ++beats;
        on_beat();
        return answer;
    }
    [[nodiscard]] int descriptor() const noexcept override { return tells ? waker.descriptor() : -1; }
    void heard() noexcept override {
        waker.clear();
        ++told;
    }

    // Another node does something.
    void tell() const noexcept { waker.wake(); }
};

}  // namespace uvsched::test
