// Place: where a test keeps a store (a file, a schema, a prefix of keys); it is empty at first, and goes with the test.
// Tests ask of any place, whatever the store, what an operator can do there behind the store's back.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/stores/lease.hpp"
#include "core/stores/store.hpp"
#include "tests/stores/faults.hpp"
#include "tests/stores/server.hpp"

class Place {
public:
    Place() = default;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    virtual ~Place() = default;

    // Of the store, with further options: "&lease=2".
    [[nodiscard]] virtual std::string url(const std::string& options) const = 0;

    // A store here whose transactions fail at the step that `failing` names by then, as on a full disk; while it is
    // empty, none does.
    [[nodiscard]] virtual std::unique_ptr<uvsched::Store> make_failing_store(const std::string& failing) = 0;

    // ---- what the store is like ----

    // Whether it has a line of elapsed time besides the wall clock's.
    [[nodiscard]] virtual bool has_elapsed_line() const { return false; }
    // Whether a batch without effect is a transaction too, which can fail.
    [[nodiscard]] virtual bool commits_nothing() const { return true; }

    // ---- what is there ----

    // The rows of history, in order of task and time: "id first last times state reason", "-" where there is no reason.
    [[nodiscard]] virtual std::string rows() = 0;
    // How many fires are open, and tasks not finished, together.
    [[nodiscard]] virtual std::string left() = 0;
    [[nodiscard]] virtual std::string tasks() = 0;
    [[nodiscard]] virtual bool is_whole() { return true; }

    // ---- what an operator does ----

    [[nodiscard]] virtual std::string changes() = 0;
    virtual void set_changes(const std::string& number) = 0;
    virtual void put_task_on(uvsched::TaskNumber task, uvsched::LaneNumber lane) = 0;
    virtual void put_ready_fires_on(uvsched::LaneNumber lane) = 0;
    virtual void write_definition(const std::string& id, const std::string& definition) = 0;
};

// A place on a server.
class ServerPlace : public Place {
public:
    // ---- what the store is like ----

    // Whether others hear at once what one did. Otherwise they see it with their next beats.
    [[nodiscard]] virtual bool tells() const { return true; }
    // Whether a batch is one transaction. Otherwise each task of it is written for itself.
    [[nodiscard]] virtual bool all_or_none() const { return true; }

    // ---- stores here ----

    [[nodiscard]] std::unique_ptr<uvsched::Store> make_failing_store(const std::string& failing) override {
        faults_ = std::make_unique<Faults>([this, &failing](const std::string& name) {
            return !failing.empty() && fails_at(failing, name) ? Fault::refused : Fault::none;
        });
        return make_faulty_store();
    }

    [[nodiscard]] std::unique_ptr<uvsched::Store> make_store(uvsched::Micros lease = uvsched::kDefaultLease) const {
        return make(lease, false);
    }
    // One to which happens what Faults say.
    [[nodiscard]] std::unique_ptr<uvsched::Store> make_faulty_store() const {
        return make(uvsched::kDefaultLease, true);
    }

    // From now on the clock of all servers, as faulty stores see it, is so much later than this machine's.
    virtual void move_clock(uvsched::Micros ahead) const = 0;
    // Whether a statement, script or command is what makes it happen.
    [[nodiscard]] virtual bool is_commit(const std::string& name) const = 0;

    // ---- what is there ----

    [[nodiscard]] virtual std::vector<uvsched::NodeNumber> nodes() = 0;
    [[nodiscard]] uvsched::NodeNumber node_beside(uvsched::NodeNumber living) {
        for (const uvsched::NodeNumber node : nodes()) {
            if (node != living) return node;
        }
        throw std::runtime_error("there is no other node");
    }
    // Fires that ended well; -1 if one of them did so twice.
    [[nodiscard]] virtual std::int64_t done_rows() = 0;
    [[nodiscard]] virtual std::int64_t open_fires() = 0;
    [[nodiscard]] virtual uvsched::Instant server_time() = 0;

private:
    [[nodiscard]] virtual std::unique_ptr<uvsched::Store> make(uvsched::Micros lease, bool faulty) const = 0;
    // Whether it is at this step of a transaction.
    [[nodiscard]] virtual bool fails_at(const std::string& step, const std::string& name) const = 0;

    std::unique_ptr<Faults> faults_;
};
