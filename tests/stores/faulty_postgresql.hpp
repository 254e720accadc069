// FaultyPostgresql: PostgreSQL's driver table around the real one, in which some statements fail, or the connection is
// cut before they are sent, or before they are answered.
#pragma once

#include <csignal>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "core/stores/postgresql/postgresql_options.hpp"
#include "tests/stores/faults.hpp"

class FaultyPostgresql {
public:
    // What is sent instead; empty: the statement itself.
    static inline std::function<std::string(const std::string& sql)> rewrite{};

    static const uvsched_postgresql_driver* table() {
        static const uvsched_postgresql_driver made = [] {
            uvsched_postgresql_driver out = *real();
            out.send = send;
            out.receive = receive;
            out.message = message;
            out.close = close;
            return out;
        }();
        return &made;
    }

private:
    static const uvsched_postgresql_driver* real() {
        static const uvsched_postgresql_driver* const driver = uvsched::postgresql_driver();
        return driver;
    }

    static int send(uvsched_pg_link* link, const char* sql, int count, const char* const* values) {
        const Fault fault = Faults::of(sql);
        if (fault == Fault::cut_unsent) return UVSCHED_PG_FAILED;
        if (fault == Fault::killed_unsent) ::raise(SIGKILL);
        if (fault == Fault::cut_unanswered || fault == Fault::killed_unheard) {
            const std::lock_guard lock(mutex_);
            deaf_[link] = fault == Fault::killed_unheard;
        }
        const std::string sent = rewrite ? rewrite(sql) : sql;
        if (fault != Fault::refused) return real()->send(link, sent.c_str(), count, values);
        return real()->send(link, "DO $$ BEGIN RAISE EXCEPTION 'made to fail' USING ERRCODE = '53100'; END $$", 0,
                            nullptr);
    }

    // A deaf link hears all, so that the server has done it, and tells nothing.
    static int receive(uvsched_pg_link* link, uvsched_pg_answer** answer) {
        bool dies = false;
        {
            const std::lock_guard lock(mutex_);
            const auto found = deaf_.find(link);
            if (found == deaf_.end()) return real()->receive(link, answer);
            dies = found->second;
        }
        const int got = real()->receive(link, answer);
        if (got == UVSCHED_PG_ANSWER) {
            const bool failed = *real()->state(*answer) != '\0';
            if (failed) return got;
            real()->release(*answer);
            return receive(link, answer);
        }
        if (got == UVSCHED_PG_DONE && dies) ::raise(SIGKILL);
        return got == UVSCHED_PG_DONE ? UVSCHED_PG_FAILED : got;
    }
    static const char* message(const uvsched_pg_link* link) {
        const char* const text = real()->message(link);
        return *text == '\0' ? "the connection was cut by the test" : text;
    }
    static void close(uvsched_pg_link* link) {
        {
            const std::lock_guard lock(mutex_);
            deaf_.erase(link);
        }
        real()->close(link);
    }

    static inline std::mutex mutex_;
    static inline std::map<uvsched_pg_link*, bool> deaf_;  // true: and its process dies of it
};
