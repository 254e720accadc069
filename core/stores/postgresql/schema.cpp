#include "core/stores/postgresql/schema.hpp"

#include <array>
#include <chrono>

#include "core/base/quote.hpp"
#include "core/stores/migration.hpp"
#include "core/stores/store_uuid.hpp"

namespace uvsched::postgresql {
namespace {

constexpr std::chrono::seconds kSchemaPatience{30};
constexpr int kOldestServer = 130'000;

constexpr const char* kLookAround =
    "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only') = 'on', to_regclass($1) IS NOT NULL, "
    "current_user";

// Rows of sched and open change often: room in their pages keeps a change out of the indexes, and a table that is
// cleaned seldom is one whose dead rows every look walks over.
constexpr std::array kTables = {
    R"sql(CREATE TABLE @meta (
    one         smallint PRIMARY KEY DEFAULT 1 CHECK (one = 1),
    store_uuid  text     NOT NULL,
    schema      bigint   NOT NULL,
    min_reader  bigint   NOT NULL,
    lease       bigint   NOT NULL,
    changes     bigint   NOT NULL DEFAULT 0
))sql",
    R"sql(CREATE TABLE @def (
    n          bigint  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    uid        bigint  NOT NULL,
    id         text    COLLATE "C" NOT NULL UNIQUE,
    format     bigint  NOT NULL,
    def        text    NOT NULL,
    def_hash   bigint  NOT NULL,
    declared   bigint,
    at_start   boolean NOT NULL,
    quarantine text
))sql",
    "CREATE INDEX def_at_start ON @def (id) WHERE at_start",
    "CREATE INDEX def_quarantine ON @def (n) WHERE quarantine IS NOT NULL",
    R"sql(CREATE TABLE @lane (
    lane     bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    executor text   NOT NULL,
    fn       text   NOT NULL,
    trigger  text   NOT NULL,
    format   bigint NOT NULL,
    UNIQUE (executor, fn, trigger, format)
))sql",
    R"sql(CREATE TABLE @sched (
    n             bigint PRIMARY KEY,
    lane          bigint NOT NULL,
    def_hash      bigint NOT NULL,
    uid           bigint NOT NULL,
    gen           bigint NOT NULL,
    rev           bigint NOT NULL,
    clk           text   NOT NULL,
    anchor        bigint NOT NULL,
    next_slot     bigint,
    next_due      bigint,
    hwm           bigint,
    state         text   NOT NULL,
    runs          bigint NOT NULL,
    max_instances bigint NOT NULL
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
        autovacuum_vacuum_cost_delay = 0))sql",
    "CREATE INDEX sched_due ON @sched (lane, next_due) WHERE next_due IS NOT NULL",
    "CREATE INDEX sched_idle ON @sched (state, lane) WHERE next_due IS NULL",
    R"sql(CREATE TABLE @open (
    n          bigint  NOT NULL,
    gen        bigint  NOT NULL,
    kind       text    NOT NULL,
    slot       bigint  NOT NULL,
    uid        bigint  NOT NULL,
    task_id    text    NOT NULL,
    last_slot  bigint  NOT NULL,
    folded     bigint  NOT NULL,
    exact      boolean NOT NULL,
    state      text    NOT NULL,
    lane       bigint  NOT NULL,
    ready_at   bigint,
    owner      bigint,
    token      bigint  NOT NULL,
    attempt    bigint  NOT NULL,
    crashes    bigint  NOT NULL,
    claim_id   bigint,
    claimed_at bigint,
    started_at bigint,
    PRIMARY KEY (n, gen, kind, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0))sql",
    "CREATE INDEX open_ready ON @open (lane, ready_at) WHERE ready_at IS NOT NULL",
    R"sql(CREATE TABLE @history (
    seq         bigint  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    task_id     text    COLLATE "C" NOT NULL,
    uid         bigint  NOT NULL,
    gen         bigint  NOT NULL,
    kind        text    NOT NULL,
    slot        bigint  NOT NULL,
    first_at    bigint  NOT NULL,
    last_at     bigint  NOT NULL,
    folded      bigint  NOT NULL,
    exact       boolean NOT NULL,
    state       text    NOT NULL,
    reason      text,
    attempt     bigint  NOT NULL,
    crashes     bigint  NOT NULL,
    label       text,
    owner       bigint,
    token       bigint  NOT NULL,
    claimed_at  bigint,
    started_at  bigint,
    finished_at bigint  NOT NULL,
    result      text,
    error       text,
    late_result text
))sql",
    "CREATE INDEX history_task ON @history (task_id, seq)",
    R"sql(CREATE TABLE @node (
    id      bigint  PRIMARY KEY,
    label   text    NOT NULL,
    beat    bigint  NOT NULL,
    gone    boolean NOT NULL DEFAULT false,
    boot_id text    NOT NULL,
    pid     bigint  NOT NULL,
    version text    NOT NULL,
    lanes   text
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200))sql",
    R"sql(CREATE VIEW @tasks AS
