// Backend: an empty store at a place of its own, opened. The conformance tests run on that of the store that the
// program was started for.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "core/stores/store.hpp"
#include "tests/stores/chosen_store.hpp"
#include "tests/stores/place.hpp"
#include "tests/stores/recover_dead.hpp"

class Backend {
public:
    Backend() : Backend(make_place()) {}
    explicit Backend(std::unique_ptr<Place> place)
        : place_(std::move(place)), store_(place_->make_failing_store(failing_step)) {
        open();
    }
    Backend(const Backend&) = delete;
    Backend& operator=(const Backend&) = delete;
    ~Backend() { store_->close(); }

    [[nodiscard]] uvsched::Store& store() { return *store_; }
    [[nodiscard]] Place& place() { return *place_; }
    [[nodiscard]] const uvsched::Opened& opened() const { return opened_; }
    // What was recovered of the last node.
    [[nodiscard]] const uvsched::Recovered& left() const { return left_; }
    uvsched::Retention retention{};

    // A step of a transaction that fails, as on a full disk; empty: none does. Which one it is for, the test knows.
    std::string failing_step{};

    void open(uvsched::Instant now = kStart) {
        opened_ = store_->open({.wall = now, .label = "node-1", .retention = retention});
        left_ = recover_dead(*store_, opened_, now);
    }
    // What a restart after a crash is: whatever was claimed or running belongs to a dead process.
    void reopen(uvsched::Instant now = kStart) {
        store_->close();
        open(now);
    }
    // Replaces a task's stored definition behind the store's back.
    void damage(const std::string& id, const std::string& definition) {
        store_->close();
        place_->write_definition(id, definition);
        open();
    }

private:
    std::unique_ptr<Place> place_;
    std::unique_ptr<uvsched::Store> store_;
    uvsched::Opened opened_;
    uvsched::Recovered left_;
};

// One at a place of a certain kind.
template <class Kind>
class BackendAt : public Backend {
public:
    explicit BackendAt(std::unique_ptr<Kind> place = std::make_unique<Kind>())
        : Backend(std::unique_ptr<Place>(std::move(place))) {}

    [[nodiscard]] Kind& place() { return static_cast<Kind&>(Backend::place()); }
};

// One on a server of the store that the program was started for.
class ServerBackend : public BackendAt<ServerPlace> {
public:
    ServerBackend() : BackendAt(make_server_place()) {}
};
