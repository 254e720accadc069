// What a store on PostgreSQL does with its tables and sessions.
#include "core/stores/postgresql/store_steps.hpp"
#include "tests/stores/child.hpp"
#include "tests/stores/ledger.hpp"
#include "tests/stores/postgresql_place.hpp"
#include "tests/stores/server_node.hpp"

using namespace ledger;

TEST_CASE("a start that changes nothing writes nothing") {
    PostgresqlSchema schema;
    Node node(schema);
    Batch batch;
    for (int task = 0; task < 100; ++task) batch.adds.push_back(adding(every("task-" + std::to_string(task))));
    node.store().apply(batch);
    const std::string rows = "SELECT sum(xmin::text::bigint), sum(xmax::text::bigint) FROM ";
    const auto marks = [&] {
        return schema.ask(rows + "sched") + schema.ask(rows + "def") + schema.ask(rows + "node");
    };
    const std::string before = marks();
    for (Add& add : batch.adds) add.on_existing = OnExisting::replace;
    node.store().apply(batch);
    for (const Add& add : batch.adds) CHECK(add.result == Add::Result::unchanged);
    CHECK(marks() == before);
}

TEST_CASE("a look walks the index of what is due, however many tasks there are") {
    PostgresqlSchema schema;
    Node node(schema);
    add(node.store(), every("digest"), kStart);
    schema.run(
        "INSERT INTO sched SELECT 1000 + i, 1 + i % 3, 1, 1, 0, 1, 'wall', 0, 1800000000000000 + i, "
        "1800000000000000 + i, NULL, 'active', 0, 1 FROM generate_series(1, 50000) AS i");
    schema.run("ANALYZE sched");
    postgresql::Database db(schema.options());
    postgresql::Session session(schema.options());
    session.open(std::chrono::seconds(10));
    for (const bool own_clock : {true, false}) {
        const postgresql::Answers plan =
            session.run({{"EXPLAIN " + db.sql(postgresql::due_statement()),
                          {"{1,2,3}", own_clock ? std::optional<Instant>() : std::optional<Instant>(kStart), 100, 0}}},
                        postgresql::Sends::reads, std::chrono::seconds(10));
        std::string text;
        for (int i = 0; i < plan[0].size(); ++i) text += plan[0].row(i).text(0) + "\n";
        CAPTURE(text);
        CHECK(text.find("Seq Scan on sched") == std::string::npos);
        CHECK(text.find("Index Scan using sched_due") != std::string::npos);
        CHECK(text.find("next_due <= $") != std::string::npos);  // a bound of the index, asked for once
    }
}

TEST_CASE("the child of a fork lets the parent's sessions be") {
    PostgresqlSchema schema;
    Node node(schema);
    add(node.store(), every("digest"));
    const std::string sessions =
        "SELECT string_agg(pid::text, ' ' ORDER BY pid) FROM pg_stat_activity WHERE backend_type = 'client backend'";
    const std::string before = schema.ask(sessions);
    Child child([&](Child&) {
        int open = 0;
        for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
            std::error_code error;
            open += std::filesystem::read_symlink(each.path(), error).string().starts_with("socket:") ? 1 : 0;
        }
        return open;
    });
    CHECK(child.exit_status() == 0);  // it has no socket
    CHECK(node.store().get("digest").has_value());
    CHECK(node.beat().standing);
    CHECK(schema.ask(sessions) == before);
}
