// RedisPrefix: a prefix of its own on the tests' server.
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
#include "tests/stores/backend.hpp"
#include "tests/stores/faulty_redis.hpp"
#include "tests/stores/redis_server.hpp"

// A prefix whose keys are deleted when the test is over, and a session of an operator, who works among them.
class RedisPrefix final : public ServerPlace {
public:
    explicit RedisPrefix(const RedisServer& server = RedisServer::shared())
        : name_("test_" + std::to_string(::getpid()) + "_" + std::to_string(++last_)),
          server_(server),
          options_(read(server.url_of(name_))),
          session_(options_) {}
    ~RedisPrefix() override {
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

    using Server = RedisServer;
    [[nodiscard]] static std::unique_ptr<Server> durable_server() {
        return std::make_unique<Server>(std::vector<std::string>{"--appendfsync", "always"});
    }

    [[nodiscard]] std::string url(const std::string& options) const override { return server_.url_of(name_, options); }
    void move_clock(uvsched::Micros ahead) const override {
        FaultyRedis::reload = {};
        if (ahead == 0) return;
        FaultyRedis::reload = [ahead](std::string script) {
            const std::string clock = "return t[1] ..";
            const std::size_t at = script.find(clock);
            return script.replace(at, clock.size(),
                                  "return whole(t[1] + " + std::to_string(ahead / uvsched::kSecond) + ") ..");
        };
    }
    [[nodiscard]] bool is_commit(const std::string& name) const override {
        return name == "apply" || name == "recover";
    }
    [[nodiscard]] std::vector<uvsched::NodeNumber> nodes() override {
        std::vector<uvsched::NodeNumber> out;
        std::istringstream rest(ask("SMEMBERS @nodes"));
        for (uvsched::NodeNumber node = 0; rest >> node;) out.push_back(node);
        return out;
    }
    [[nodiscard]] std::int64_t done_rows() override {
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
    [[nodiscard]] std::int64_t open_fires() override { return std::stoll(ask("HLEN @fires")); }
    [[nodiscard]] uvsched::Instant server_time() override {
        std::istringstream words(ask("TIME"));
        std::int64_t seconds = 0;
        std::int64_t rest = 0;
        words >> seconds >> rest;
        return seconds * uvsched::kSecond + rest;
    }

    [[nodiscard]] std::string rows() override {
        return lua(R"(
            local out = {}
            for _, id in ipairs(redis.call('ZRANGE', P .. 'recorded', 0, -1)) do
              for _, entry in ipairs(redis.call('XRANGE', P .. 'history:' .. id, '-', '+')) do
                local f = {}
                for field in string.gmatch(entry[2][2], '%S+') do f[#f + 1] = field end
                out[#out + 1] = {id, tonumber(f[5]), table.concat({id, f[5], f[6], f[7], f[9], f[10]}, ' ')}
              end
            end
            table.sort(out, function(a, b) return a[1] < b[1] or a[1] == b[1] and a[2] < b[2] end)
            for i, row in ipairs(out) do out[i] = row[3] end
            return table.concat(out, '\n'))");
    }
    [[nodiscard]] std::string left() override {
        return lua(R"(
            local n = redis.call('HLEN', P .. 'fires')
            for _, row in ipairs(redis.call('HVALS', P .. 'rows')) do
              if not string.match(row, ' finished$') then n = n + 1 end
            end
            return n)");
    }
    [[nodiscard]] std::string tasks() override { return ask("HLEN @ids"); }

    [[nodiscard]] std::string changes() override { return ask("HGET @meta changes"); }
    void set_changes(const std::string& number) override { static_cast<void>(ask("HSET @meta changes " + number)); }
    void put_task_on(uvsched::TaskNumber task, uvsched::LaneNumber lane) override {
        static_cast<void>(lua(
            "local row = redis.call('HGET', P .. 'rows', ARGV[1]) "
            "local from, due = string.match(row, '^%S+ (%S+) .* (%S+) %S+ %S+$') "
            "redis.call('ZREM', P .. 'due:' .. from, ARGV[1]) redis.call('ZADD', P .. 'due:' .. ARGV[2], due, ARGV[1])",
            {std::to_string(task), std::to_string(lane)}));
        edit(task, 2, std::to_string(lane));
    }
    // Writes a part of a task's row: rev, lane, hash, uid, gen, clock, anchor, slot, due, hwm, state, from 1 on.
    void edit(uvsched::TaskNumber task, int part, const std::string& value) {
        static_cast<void>(
            lua("local parts = {} "
                "for part in string.gmatch(redis.call('HGET', P .. 'rows', ARGV[1]), '%S+') do "
                "parts[#parts + 1] = part end "
                "parts[tonumber(ARGV[2])] = ARGV[3] "
                "redis.call('HSET', P .. 'rows', ARGV[1], table.concat(parts, ' '))",
                {std::to_string(task), std::to_string(part), value}));
    }
    void put_ready_fires_on(uvsched::LaneNumber lane) override {
        static_cast<void>(lua(R"(
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

    void write_definition(const std::string& id, const std::string& definition) override {
        run({"HSET", key("def:" + ask("HGET @ids " + id)), "def", definition});
    }

private:
    [[nodiscard]] std::unique_ptr<uvsched::Store> make(uvsched::Micros lease, bool faulty) const override {
        uvsched::RedisOptions options = options_;
        options.lease = lease;
        if (faulty) options.driver = FaultyRedis::table();
        return uvsched::make_redis_store(std::move(options));
    }
    [[nodiscard]] bool fails_at(const std::string& step, const std::string& name) const override {
        return name == (step.starts_with("join") ? "join" : "apply");
    }
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
    const RedisServer& server_;
    const uvsched::RedisOptions options_;
    uvsched::redis::Session session_;
};

using RedisBackend = BackendAt<RedisPrefix>;
