// What operators are told of the store.
#include <utility>

#include "core/stores/postgresql/schema.hpp"
#include "core/stores/postgresql/store_steps.hpp"
#include "core/stores/rows/lane_list.hpp"

namespace uvsched::postgresql {
namespace {

constexpr std::int64_t kOldSnapshot = 600;  // seconds

constexpr const char* kStoreReport = "SELECT schema, min_reader, lease, current_setting('server_version') FROM @meta";
constexpr const char* kTasksByState =
    "SELECT CASE WHEN lane > 0 THEN state ELSE 'apart' END, count(*) FROM @sched GROUP BY 1";
constexpr const char* kFiresByState = "SELECT state, count(*) FROM @open GROUP BY 1";
constexpr const char* kHistorySize = "SELECT count(*) FROM @history";
constexpr const char* kTasksApart =
    "SELECT id, quarantine FROM @def WHERE quarantine IS NOT NULL ORDER BY id LIMIT 1000";
constexpr const char* kLanesToDo =
    "SELECT lane, executor, fn, trigger, format, coalesce(tasks, 0), least(due, ready) FROM @lane "
    "LEFT JOIN (SELECT lane, count(*) AS tasks, min(next_due) AS due FROM @sched WHERE state <> 'finished' GROUP BY 1) "
    "AS s USING (lane) LEFT JOIN (SELECT lane, min(ready_at) AS ready FROM @open WHERE ready_at IS NOT NULL GROUP BY "
    "1) "
    "AS o USING (lane) WHERE s.lane IS NOT NULL OR o.lane IS NOT NULL ORDER BY lane";
constexpr const char* kAllNodes = "SELECT id, label, pid, version, beat, gone, lanes FROM @node ORDER BY label, id";
// As far as this user may see them.
constexpr const char* kSnapshot =
    "SELECT coalesce(extract(epoch FROM max(age))::bigint, 0) FROM (SELECT clock_timestamp() - xact_start AS age FROM "
    "pg_stat_activity WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database() "
    "UNION ALL SELECT clock_timestamp() - prepared FROM pg_prepared_xacts WHERE database = current_database()) AS held";
constexpr const char* kTableSizes =
    "SELECT relname, n_dead_tup, pg_total_relation_size(relid) FROM pg_stat_user_tables WHERE schemaname = $1 AND "
    "relname IN ('sched', 'open', 'history')";

void read_states(const Answer& answer, std::map<std::string, std::int64_t>& counts) {
    for (int i = 0; i < answer.size(); ++i) counts[answer.row(i).text(0)] = answer.row(i).integer(1);
}

void read_node_reports(const Answer& answer, std::vector<NodeReport>& nodes) {
    using State = NodeReport::State;
    for (int i = 0; i < answer.size(); ++i) {
        const Answer::Row row = answer.row(i);
        nodes.push_back({.number = row.integer(0),
                         .label = row.text(1),
                         .process = row.integer(2),
                         .version = row.text(3),
                         .beats = static_cast<std::uint64_t>(row.integer(4)),
                         .state = row.integer(5) != 0 ? State::left : State::unsure,
                         .lanes = row.is_null(6) ? std::nullopt : read_lane_list(row.view(6))});
    }
}

void read_lane_reports(const Answer& answer, std::vector<LaneReport>& lanes) {
    for (int i = 0; i < answer.size(); ++i) {
        const Answer::Row row = answer.row(i);
        lanes.push_back({.lane = {.number = row.integer(0),
                                  .executor = row.text(1),
                                  .function = row.text(2),
                                  .trigger = row.text(3),
                                  .format = row.integer(4),
                                  .example_id = {}},
                         .tasks = row.integer(5),
                         .oldest = row.maybe(6)});
    }
}

}  // namespace

StoreReport report(Database& db) {
    StoreReport out;
    Pipeline pipeline(db);
    pipeline.add(kStoreReport, {}, [&](const Answer& answer) {
        const Answer::Row row = answer.row(0);
        out.schema = row.integer(0);
        out.min_reader = row.integer(1);
        out.lease = row.integer(2);
        out.server = "PostgreSQL " + row.text(3);
    });
    pipeline.add(kTasksByState, {}, [&](const Answer& answer) { read_states(answer, out.tasks); });
    pipeline.add(kFiresByState, {}, [&](const Answer& answer) { read_states(answer, out.fires); });
    pipeline.add(kHistorySize, {}, [&](const Answer& answer) { out.history = answer.row(0).integer(0); });
    pipeline.add(kTasksApart, {}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) out.apart.push_back({answer.row(i).text(0), answer.row(i).text(1)});
    });
    pipeline.add(kLanesToDo, {}, [&](const Answer& answer) { read_lane_reports(answer, out.lanes); });
    pipeline.add(kAllNodes, {}, [&](const Answer& answer) { read_node_reports(answer, out.nodes); });
    pipeline.add(kSnapshot, {},
                 [&](const Answer& answer) { out.more["oldest_snapshot_seconds"] = answer.row(0).integer(0); });
    pipeline.add(kTableSizes, {db.options.schema}, [&](const Answer& answer) {
        for (int i = 0; i < answer.size(); ++i) {
            const Answer::Row row = answer.row(i);
            out.more["dead_rows_" + row.text(0)] = row.integer(1);
            out.more["bytes_" + row.text(0)] = row.integer(2);
        }
    });
    pipeline.read();
    if (const std::int64_t age = out.more["oldest_snapshot_seconds"]; age >= kOldSnapshot) {
        out.problems.push_back("a transaction has been open for " + std::to_string(age) +
                               " s, so dead rows stay in the tables and looks become slow; pg_stat_activity shows it");
    }
    return out;
}

std::vector<NodeReport> nodes(Database& db) {
    std::vector<NodeReport> out;
    Pipeline pipeline(db);
    pipeline.add(kAllNodes, {}, [&](const Answer& answer) { read_node_reports(answer, out); });
    pipeline.read();
    return out;
}

}  // namespace uvsched::postgresql
