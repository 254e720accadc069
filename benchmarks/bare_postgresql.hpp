// The rows of a fire written with bare libpq: what uvsched's own store is compared with.
#pragma once

#include <libpq-fe.h>

#include <string>
#include <vector>

#include "benchmarks/bench.hpp"

namespace bench {

class BarePostgresql {
public:
    // `url` as libpq reads it. Works in the schema "bare".
    BarePostgresql(const std::string& url, std::int64_t tasks) : tasks_(tasks), link_(PQconnectdb(url.c_str())) {
        if (PQstatus(link_) != CONNECTION_OK) die(PQerrorMessage(link_));
    }
    ~BarePostgresql() { PQfinish(link_); }
    BarePostgresql(const BarePostgresql&) = delete;
    BarePostgresql& operator=(const BarePostgresql&) = delete;

    // The tables, with the columns and indexes that a ledger of fires needs, and so many tasks.
    void fill() {
        run("DROP SCHEMA IF EXISTS bare CASCADE");
        run("CREATE SCHEMA bare");
        run("CREATE TABLE bare.task (id bigint PRIMARY KEY, lane bigint, rev bigint, slot bigint, due bigint, "
            "runs bigint) WITH (fillfactor = 60)");
        run("CREATE INDEX ON bare.task (lane, due)");
        run("CREATE TABLE bare.open (task bigint, kind text, slot bigint, state text, owner bigint, token bigint, "
            "claimed_at bigint, PRIMARY KEY (task, kind, slot)) WITH (fillfactor = 50)");
        run("CREATE TABLE bare.history (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, task text, kind text, "
            "slot bigint, state text, owner bigint, token bigint, claimed_at bigint, started_at bigint, "
            "finished_at bigint)");
        run("CREATE INDEX ON bare.history (task, id)");
        const std::string tasks = std::to_string(tasks_);
        run("INSERT INTO bare.task SELECT i, 1, 1, 0, 0, 0 FROM generate_series(0, $1::bigint - 1) AS i",
            {tasks.c_str()});
    }

    // A claim for each of `count` fires, and a finish for those of the last call: one transaction in one round trip.
    void fire(std::int64_t first, int count) {
        std::string tasks = "{";
        for (int i = 0; i < count; ++i) tasks += (i == 0 ? "" : ",") + std::to_string((first + i) % tasks_);
        tasks += '}';
        const std::string slot = std::to_string(first);
        if (PQenterPipelineMode(link_) != 1) die(PQerrorMessage(link_));
        send("BEGIN");
        if (!tasks_before_.empty()) {
            send(
                "WITH o AS (DELETE FROM bare.open WHERE task = ANY($1::bigint[]) AND kind = 'scheduled' "
                "AND slot = $2::bigint AND owner = 1 AND token = 1 RETURNING *) "
                "INSERT INTO bare.history (task, kind, slot, state, owner, token, claimed_at, started_at, finished_at) "
                "SELECT task::text, kind, slot, 'done', owner, token, claimed_at, claimed_at, claimed_at FROM o",
                {tasks_before_.c_str(), slot_before_.c_str()});
            send("UPDATE bare.task SET runs = runs + 1 WHERE id = ANY($1::bigint[])", {tasks_before_.c_str()});
        }
        send(
            "WITH t AS (UPDATE bare.task SET rev = rev + 1, slot = $2::bigint, due = due + 1000000 "
            "WHERE id = ANY($1::bigint[]) RETURNING id) "
            "INSERT INTO bare.open SELECT id, 'scheduled', $2::bigint, 'claimed', 1, 1, 0 FROM t",
            {tasks.c_str(), slot.c_str()});
        send("COMMIT");
        if (PQpipelineSync(link_) != 1) die(PQerrorMessage(link_));
        receive();
        if (PQexitPipelineMode(link_) != 1) die(PQerrorMessage(link_));
        tasks_before_ = std::move(tasks);
        slot_before_ = slot;
    }

private:
    void run(const char* sql, const std::vector<const char*>& values = {}) {
        PGresult* const result =
            PQexecParams(link_, sql, static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0);
        check(result);
    }
    void send(const char* sql, const std::vector<const char*>& values = {}) {
        const auto count = static_cast<int>(values.size());
        if (PQsendQueryParams(link_, sql, count, nullptr, values.data(), nullptr, nullptr, 0) != 1) {
            die(PQerrorMessage(link_));
        }
    }
    // Until the end of the pipeline; what belongs to one statement ends with nothing.
    void receive() {
        for (bool over = false; !over;) {
            PGresult* const result = PQgetResult(link_);
            over = result != nullptr && PQresultStatus(result) == PGRES_PIPELINE_SYNC;
            if (over) PQclear(result);
            if (!over && result != nullptr) check(result);
        }
    }
    void check(PGresult* result) {
        const ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) die(PQerrorMessage(link_));
        PQclear(result);
    }

    std::string tasks_before_;
    std::string slot_before_;
    const std::int64_t tasks_;
    PGconn* const link_;
};

}  // namespace bench
