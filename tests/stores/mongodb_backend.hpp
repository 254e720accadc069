// MongodbBackend: a store in collections of its own on the tests' server.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/stores/mongodb/mongodb_module.hpp"
#include "core/stores/mongodb/mongodb_store.hpp"
#include "core/stores/mongodb/session.hpp"
#include "tests/stores/faulty_mongodb.hpp"
#include "tests/stores/mongodb_server.hpp"
#include "tests/stores/recover_dead.hpp"

// Collections that are dropped when the test is over, and a link of an operator, who works in them.
class MongodbPlace {
public:
    using Document = uvsched::mongodb::Document;

    explicit MongodbPlace(const MongodbServer& server = MongodbServer::shared())
        : name_("test_" + std::to_string(::getpid()) + "_" + std::to_string(++last_)),
          options_(read(server.url("&collection=" + name_))),
          session_(options_, 10 * uvsched::kSecond, 60 * uvsched::kSecond) {}
    MongodbPlace(const MongodbPlace&) = delete;
    MongodbPlace& operator=(const MongodbPlace&) = delete;
    ~MongodbPlace() {
        try {
            clear();
        } catch (const std::exception&) {
            return;  // the server is gone by then
        }
    }

    static uvsched::MongodbOptions read(const std::string& url) {
        uvsched::StoreFields fields(url, "test");
        return uvsched::read_mongodb_options(fields);
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::string name(const std::string& kind) const { return name_ + "." + kind; }
    [[nodiscard]] const uvsched::MongodbOptions& options() const { return options_; }

    void clear() {
        for (const std::string& each : {name_, name("history"), name("nodes"), name("lanes")}) {
            try {
                run({{"drop", each}});
            } catch (const uvsched::mongodb::Refusal&) {
                continue;  // it is not there
            }
        }
    }

    Document run(const Document& command) { return session_.run(command); }
    std::vector<Document> find(const std::string& collection, Document filter = Document::object(),
                               Document order = {{"_id", 1}}) {
        return session_.ask({{"find", collection}, {"filter", std::move(filter)}, {"sort", std::move(order)}});
    }
    void set(const std::string& collection, Document filter, Document values) {
        Document change;
        change["$set"] = std::move(values);
        const Document one{{"q", std::move(filter)}, {"u", std::move(change)}, {"multi", true}};
        run({{"update", collection}, {"updates", Document::array({one})}});
    }

    // ---- what every place of a store on a server has ----

    using Server = MongodbServer;
    static constexpr bool kTells = false;      // others see with their next beats what one did
    static constexpr bool kAllOrNone = false;  // each task of a batch is written for itself
    [[nodiscard]] static std::vector<std::string> durable() { return {}; }

    [[nodiscard]] std::unique_ptr<uvsched::Store> make_store(uvsched::Micros lease = uvsched::kDefaultLease) const {
        uvsched::MongodbOptions options = options_;
        options.lease = lease;
        return uvsched::make_mongodb_store(std::move(options));
    }
    [[nodiscard]] std::unique_ptr<uvsched::Store> make_faulty_store() const {
        uvsched::MongodbOptions options = options_;
        options.driver = FaultyMongodb::table();
        return uvsched::make_mongodb_store(std::move(options));
    }
    // From now on the clock of all servers, as faulty stores see it, is so much later than this machine's.
    static void move_clock(uvsched::Micros ahead) { FaultyMongodb::ahead = ahead / uvsched::kMillisecond; }
    // Whether a command is what makes it happen.
    [[nodiscard]] static bool is_commit(const std::string& name) {
        return name == "update tasks" || name == "insert tasks" || name == "delete tasks";
    }
    [[nodiscard]] std::vector<uvsched::NodeNumber> nodes() {
        std::vector<uvsched::NodeNumber> out;
        for (const Document& each : find(name("nodes"))) {
            const uvsched::NodeNumber node = uvsched::mongodb::whole(each["_id"]);
            if (node != 0) out.push_back(node);
        }
        return out;
    }
    [[nodiscard]] uvsched::NodeNumber node_beside(uvsched::NodeNumber living) {
        for (const uvsched::NodeNumber node : nodes()) {
            if (node != living) return node;
        }
        throw std::runtime_error("there is no other node");
    }
    // Fires that ended well; -1 if one of them did so twice.
    [[nodiscard]] std::int64_t done_rows() {
        std::set<std::string> fires;
        std::int64_t rows = 0;
        for (const Document& row : find(name("history"), {{"state", "done"}})) {
            fires.insert(row["uid"].dump() + row["gen"].dump() + row["kind"].dump() + row["slot"].dump());
            ++rows;
        }
        return static_cast<std::int64_t>(fires.size()) == rows ? rows : -1;
    }
    [[nodiscard]] std::int64_t open_fires() {
        std::size_t out = 0;
        for (const Document& task : find(name_)) out += uvsched::mongodb::member(task, "open").size();
        return static_cast<std::int64_t>(out);
    }
    [[nodiscard]] uvsched::Instant server_time() {
        return uvsched::mongodb::instant_of(uvsched::mongodb::whole(run({{"isMaster", 1}})["localTime"]));
    }

private:
    static inline int last_ = 0;
    const std::string name_;
    const uvsched::MongodbOptions options_;
    uvsched::mongodb::Session session_;
};

using ServerPlace = MongodbPlace;
using FaultyServer = FaultyMongodb;

class MongodbBackend {
public:
    using Document = uvsched::mongodb::Document;
    static constexpr bool kHasElapsedLine = false;
    static constexpr bool kCommitsNothing = false;  // a batch without effect is a transaction too

