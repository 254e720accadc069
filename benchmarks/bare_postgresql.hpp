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

    // The tables, and so many tasks.
    void fill() {
        run("DROP SCHEMA IF EXISTS bare CASCADE");
        run("CREATE SCHEMA bare");
        run("CREATE TABLE bare.task (id bigint PRIMARY KEY, due bigint, runs bigint) WITH (fillfactor = 70)");
        run("CREATE INDEX ON bare.task (due)");
        run("CREATE TABLE bare.history (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, task bigint, slot bigint, "
            "state text)");
        const std::string tasks = std::to_string(tasks_);
        run("INSERT INTO bare.task SELECT i, 0, 0 FROM generate_series(0, $1::bigint - 1) AS i", {tasks.c_str()});
    }

    // A claim and a finish for each of `count` fires: one transaction of all claims, and one of all finishes, each in
    // one round trip.
    void fire(std::int64_t first, int count) {
        std::string tasks = "{";
        for (int i = 0; i < count; ++i) tasks += (i == 0 ? "" : ",") + std::to_string((first + i) % tasks_);
        tasks += '}';
        const std::string slot = std::to_string(first);
        run("UPDATE bare.task SET due = due + 1000000, runs = runs + 1 WHERE id = ANY($1::bigint[])", {tasks.c_str()});
        run("INSERT INTO bare.history (task, slot, state) SELECT unnest($1::bigint[]), $2::bigint, 'done'",
            {tasks.c_str(), slot.c_str()});
    }

private:
    void run(const char* sql, const std::vector<const char*>& values = {}) {
        PGresult* const result =
            PQexecParams(link_, sql, static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0);
        const ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) die(PQerrorMessage(link_));
        PQclear(result);
    }

    const std::int64_t tasks_;
    PGconn* const link_;
};

}  // namespace bench
