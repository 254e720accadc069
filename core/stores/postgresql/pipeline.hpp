// Pipeline: statements that are sent together, and what is done with their answers when all of them have succeeded.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/stores/again.hpp"
#include "core/stores/postgresql/database.hpp"

namespace uvsched::postgresql {

class Pipeline {
public:
    using Read = std::function<void(const Answer&)>;

    explicit Pipeline(Database& db) : db_(db) {}

    // `sql` is a constant: see Database::sql().
    void add(const char* sql, std::vector<Value> values = {}, Read read = {});

    // All that is added from now on names its rows by their keys, and must not be planned otherwise. commit() does that
    // by itself.
    void by_keys();

    // Statements that change nothing. Throws Error(store), and StoreLost if the tables are gone.
    void read();

    // One transaction of all statements, which begins by making sure of something:
    enum class Guard {
        none,
        standing,        // this node's row is there, and stays there till the end; else NodeLost. A visitor has none
        standing_alone,  // the same, without a lock: nothing is to be written
    };
    // Throws Again, NodeLost, StoreLost, MaybeDone, Refused, and Error(store). `tells`: it makes something that others
    // must find; so does a statement with UVSCHED_PG_TOLD. Then they are told, and this node too has to look for it,
    // unless its own batch asked for it.
    void commit(Guard guard, bool tells = false);
    void commit_batch(Guard guard, bool tells);

    // Locks the schedules of tasks, in the order in which every transaction does: nobody else changes them, or their
    // fires, before its end.
    void lock(const Column& tasks, const Column& more);

    // A statement that divides by zero, so that commit() throws NodeLost, if this node does not stand.
    void stand(const char* sql, std::vector<Value> values);

    // Fails, so that commit() throws Again, unless all of these tasks have these revisions.
    void guard(const Column& tasks, const Column& revisions);

    // In a statement's last SELECT, in the place of its columns: notes that something was made which others must find.
    // 1 if anything of the SELECT is there.
#define UVSCHED_PG_TOLD "set_config('uvsched.told', '1', true) AS told"

private:
    [[nodiscard]] bool run(Guard guard, bool tells);
    [[noreturn]] void refused(const SqlError& error) const;
    void tell();

    Database& db_;
    std::vector<Statement> statements_;
    std::vector<Read> reads_;
    std::optional<std::size_t> standing_;
    std::optional<std::size_t> guarded_;
};

}  // namespace uvsched::postgresql
