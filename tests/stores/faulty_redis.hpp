// FaultyRedis: Redis's driver table around the real one, in which some commands fail, or the connection is cut before
// they are sent, or before they are answered.
#pragma once

#include <csignal>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "core/stores/redis/redis_options.hpp"
#include "tests/stores/faults.hpp"

class FaultyRedis {
public:
    // A command is judged by the name of the script that it runs ("apply"), or its own.

    // The script that is sent instead; empty: the command itself.
    static inline std::function<std::string(const std::string& name)> rewrite{};

    // What is loaded in the place of a script.
    static inline std::function<std::string(std::string script)> reload{};

    static const uvsched_redis_driver* table() {
        static const uvsched_redis_driver made = [] {
            uvsched_redis_driver out = *real();
            out.send = send;
            out.receive = receive;
            out.message = message;
            out.close = close;
            return out;
        }();
        return &made;
    }

private:
    static const uvsched_redis_driver* real() {
        static const uvsched_redis_driver* const driver = uvsched::redis_driver();
        return driver;
    }

    static int send(uvsched_redis_link* link, int count, const char* const* words, const size_t* lengths) {
        const std::string command(words[0], lengths[0]);
        const std::string name = command == "EVALSHA" ? std::string(words[4], lengths[4]) : command;
        const Fault fault = Faults::of(name);
        if (fault == Fault::cut_unsent) return UVSCHED_REDIS_FAILED;
        if (fault == Fault::killed_unsent) ::raise(SIGKILL);
        if (fault == Fault::cut_unanswered || fault == Fault::killed_unheard) {
            const std::lock_guard lock(mutex_);
            deaf_[link] = fault == Fault::killed_unheard;
        }
        if (fault == Fault::refused) return send_script(link, "return redis.error_reply('OOM made to fail')");
        const std::string instead = rewrite ? rewrite(name) : "";
        if (!instead.empty()) return send_script(link, instead);
        if (command == "SCRIPT" && reload) {
            const std::string script = reload(std::string(words[2], lengths[2]));
            const char* const others[] = {words[0], words[1], script.c_str()};
            const size_t sizes[] = {lengths[0], lengths[1], script.size()};
            return real()->send(link, 3, others, sizes);
        }
        return real()->send(link, count, words, lengths);
    }
    static int send_script(uvsched_redis_link* link, const std::string& script) {
        const char* const words[] = {"EVAL", script.c_str(), "0"};
        const size_t lengths[] = {4, script.size(), 1};
        return real()->send(link, 3, words, lengths);
    }

    // A deaf link hears all, so that the server has done it, and tells nothing.
    static int receive(uvsched_redis_link* link, uvsched_redis_answer** answer) {
        const int got = real()->receive(link, answer);
        if (got != UVSCHED_REDIS_ANSWER || real()->kind(*answer) == UVSCHED_REDIS_ERROR) return got;
        bool dies = false;
        {
            const std::lock_guard lock(mutex_);
            const auto found = deaf_.find(link);
            if (found == deaf_.end()) return got;
            dies = found->second;
        }
        if (dies) ::raise(SIGKILL);
        real()->release(*answer);
        return UVSCHED_REDIS_FAILED;
    }
    static const char* message(const uvsched_redis_link* link) {
        const char* const text = real()->message(link);
        return *text == '\0' ? "the connection was cut by the test" : text;
    }
    static void close(uvsched_redis_link* link) {
        {
            const std::lock_guard lock(mutex_);
            deaf_.erase(link);
        }
        real()->close(link);
    }

    static inline std::mutex mutex_;
    static inline std::map<uvsched_redis_link*, bool> deaf_;  // true: and its process dies of it
};
