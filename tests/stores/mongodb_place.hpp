// MongodbPlace: collections of its own on the tests' server.
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
#include "tests/stores/backend.hpp"
#include "tests/stores/faulty_mongodb.hpp"
#include "tests/stores/mongodb_server.hpp"

// Collections that are dropped when the test is over, and a link of an operator, who works in them.
class MongodbPlace final : public ServerPlace {
public:
    using Document = uvsched::mongodb::Document;

    explicit MongodbPlace(const MongodbServer& server = MongodbServer::shared())
        : name_("test_" + std::to_string(::getpid()) + "_" + std::to_string(++last_)),
          server_(server),
          options_(read(server.url_of(name_))),
          session_(options_, 10 * uvsched::kSecond, 60 * uvsched::kSecond) {}
    ~MongodbPlace() override {
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

    using Server = MongodbServer;
    [[nodiscard]] static std::unique_ptr<Server> durable_server() { return std::make_unique<Server>(); }

    [[nodiscard]] bool commits_nothing() const override { return false; }
    [[nodiscard]] bool tells() const override { return false; }
    [[nodiscard]] bool all_or_none() const override { return false; }

    [[nodiscard]] std::string url(const std::string& options) const override { return server_.url_of(name_, options); }
    void move_clock(uvsched::Micros ahead) const override { FaultyMongodb::ahead = ahead / uvsched::kMillisecond; }
    [[nodiscard]] bool is_commit(const std::string& name) const override {
        return name == "update tasks" || name == "insert tasks" || name == "delete tasks";
    }
    [[nodiscard]] std::vector<uvsched::NodeNumber> nodes() override {
        std::vector<uvsched::NodeNumber> out;
        for (const Document& each : find(name("nodes"))) {
            const uvsched::NodeNumber node = uvsched::mongodb::whole(each["_id"]);
            if (node != 0) out.push_back(node);
        }
        return out;
    }
    [[nodiscard]] std::int64_t done_rows() override {
        std::set<std::string> fires;
        std::int64_t rows = 0;
        for (const Document& row : find(name("history"), {{"state", "done"}})) {
            fires.insert(row["uid"].dump() + row["gen"].dump() + row["kind"].dump() + row["slot"].dump());
            ++rows;
        }
        return static_cast<std::int64_t>(fires.size()) == rows ? rows : -1;
    }
    [[nodiscard]] std::int64_t open_fires() override {
        std::size_t out = 0;
        for (const Document& task : find(name_)) out += uvsched::mongodb::member(task, "open").size();
        return static_cast<std::int64_t>(out);
    }
    [[nodiscard]] uvsched::Instant server_time() override {
        return uvsched::mongodb::instant_of(uvsched::mongodb::whole(run({{"isMaster", 1}})["localTime"]));
    }

    [[nodiscard]] std::string rows() override {
        std::string out;
        for (const Document& row : find(name("history"), Document::object(), {{"task_id", 1}, {"first", 1}})) {
            const std::string reason(uvsched::mongodb::text_of(row["reason"]));
            out += std::string(uvsched::mongodb::text_of(row["task_id"])) + " " + row["first"].dump() + " " +
                   row["last"].dump() + " " + row["folded"].dump() + " " +
                   std::string(uvsched::mongodb::text_of(row["state"])) + " " + (reason.empty() ? "-" : reason) + "\n";
        }
        return out;
    }
    [[nodiscard]] std::string left() override {
        std::size_t out = 0;
        for (const Document& task : find(name_)) {
            out += task["open"].size() + (uvsched::mongodb::text_of(task["state"]) == "finished" ? 0 : 1);
        }
        return std::to_string(out);
    }
    [[nodiscard]] std::string tasks() override { return std::to_string(find(name_).size()); }

    [[nodiscard]] std::string changes() override {
        return find(name("nodes"), {{"_id", "store"}}).at(0)["changes"].dump();
    }
    void set_changes(const std::string& number) override {
        set(name("nodes"), {{"_id", "store"}}, {{"changes", std::stoll(number)}});
    }
    void put_task_on(uvsched::TaskNumber task, uvsched::LaneNumber lane) override {
        set(name_, {{"_id", task}}, {{"lane", lane}});
    }
    void put_ready_fires_on(uvsched::LaneNumber lane) override {
        Document ready;
        ready["ready_at"]["$gt"] = 0;
        set(name_, std::move(ready), {{"lane", lane}});
    }
    void write_definition(const std::string& id, const std::string& definition) override {
        set(name_, {{"key", id}}, {{"def", definition}});
    }

private:
    [[nodiscard]] std::unique_ptr<uvsched::Store> make(uvsched::Micros lease, bool faulty) const override {
        uvsched::MongodbOptions options = options_;
        options.lease = lease;
        if (faulty) options.driver = FaultyMongodb::table();
        return uvsched::make_mongodb_store(std::move(options));
    }
    [[nodiscard]] bool fails_at(const std::string& step, const std::string& name) const override {
        return step.starts_with("join") ? name == "insert nodes" : is_commit(name);
    }

    static inline int last_ = 0;
    const std::string name_;
    const MongodbServer& server_;
    const uvsched::MongodbOptions options_;
    uvsched::mongodb::Session session_;
};

using MongodbBackend = BackendAt<MongodbPlace>;
