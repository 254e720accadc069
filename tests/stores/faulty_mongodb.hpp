// FaultyMongodb: MongoDB's driver table around the real one, in which some commands fail, or the connection is cut
// before they are sent, or before they are answered.
#pragma once

#include <csignal>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/stores/mongodb/bson.hpp"
#include "core/stores/mongodb/mongodb_options.hpp"
#include "tests/stores/faults.hpp"

class FaultyMongodb {
public:
    // A command is judged by its name and what it is about ("update tasks", "insert history", "find nodes", "ping").

    // What is answered instead; null: what the server answers.
    static inline std::function<uvsched::mongodb::Document(const std::string& name)> answer_instead{};

    // The clock of all servers is so many milliseconds later.
    static inline std::int64_t ahead = 0;

    static const uvsched_mongodb_driver* table() {
        static const uvsched_mongodb_driver made = [] {
            uvsched_mongodb_driver out = *real();
            out.run = run;
            out.message = message;
            out.close = close;
            return out;
        }();
        return &made;
    }

private:
    static const uvsched_mongodb_driver* real() {
        static const uvsched_mongodb_driver* const driver = uvsched::mongodb_driver();
        return driver;
    }

    static std::string name_of(const uint8_t* command, size_t length) {
        const uvsched::mongodb::Document document = uvsched::mongodb::from_bson(command, length);
        std::string name = document.begin().key();
        const std::string collection(uvsched::mongodb::text_of(document.front()));
        if (collection.empty()) return name;
        for (const char* const kind : {"history", "nodes", "lanes"}) {
            if (collection.ends_with("." + std::string(kind))) return name + " " + kind;
        }
        return name + " tasks";
    }

    static int run(uvsched_mongodb_link* link, const char* database, const uint8_t* command, size_t length,
                   const uint8_t** answer, size_t* answer_length) {
        const std::string name = name_of(command, length);
        const Fault fault = Faults::of(name);
        if (fault == Fault::killed_unsent) ::raise(SIGKILL);
        if (fault == Fault::cut_unsent) return cut(link, UVSCHED_MONGODB_UNSENT);
        if (fault == Fault::refused) {
            return say(link, {{"ok", 0}, {"code", 14'031}, {"errmsg", "made to fail: no disk"}}, answer, answer_length);
        }
        if (answer_instead) {
            const uvsched::mongodb::Document instead = answer_instead(name);
            if (!instead.is_null()) return say(link, instead, answer, answer_length);
        }
        const int got = real()->run(link, database, command, length, answer, answer_length);
        if (fault == Fault::killed_unheard) ::raise(SIGKILL);
        if (fault == Fault::cut_unanswered) return cut(link, UVSCHED_MONGODB_LOST);
        if (got == UVSCHED_MONGODB_ANSWERED && ahead != 0) move(link, answer, *answer_length);
        return got;
    }

    // The members "now" of an answer are times.
    static void move(uvsched_mongodb_link* link, const uint8_t** answer, size_t length) {
        std::vector<uint8_t> moved(*answer, *answer + length);
        constexpr char kNow[] = "\x09now";
        for (size_t i = 0; i + sizeof kNow + sizeof ahead <= moved.size(); ++i) {
            if (std::memcmp(&moved[i], kNow, sizeof kNow) != 0) continue;
            std::int64_t time = 0;
            std::memcpy(&time, &moved[i + sizeof kNow], sizeof time);
            time += ahead;
            std::memcpy(&moved[i + sizeof kNow], &time, sizeof time);
        }
        const std::lock_guard lock(mutex_);
        answers_[link] = std::move(moved);
        *answer = answers_[link].data();
    }
    static int say(uvsched_mongodb_link* link, const uvsched::mongodb::Document& document, const uint8_t** answer,
                   size_t* length) {
        const std::lock_guard lock(mutex_);
        std::vector<uint8_t>& kept = answers_[link];
        kept = uvsched::mongodb::to_bson(document);
        *answer = kept.data();
        *length = kept.size();
        return UVSCHED_MONGODB_ANSWERED;
    }
    static int cut(uvsched_mongodb_link* link, int how) {
        const std::lock_guard lock(mutex_);
        cut_[link] = true;
        return how;
    }
    static const char* message(const uvsched_mongodb_link* link) {
        const std::lock_guard lock(mutex_);
        return cut_.contains(link) ? "the connection was cut by the test" : real()->message(link);
    }
    static void close(uvsched_mongodb_link* link) {
        {
            const std::lock_guard lock(mutex_);
            cut_.erase(link);
            answers_.erase(link);
        }
        real()->close(link);
    }

    static inline std::mutex mutex_;
    static inline std::map<const uvsched_mongodb_link*, bool> cut_;
    static inline std::map<const uvsched_mongodb_link*, std::vector<uint8_t>> answers_;
};