SELECT def.id, sched.state, lane.executor, lane.fn AS function,
       to_timestamp(next_due / 1000000.0) AS next_run, runs,
       (SELECT count(*) FROM @open AS open WHERE open.n = def.n) AS open, quarantine, def.def AS definition
FROM @def AS def JOIN @sched AS sched USING (n) LEFT JOIN @lane AS lane ON lane.lane = abs(sched.lane))sql",
    R"sql(CREATE VIEW @fires AS
SELECT task_id, kind, state,
       CASE WHEN kind = 'manual' THEN to_timestamp(last_slot / 1000000.0) ELSE to_timestamp(slot / 1000000.0) END
           AS scheduled,
       folded, attempt, crashes, coalesce(node.label, owner::text) AS owner,
       to_timestamp(ready_at / 1000000.0) AS ready, to_timestamp(claimed_at / 1000000.0) AS claimed,
       to_timestamp(started_at / 1000000.0) AS started
FROM @open AS open LEFT JOIN @node AS node ON node.id = open.owner)sql",
    R"sql(CREATE VIEW @runs AS
SELECT seq, task_id, kind, state, reason, to_timestamp(last_at / 1000000.0) AS scheduled,
       CASE WHEN exact THEN '' ELSE 'at least ' END || folded AS times, attempt, crashes, label AS owner,
       to_timestamp(started_at / 1000000.0) AS started, to_timestamp(finished_at / 1000000.0) AS finished,
       (finished_at - started_at) / 1000 AS milliseconds, split_part(error, chr(10), 1) AS error, result, late_result
FROM @history)sql",
};

// What makes tables of version n + 2 of those of the version before. They may be made twice.
constexpr std::array<const char*, kSchemaVersion - 1> kSteps = {
    "ALTER TABLE @node ADD COLUMN IF NOT EXISTS lanes text",
};
constexpr const char* kStamp = "UPDATE @meta SET schema = $1, min_reader = $2 WHERE schema < $1";

constexpr const char* kMeta =
    "INSERT INTO @meta (store_uuid, schema, min_reader, lease) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
constexpr const char* kReadMeta = "SELECT store_uuid, schema, min_reader FROM @meta";

// @name and what is before the dot of it.
std::string quoted_schema(Database& db) {
    const std::string& table = db.sql("@");
    return table.substr(0, table.size() - 1);
}

std::string in_single_quotes(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
    return out + "'";
}

// One statement, so that whoever comes second finds all tables and touches none: making an index that is there already
// still waits for everybody who writes. They are looked for in the catalog's own tables: the functions that look up
// names remember what was not there before.
std::string creation(Database& db) {
    const std::string name = in_single_quotes(db.options.schema);
    std::string body = "BEGIN PERFORM pg_advisory_xact_lock(hashtextextended('uvsched ' || " + name +
                       ", 0)); IF NOT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = " + name +
                       ") THEN CREATE SCHEMA " + quoted_schema(db) +
                       "; END IF; IF NOT EXISTS (SELECT 1 FROM pg_class AS c JOIN pg_namespace AS s ON s.oid = "
                       "c.relnamespace WHERE c.relname = 'meta' AND s.nspname = " +
                       name + ") THEN ";
    for (const char* const table : kTables) body += db.sql(table) + "; ";
    return "DO " + in_single_quotes(body + "END IF; END");
}

// What a program of this version needs before it can work with the database.
struct Found {
    std::int64_t schema = 0;  // the version of the tables; 0: there are none
    std::string user;
};

[[noreturn]] void refuse_rights(Database& db, const SqlError& error, const std::string& user) {
    if (error.state() != "42501") throw Error(Code::store, error.message());
    fail(Code::store, error.message() + "; let an administrator of the database run: CREATE SCHEMA " +
                          quoted_schema(db) + " AUTHORIZATION \"" + user + "\"");
}

void create(Database& db, const std::string& user) {
    try {
        db.session.run({{"BEGIN", {}},
                        {creation(db), {}},
                        {db.sql(kMeta), {new_uuid(), kSchemaVersion, kMinReader, db.options.lease}},
                        {"COMMIT", {}}},
                       Sends::commits, kSchemaPatience);
    } catch (const SqlError& error) {
        refuse_rights(db, error, user);
    }
}

// Whoever comes second waits for the row, and finds nothing left to do.
void bring_up(Database& db, const Found& found) {
    std::vector<Statement> statements{{"BEGIN", {}}, {db.sql("SELECT 1 FROM @meta FOR UPDATE"), {}}};
    for (std::int64_t version = found.schema; version < kSchemaVersion; ++version) {
        statements.push_back({db.sql(kSteps[static_cast<std::size_t>(version) - 1]), {}});
    }
    statements.push_back({db.sql(kStamp), {kSchemaVersion, kMinReader}});
    statements.push_back({"COMMIT", {}});
    try {
        db.session.run(statements, Sends::commits, kSchemaPatience);
    } catch (const SqlError& error) {
        if (error.state() != "42501") throw Error(Code::store, error.message());
        fail(Code::store, error.message() +
                              "; let the owner of the tables run `uvsched store migrate`, or the SQL that "
                              "`uvsched store migrate --sql` prints");
    }
}

