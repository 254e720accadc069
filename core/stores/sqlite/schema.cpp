#include "core/stores/sqlite/schema.hpp"

#include <array>

#include "core/stores/store_uuid.hpp"

namespace uvsched::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x75767363;  // "uvsc": tells `file` and us whose database this is

std::int64_t ask(Connection& connection, const char* sql) {
    Statement statement(connection, sql);
    Cursor row(statement);
    return row.next() ? row.integer(0) : 0;
}

}  // namespace

std::int64_t schema_version(Connection& connection) {
    const std::int64_t application = ask(connection, "PRAGMA application_id");
    if (ask(connection, "SELECT count(*) FROM sqlite_master") == 0) {
        if (application == 0 || application == kApplicationId) return 0;
    } else if (application == kApplicationId && ask(connection, "SELECT count(*) FROM meta") == 1) {
        const std::int64_t version = ask(connection, "SELECT schema FROM meta");
        const std::int64_t min_reader = ask(connection, "SELECT min_reader FROM meta");
        if (version < 1)
            fail(Code::corrupt, connection.path() + ": meta.schema, " + std::to_string(version) +
                                    ", is not a version; put a backup in place");
        if (min_reader <= kSchemaVersion) return version;
        fail(Code::version, connection.path() + ": written by a newer uvsched (schema " + std::to_string(version) +
                                ", readable from " + std::to_string(min_reader) + " on; this one knows " +
                                std::to_string(kSchemaVersion) + "); update uvsched, or use another file");
    }
    fail(Code::corrupt, connection.path() + ": a database of another program; give the scheduler a file of its own");
}

namespace {

bool has_column(Connection& connection, const char* table, const char* column) {
    Statement statement(connection, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2");
    return Cursor(statement, std::string_view(table), std::string_view(column)).next();
}

// Of a file that has tables.
std::int64_t version_of_tables(Connection& connection) {
    if (has_column(connection, "meta", "changes")) return 3;
    return has_column(connection, "def", "declared") ? 2 : 1;
}

void migrate(Connection& connection, std::int64_t from) {
    if (from > 0 && from != version_of_tables(connection)) {
        fail(Code::corrupt, connection.path() + ": meta.schema, " + std::to_string(from) +
                                ", is not the version of its tables; put a backup in place");
    }
    for (std::int64_t version = from + 1; version <= kSchemaVersion; ++version) {
        connection.execute(schema_step(version));
    }
    Statement stamp(connection,
                    "UPDATE meta SET schema = ?1, min_reader = ?2, store_uuid = iif(store_uuid = '', ?3, store_uuid)");
    const std::string uuid = new_uuid();
    Cursor(stamp, kSchemaVersion, kMinReader, uuid).run();
    connection.execute(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
}

void run_check(Connection& connection, const char* pragma) {
    Statement check(connection, pragma);
    Cursor row(check);
    if (row.next() && row.view(0) != "ok") {
        fail(Code::corrupt, connection.path() + ": the database is damaged (" + row.text(0) +
                                "); put a backup in its place, or save what `sqlite3 FILE .recover` can read");
    }
}

}  // namespace

void prepare_schema(Connection& connection) {
    if (schema_version(connection) >= kSchemaVersion) return;
    Transaction transaction(connection);
    migrate(connection, schema_version(connection));
    transaction.commit();
}

std::vector<std::string> schema_on_paper(std::int64_t version) {
    std::vector<std::string> out;
    if (version >= kSchemaVersion) return out;
    for (std::int64_t step = version + 1; step <= kSchemaVersion; ++step) out.emplace_back(schema_step(step));
    out.push_back("UPDATE meta SET schema = " + std::to_string(kSchemaVersion) + ", min_reader = " +
                  std::to_string(kMinReader) + ", store_uuid = iif(store_uuid = '', '" + new_uuid() + "', store_uuid)");
    out.push_back("PRAGMA application_id = " + std::to_string(kApplicationId));
    return out;
}

Meta read_meta(Connection& connection) {
    Statement statement(connection, "SELECT store_uuid, boot_id, base, shift FROM meta");
    Cursor row(statement);
    if (!row.next()) fail(Code::corrupt, connection.path() + ": the table meta is empty; put a backup in place");
    return {row.text(0), {.boot = row.text(1), .base = row.integer(2), .shift = row.integer(3)}};
}

void check_for_damage(Connection& connection) {
    constexpr std::int64_t kSmall = 32LL << 20;
    const std::int64_t size = ask(connection, "PRAGMA page_count") * ask(connection, "PRAGMA page_size");
    if (size <= kSmall) {
        run_check(connection, "PRAGMA quick_check(1)");
        return;
    }
    for (const char* pragma : {"PRAGMA quick_check(meta)", "PRAGMA quick_check(lane)", "PRAGMA quick_check(open)",
                               "PRAGMA quick_check(gone)", "PRAGMA quick_check(node)"}) {
        run_check(connection, pragma);
    }
}

}  // namespace uvsched::sqlite
