// Node: a node of a store on a server, for tests of several.
#pragma once

#include <chrono>
#include <memory>

#include "core/platform/descriptors.hpp"
#include "tests/stores/ledger.hpp"

namespace ledger {

class Node {
public:
    explicit Node(const ServerPlace& place, bool manual = true, Micros lease = kDefaultLease)
        : store_(place.make_store(lease)), manual_(manual) {
        open();
    }
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;
    ~Node() { store_->close(); }

    void open() {
        opened_ = store_->open({.wall = kStart, .real = !manual_, .label = "worker", .retention = {}, .ours = {}});
        membership_ = store_->membership();
    }
    [[nodiscard]] Store& store() { return *store_; }
    [[nodiscard]] const Opened& opened() const { return opened_; }
    [[nodiscard]] NodeNumber number() const { return opened_.node; }
    [[nodiscard]] BeatAnswer beat() { return membership_->beat(); }
    [[nodiscard]] Membership& membership() { return *membership_; }

    // Waits for what others tell.
    [[nodiscard]] bool is_told() {
        wait_readable(membership_->descriptor(), -1, std::chrono::seconds(5));
        return is_readable(membership_->descriptor()) && membership_->heard();
    }
    [[nodiscard]] bool is_silent() { return !is_readable(membership_->descriptor()); }

private:
    std::unique_ptr<Store> store_;
    bool manual_;
    Opened opened_;
    std::shared_ptr<Membership> membership_;
};

}  // namespace ledger
