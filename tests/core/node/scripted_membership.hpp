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
    bool certain = true;  // its silence proves that nobody joined
    bool news = true;     // what it tells is worth a beat
    std::function<void()> on_beat = [] {};
    Waker waker{"a test"};

    BeatAnswer beat() override {
        ++beats;
        on_beat();
        return answer;
    }
    [[nodiscard]] int descriptor() const noexcept override { return tells ? waker.descriptor() : -1; }
    [[nodiscard]] bool tells_who_joins() const noexcept override { return tells && certain; }
    bool heard() noexcept override {
        waker.clear();
        ++told;
        return news;
    }

    // Another node does something.
    void tell() const noexcept { waker.wake(); }
};

}  // namespace uvsched::test
