// The rows of a fire written with bare hiredis: what uvsched's own store is compared with.
#pragma once

#include <hiredis/hiredis.h>

#include <string>
#include <vector>

#include "benchmarks/bench.hpp"

namespace bench {

class BareRedis {
public:
    // Works under keys that begin with "bare:".
    BareRedis(int port, std::int64_t tasks) : tasks_(tasks), link_(redisConnect("127.0.0.1", port)) {
        if (link_ == nullptr || link_->err != 0) die("no connection to Redis was made");
    }
    ~BareRedis() { redisFree(link_); }
    BareRedis(const BareRedis&) = delete;
    BareRedis& operator=(const BareRedis&) = delete;

    // So many tasks.
    void fill() {
        send({"FLUSHALL"});
        for (std::int64_t i = 0; i < tasks_; ++i) {
            const std::string task = std::to_string(i);
            send({"ZADD", "bare:due", "0", task});
            send({"HSET", "bare:task:" + task, "due", "0", "runs", "0"});
            if (i % 1'000 == 0) receive();
        }
        receive();
    }

    // A claim and a finish for each of `count` fires: one transaction of all claims, and one of all finishes, each in
    // one round trip.
    void fire(std::int64_t first, int count) {
        const std::string due = std::to_string(first);
        send({"MULTI"});
        for (int i = 0; i < count; ++i) {
            const std::string task = std::to_string((first + i) % tasks_);
            send({"ZADD", "bare:due", due, task});
            send({"HSET", "bare:task:" + task, "due", due});
            send({"HSET", "bare:open", task, due});
        }
        send({"EXEC"});
        receive();
        send({"MULTI"});
        for (int i = 0; i < count; ++i) {
            const std::string task = std::to_string((first + i) % tasks_);
            send({"HDEL", "bare:open", task});
            send({"HINCRBY", "bare:task:" + task, "runs", "1"});
            send({"XADD", "bare:history", "*", "task", task, "slot", due, "state", "done"});
        }
        send({"EXEC"});
        receive();
    }

private:
    void send(const std::vector<std::string>& words) {
        std::vector<const char*> texts;
        std::vector<std::size_t> sizes;
        for (const std::string& word : words) {
            texts.push_back(word.data());
            sizes.push_back(word.size());
        }
        redisAppendCommandArgv(link_, static_cast<int>(texts.size()), texts.data(), sizes.data());
        ++sent_;
    }
    void receive() {
        for (; sent_ > 0; --sent_) {
            void* reply = nullptr;
            if (redisGetReply(link_, &reply) != REDIS_OK) die(link_->errstr);
            if (static_cast<redisReply*>(reply)->type == REDIS_REPLY_ERROR) die(static_cast<redisReply*>(reply)->str);
            freeReplyObject(reply);
        }
    }

    const std::int64_t tasks_;
    redisContext* const link_;
    int sent_ = 0;
};

}  // namespace bench
