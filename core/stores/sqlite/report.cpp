// What operators are told of the store.
#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/stores/rows/lane_list.hpp"
#include "core/stores/sqlite/sqlite_module.hpp"
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

constexpr std::int64_t kLargeLog = 256LL << 20;

std::map<std::string, std::int64_t> counts_by(Database& db, const char* sql) {
    std::map<std::string, std::int64_t> out;
    Statement statement(db.connection, sql);
    for (Cursor row(statement); row.next();) out[row.text(0)] = row.integer(1);
    return out;
}

std::int64_t number_of(Database& db, const char* sql) {
    Statement statement(db.connection, sql);
    Cursor row(statement);
    return row.next() ? row.integer(0) : 0;
}

void report_lanes(Database& db, StoreReport& out) {
    Statement statement(
        db.connection,
        "SELECT lane, executor, fn, trigger, format, coalesce(tasks, 0), due, ready FROM lane "
        "LEFT JOIN (SELECT lane, count(*) AS tasks, min(next_due + iif(clk = 'elapsed', ?1, 0)) AS due FROM sched "
        "WHERE state <> 'finished' GROUP BY lane) AS s USING (lane) "
        "LEFT JOIN (SELECT lane, min(ready_at) AS ready FROM open WHERE ready_at IS NOT NULL GROUP BY lane) AS o "
        "USING (lane) WHERE s.lane IS NOT NULL OR o.lane IS NOT NULL ORDER BY lane");
    for (Cursor row(statement, db.to_wall); row.next();) {
        LaneReport& lane = out.lanes.emplace_back();
        lane.lane.number = row.integer(0);
        lane.lane.executor = row.text(1);
        lane.lane.function = row.text(2);
        lane.lane.trigger = row.text(3);
        lane.lane.format = row.integer(4);
        lane.tasks = row.integer(5);
        for (const int column : {6, 7}) {
            const std::optional<std::int64_t> at = row.maybe(column);
            if (at) lane.oldest = std::min(lane.oldest.value_or(*at), *at);
        }
    }
}

void report_damage(Database& db, StoreReport& out) {
    Statement statement(db.connection, "PRAGMA integrity_check(10)");
    for (Cursor row(statement); row.next();) {
        if (row.view(0) != "ok") out.problems.push_back("damaged: " + row.text(0));
    }
}

}  // namespace

StoreReport report(Database& db) {
    static_cast<void>(db.sql());
    const Snapshot snapshot(db.connection);
    StoreReport out;
    out.server = sqlite_library();
    out.schema = number_of(db, "SELECT schema FROM meta");
    out.min_reader = number_of(db, "SELECT min_reader FROM meta");
    out.lease = db.file->lease();
    db.read_line();
    out.tasks = counts_by(db, "SELECT iif(lane > 0, state, 'apart'), count(*) FROM sched GROUP BY 1");
    out.fires = counts_by(db, "SELECT state, count(*) FROM open GROUP BY 1");
    out.history = number_of(db, "SELECT count(*) FROM history");
    Statement apart(db.connection,
                    "SELECT id, quarantine FROM def WHERE quarantine IS NOT NULL ORDER BY id LIMIT 1000");
    for (Cursor row(apart); row.next();) out.apart.push_back({row.text(0), row.text(1)});
    report_lanes(db, out);
    out.nodes = nodes(db);
    std::error_code none;
    const std::uintmax_t log = std::filesystem::file_size(db.path + "-wal", none);
    out.more["bytes_file"] = number_of(db, "PRAGMA page_count") * number_of(db, "PRAGMA page_size");
    out.more["bytes_log"] = none ? 0 : static_cast<std::int64_t>(log);
    if (out.more["bytes_log"] >= kLargeLog) {
        out.problems.push_back("the log (" + db.path + "-wal) has " + std::to_string(out.more["bytes_log"] >> 20) +
                               " MiB: a program that reads the file for long keeps it from being written back");
    }
    report_damage(db, out);
    return out;
}

// Whether a process lives, the lock file tells at once.
std::vector<NodeReport> nodes(Database& db) {
    using State = NodeReport::State;
    const std::vector<NodeNumber> living = db.file->living();
    std::vector<NodeReport> out;
    Statement statement(db.connection, "SELECT id, label, pid, version, lanes FROM node ORDER BY label, id");
    for (Cursor row(statement); row.next();) {
        const bool lives = std::ranges::find(living, row.integer(0)) != living.end();
        out.push_back({.number = row.integer(0),
                       .label = row.text(1),
                       .process = row.integer(2),
                       .version = row.text(3),
                       .state = lives ? State::open : State::died,
                       .lanes = row.is_null(4) ? std::nullopt : read_lane_list(row.view(4))});
    }
    return out;
}

}  // namespace uvsched::sqlite