// Reads what the store is known by.
std::int64_t read_meta(Database& db) {
    try {
        const Answers answers = db.session.run({{db.sql(kReadMeta), {}}}, Sends::reads, kSchemaPatience);
        if (answers[0].empty()) {
            fail(Code::corrupt, db.session.message("the table meta is empty; put a backup in place"));
        }
        const Answer::Row row = answers[0].row(0);
        if (row.integer(2) > kSchemaVersion) {
            fail(Code::version,
                 db.session.message("written by a newer uvsched (schema " + row.text(1) + ", readable from " +
                                    row.text(2) + " on; this one knows " + std::to_string(kSchemaVersion) +
                                    "); update uvsched, or use another schema"));
        }
        if (row.integer(1) < 1) {
            fail(Code::corrupt,
                 db.session.message("meta.schema, " + row.text(1) + ", is not a version; put a backup in place"));
        }
        db.uuid = row.text(0);
        db.store_hash = hash_of_uuid(db.uuid);
        return row.integer(1);
    } catch (const SqlError& error) {
        fail(Code::corrupt, error.message() +
                                "; the schema has tables of another program: name another one with "
                                "?schema=");
    }
}

// Throws Error if this program cannot work here.
Found look_around(Database& db) {
    if (const int version = db.session.server_version(); version < kOldestServer) {
        fail(Code::version, db.session.message("the server is PostgreSQL " + std::to_string(version / 10'000) +
                                               "; version 13 or newer is needed"));
    }
    if (const std::string encoding = db.session.server_setting("server_encoding");
        !encoding.empty() && encoding != "UTF8") {
        fail(Code::store,
             db.session.message("the database keeps text as " + encoding + "; create one with ENCODING 'UTF8'"));
    }
    const Answers answers =
        db.session.run({{kLookAround, {quoted_schema(db) + ".meta"}}}, Sends::reads, kSchemaPatience);
    const Answer::Row row = answers[0].row(0);
    if (row.integer(0) != 0) {
        fail(Code::store, db.session.message("the server takes no writes (a standby, or read-only); connect to the "
                                             "primary"));
    }
    return {.schema = row.integer(1) == 0 ? 0 : read_meta(db), .user = row.text(2)};
}

Found prepare(Database& db) {
    const Found found = look_around(db);
    if (found.schema == 0) {
        create(db, found.user);
        static_cast<void>(read_meta(db));
    } else if (found.schema < kSchemaVersion) {
        bring_up(db, found);
    }
    return found;
}

// As `psql` takes them.
std::vector<std::string> on_paper(Database& db, const Found& found) {
    std::vector<std::string> out;
    if (found.schema == 0) {
        out.push_back("CREATE SCHEMA IF NOT EXISTS " + quoted_schema(db));
        for (const char* const table : kTables) out.push_back(db.sql(table));
        out.push_back(db.sql("INSERT INTO @meta (store_uuid, schema, min_reader, lease) VALUES (") +
                      in_single_quotes(new_uuid()) + ", " + std::to_string(kSchemaVersion) + ", " +
                      std::to_string(kMinReader) + ", " + std::to_string(db.options.lease) + ")");
        return out;
    }
    for (std::int64_t version = found.schema; version < kSchemaVersion; ++version) {
        out.push_back(db.sql(kSteps[static_cast<std::size_t>(version) - 1]));
    }
    if (out.empty()) return out;
    out.push_back(db.sql("UPDATE @meta SET schema = ") + std::to_string(kSchemaVersion) +
                  ", min_reader = " + std::to_string(kMinReader));
    return out;
}

}  // namespace

void prepare_schema(Database& db) { static_cast<void>(prepare(db)); }

void find_schema(Database& db) {
    const Found found = look_around(db);
    if (found.schema == 0) {
        fail(Code::not_found, db.session.message("there is no store in the schema " + quoted_schema(db) +
                                                 "; the first start of a scheduler makes it, and so does `uvsched "
                                                 "store migrate`"));
    }
    if (found.schema < kSchemaVersion)
        fail(Code::version, db.session.message(earlier_tables(found.schema, kSchemaVersion)));
}

Migration migrate_schema(Database& db, Migrates how) {
    Migration out{.to = kSchemaVersion};
    if (how == Migrates::on_paper) {
        const Found found = look_around(db);
        out.from = found.schema;
        out.statements = on_paper(db, found);
    } else {
        out.from = prepare(db).schema;
    }
    return out;
}

}  // namespace uvsched::postgresql