    MongodbBackend() : store_(place_.make_faulty_store()) {
        FaultyMongodb::judge = [this](const std::string& name) { return fault_of(name); };
        open();
    }
    ~MongodbBackend() {
        store_->close();
        FaultyMongodb::judge = judged_before_;
    }
    MongodbBackend(const MongodbBackend&) = delete;
    MongodbBackend& operator=(const MongodbBackend&) = delete;

    [[nodiscard]] uvsched::Store& store() { return *store_; }
    [[nodiscard]] const uvsched::Opened& opened() const { return opened_; }
    // What was recovered of the last node.
    [[nodiscard]] const uvsched::Recovered& left() const { return left_; }
    [[nodiscard]] MongodbPlace& place() { return place_; }
    uvsched::Retention retention{};

    // A step of a transaction that fails, as without memory; empty: none does. Which one it is for, the test knows.
    std::string failing_step{};

    void open(uvsched::Instant now = kStart) {
        opened_ = store_->open({.wall = now, .label = "node-1", .retention = retention});
        left_ = recover_dead(*store_, opened_, now);
    }
    void reopen(uvsched::Instant now = kStart) {
        store_->close();
        open(now);
    }

    // ---- what an operator does ----

    void damage(const std::string& id, const std::string& definition) {
        store_->close();
        place_.set(place_.name(), {{"key", id}}, {{"def", definition}});
        open();
    }
    [[nodiscard]] std::string changes() {
        return place_.find(place_.name("nodes"), {{"_id", "store"}}).at(0)["changes"].dump();
    }
    void set_changes(const std::string& number) {
        place_.set(place_.name("nodes"), {{"_id", "store"}}, {{"changes", std::stoll(number)}});
    }
    void put_task_on(uvsched::TaskNumber task, uvsched::LaneNumber lane) {
        place_.set(place_.name(), {{"_id", task}}, {{"lane", lane}});
    }
    void put_ready_fires_on(uvsched::LaneNumber lane) {
        Document ready;
        ready["ready_at"]["$gt"] = 0;
        place_.set(place_.name(), std::move(ready), {{"lane", lane}});
    }

private:
    [[nodiscard]] FaultyMongodb::Fault fault_of(const std::string& name) const {
        if (failing_step.empty()) return FaultyMongodb::Fault::none;
        const bool meant = failing_step.starts_with("join") ? name == "insert nodes" : MongodbPlace::is_commit(name);
        return meant ? FaultyMongodb::Fault::refused : FaultyMongodb::Fault::none;
    }

    const std::function<FaultyMongodb::Fault(const std::string&)> judged_before_ = FaultyMongodb::judge;
    MongodbPlace place_;
    std::unique_ptr<uvsched::Store> store_;
    uvsched::Opened opened_;
    uvsched::Recovered left_;
};

using ServerBackend = MongodbBackend;
