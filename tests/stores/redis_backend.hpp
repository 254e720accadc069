// RedisBackend: a store under a prefix of its own on the tests' server.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/stores/redis/redis_module.hpp"
#include "core/stores/redis/redis_store.hpp"
#include "core/stores/redis/session.hpp"
#include "tests/stores/faulty_redis.hpp"
#include "tests/stores/recover_dead.hpp"
#include "tests/stores/redis_server.hpp"

// A prefix whose keys are deleted when the test is over, and a session of an operator, who works among them.
class RedisPrefix {
public:
    explicit RedisPrefix(const RedisServer& server = RedisServer::shared())
        : name_("test_" + std::to_string(::getpid()) + "_" + std::to_string(++last_)),
          options_(read(server.url("&prefix=" + name_))),
          session_(options_) {}
    RedisPrefix(const RedisPrefix&) = delete;
    RedisPrefix& operator=(const RedisPrefix&) = delete;
    ~RedisPrefix() {
        try {
            clear();
        } catch (const std::exception&) {
            return;  // the server is gone by then
        }
    }

    static uvsched::RedisOptions read(const std::string& url) {
        uvsched::StoreFields fields(url, "test");
        return uvsched::read_redis_options(fields);
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const uvsched::RedisOptions& options() const { return options_; }
    [[nodiscard]] std::string key(const std::string& rest) const { return "{" + name_ + "}:" + rest; }

    void clear() {
        static_cast<void>(lua("for _, key in ipairs(redis.call('KEYS', P .. '*')) do redis.call('DEL', key) end"));
    }

    // The answer to a command, whose words stand between blanks; "@" in them is the prefix. Elements of a list stand
    // between blanks too.
    std::string ask(const std::string& command) {
        uvsched::redis::Words words;
        std::istringstream rest(command);
        for (std::string word; rest >> word;) words.add(with_prefix(word));
        return run(words);
    }
    // What a script gives, in which P is the prefix.
    std::string lua(const std::string& body, const std::vector<std::string>& arguments = {}) {
        uvsched::redis::Words words{"EVAL", "local P = KEYS[1]; " + body, "1", key("")};
        for (const std::string& argument : arguments) words.add(argument);
        return run(words);
    }
    std::string run(const uvsched::redis::Words& words) {
        if (!session_.is_open()) session_.open(std::chrono::seconds(10));
        return text_of(session_.run(words, uvsched::redis::Sends::reads, std::chrono::seconds(60)).reply());
    }

    // ---- what every place of a store on a server has ----

    using Server = RedisServer;
    // Settings of a server that loses nothing.
    [[nodiscard]] static std::vector<std::string> durable() { return {"--appendfsync", "always"}; }

    [[nodiscard]] std::unique_ptr<uvsched::Store> make_store(uvsched::Micros lease = uvsched::kDefaultLease) const {
        uvsched::RedisOptions options = options_;
        options.lease = lease;
        return uvsched::make_redis_store(std::move(options));
    }
    [[nodiscard]] std::unique_ptr<uvsched::Store> make_faulty_store() const {
        uvsched::RedisOptions options = options_;
        options.driver = FaultyRedis::table();
        return uvsched::make_redis_store(std::move(options));
    }
    // From now on the clock of all servers, as faulty stores see it, is so much later than this machine's.
    static void move_clock(uvsched::Micros ahead) {
        FaultyRedis::reload = {};
        if (ahead == 0) return;
        FaultyRedis::reload = [ahead](std::string script) {
            const std::string clock = "return t[1] ..";
            const std::size_t at = script.find(clock);
            return script.replace(at, clock.size(),
                                  "return whole(t[1] + " + std::to_string(ahead / uvsched::kSecond) + ") ..");
        };
    }
    // Whether a script is what makes it happen.
    [[nodiscard]] static bool is_commit(const std::string& name) { return name == "apply" || name == "recover"; }
    [[nodiscard]] std::vector<uvsched::NodeNumber> nodes() {
        std::vector<uvsched::NodeNumber> out;
        std::istringstream rest(ask("SMEMBERS @nodes"));
        for (uvsched::NodeNumber node = 0; rest >> node;) out.push_back(node);
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
        return std::stoll(lua(R"(
            local keys, rows, fires = {}, 0, 0
            for _, entry in ipairs(redis.call('XRANGE', P .. 'history', '-', '+')) do
              local row = redis.call('XRANGE', P .. 'history:' .. entry[2][2], entry[1], entry[1])[1][2][2]
              if string.match(row, string.rep('%S+ ', 8) .. '(%S+)') == 'done' then
                local fire = string.match(row, '^%S+ %S+ %S+ %S+')
                if not keys[fire] then fires = fires + 1 end
                keys[fire], rows = true, rows + 1
              end
            end
            return rows == fires and rows or -1)"));
    }
    [[nodiscard]] std::int64_t open_fires() { return std::stoll(ask("HLEN @fires")); }
    [[nodiscard]] uvsched::Instant server_time() {
        std::istringstream words(ask("TIME"));
        std::int64_t seconds = 0;
        std::int64_t rest = 0;
        words >> seconds >> rest;
        return seconds * uvsched::kSecond + rest;
    }

private:
    [[nodiscard]] std::string with_prefix(std::string word) const {
        if (word.starts_with('@')) word.replace(0, 1, key(""));
        return word;
    }
    static std::string text_of(const uvsched::redis::Reply& reply) {
        if (reply.kind() == UVSCHED_REDIS_INTEGER) return std::to_string(reply.integer());
        std::string out = reply.text();
        for (std::size_t i = 0; i < reply.size(); ++i) out += (i > 0 ? " " : "") + text_of(reply[i]);
        return out;
    }

    static inline int last_ = 0;
    const std::string name_;
    const uvsched::RedisOptions options_;
    uvsched::redis::Session session_;
};

using ServerPlace = RedisPrefix;
using FaultyServer = FaultyRedis;

class RedisBackend {
public:
    static constexpr bool kHasElapsedLine = false;

    RedisBackend() : store_(uvsched::make_redis_store(faulty())) {
        FaultyRedis::judge = [this](const std::string& name) { return fault_of(name); };
        open();
    }
    ~RedisBackend() {
        store_->close();
        FaultyRedis::judge = judged_before_;
    }
    RedisBackend(const RedisBackend&) = delete;
    RedisBackend& operator=(const RedisBackend&) = delete;

    [[nodiscard]] uvsched::Store& store() { return *store_; }
    [[nodiscard]] const uvsched::Opened& opened() const { return opened_; }
    // What was recovered of the last node.
    [[nodiscard]] const uvsched::Recovered& left() const { return left_; }
    [[nodiscard]] RedisPrefix& place() { return prefix_; }
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
    void run(const std::string& command) { static_cast<void>(prefix_.ask(command)); }
    [[nodiscard]] std::string ask(const std::string& command) { return prefix_.ask(command); }

    // ---- what an operator does ----

    void damage(const std::string& id, const std::string& definition) {
        store_->close();
        prefix_.run({"HSET", "{" + prefix_.name() + "}:def:" + ask("HGET @ids " + id), "def", definition});
        open();
    }
    [[nodiscard]] std::string changes() { return ask("HGET @meta changes"); }
    void set_changes(const std::string& number) { run("HSET @meta changes " + number); }
    void put_task_on(uvsched::TaskNumber task, uvsched::LaneNumber lane) {
        static_cast<void>(prefix_.lua(
            "local row = redis.call('HGET', P .. 'rows', ARGV[1]) "
            "local from, due = string.match(row, '^%S+ (%S+) .* (%S+) %S+ %S+$') "
            "redis.call('ZREM', P .. 'due:' .. from, ARGV[1]) redis.call('ZADD', P .. 'due:' .. ARGV[2], due, ARGV[1])",
            {std::to_string(task), std::to_string(lane)}));
        edit(task, 2, std::to_string(lane));
    }
    // Writes a part of a task's row: rev, lane, hash, uid, gen, clock, anchor, slot, due, hwm, state, from 1 on.
    void edit(uvsched::TaskNumber task, int part, const std::string& value) {
        static_cast<void>(
            prefix_.lua("local parts = {} "
                        "for part in string.gmatch(redis.call('HGET', P .. 'rows', ARGV[1]), '%S+') do "
                        "parts[#parts + 1] = part end "
                        "parts[tonumber(ARGV[2])] = ARGV[3] "
                        "redis.call('HSET', P .. 'rows', ARGV[1], table.concat(parts, ' '))",
                        {std::to_string(task), std::to_string(part), value}));
    }
    void put_ready_fires_on(uvsched::LaneNumber lane) {
        static_cast<void>(prefix_.lua(R"(
            local to = P .. 'ready:' .. ARGV[1]
            for _, from in ipairs(redis.call('KEYS', P .. 'ready:*')) do
              for _, name in ipairs(redis.call('ZRANGE', from, 0, -1)) do
                local text = redis.call('HGET', P .. 'fires', name)
                text = string.gsub(text, '^(%S+ %S+ %S+ %S+ %S+ )%S+', '%1' .. ARGV[1])
                redis.call('HSET', P .. 'fires', name, text)
              end
              if from ~= to then redis.call('RENAME', from, to) end
            end)",
                                      {std::to_string(lane)}));
    }

private:
    [[nodiscard]] uvsched::RedisOptions faulty() const {
        uvsched::RedisOptions options = prefix_.options();
        options.driver = FaultyRedis::table();
        return options;
    }
    [[nodiscard]] FaultyRedis::Fault fault_of(const std::string& name) const {
        if (failing_step.empty()) return FaultyRedis::Fault::none;
        return name == (failing_step.starts_with("join") ? "join" : "apply") ? FaultyRedis::Fault::refused
                                                                             : FaultyRedis::Fault::none;
    }

    const std::function<FaultyRedis::Fault(const std::string&)> judged_before_ = FaultyRedis::judge;
    RedisPrefix prefix_;
    std::unique_ptr<uvsched::Store> store_;
    uvsched::Opened opened_;
    uvsched::Recovered left_;
};

using ServerBackend = RedisBackend;
