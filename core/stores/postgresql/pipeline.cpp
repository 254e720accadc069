#include "core/stores/postgresql/pipeline.hpp"

#include <chrono>
#include <iterator>
#include <new>
#include <utility>

namespace uvsched::postgresql {
namespace {

constexpr std::chrono::seconds kPatience{30};

constexpr const char* kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

// Until the transaction ends: its statements name rows by their keys, or take the first ones of an index. The planner
// knows little about tables that change so fast, and would rather read a whole one for a hundred of its rows, or all
// that is due and sort it. Where it has to all the same (`meta` has one row), it takes that for so dear that it would
// compile the statement.
constexpr const char* kByKeys =
    "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true), "
    "set_config('jit', 'off', true)";

// Whoever declares this node dead deletes its row, and waits until this transaction is over. A division by zero is the
// one way in which a plain statement can fail on a condition.
constexpr const char* kStanding =
    "SELECT 1 / count(*) FROM (SELECT 1 FROM @node WHERE id = $1 FOR KEY SHARE) AS standing";
constexpr const char* kStandingAlone = "SELECT 1 / count(*) FROM @node WHERE id = $1";
constexpr const char* kGuard =
    "SELECT 1 / (count(*) = $3)::int FROM unnest($1::bigint[], $2::bigint[]) AS f(n, rev) "
    "JOIN @sched AS s ON s.n = f.n AND s.rev = f.rev";

constexpr const char* kLockAll =
    "SELECT 1 FROM @sched WHERE n = ANY($1::bigint[] || $2::bigint[]) ORDER BY n FOR NO KEY UPDATE";

// At the end, because whoever else has something to tell waits for this row.
constexpr const char* kTell =
    "UPDATE @meta SET changes = CASE WHEN changes < " UVSCHED_MOST
    " THEN changes + 1 ELSE 0 END WHERE $1 OR current_setting('uvsched.told', true) = '1' RETURNING 1";
constexpr const char* kNotify = "SELECT pg_notify($1, $2)";

// A transaction that was in the way of another, or came too late.
bool may_be_tried_again(const std::string& state) {
    return state == "40001" || state == "40P01" || state == "23505" || state == "55P03";
}

bool is_fault_of_values(const std::string& state) {
    return state.starts_with("22") || state.starts_with("23") || state.starts_with("54");
}

bool is_missing(const std::string& state) { return state == "42P01" || state == "3F000" || state == "42703"; }

}  // namespace

void Pipeline::add(const char* sql, std::vector<Value> values, Read read) {
    statements_.push_back({db_.sql(sql), std::move(values)});
    reads_.resize(statements_.size());
    reads_.back() = std::move(read);
}

void Pipeline::by_keys() { add(kByKeys, {}); }

void Pipeline::stand(const char* sql, std::vector<Value> values) {
    standing_ = statements_.size();
    add(sql, std::move(values));
}

void Pipeline::lock(const Column& tasks, const Column& more) {
    if (tasks.size() + more.size() == 0) return;
    add(kLockAll, {tasks.value(), more.value()});
}

void Pipeline::guard(const Column& tasks, const Column& revisions) {
    if (tasks.size() == 0) return;
    guarded_ = statements_.size();
    add(kGuard, {tasks.value(), revisions.value(), tasks.size()});
}

void Pipeline::refused(const SqlError& error) const {
    if (error.state() == "22012" && standing_ == error.statement()) {
        throw NodeLost(db_.session.message(
            "other nodes took this one for dead, because it was silent for a lease; it joins them again"));
    }
    if (error.state() == "22012" && guarded_ == error.statement()) throw Again();
    if (may_be_tried_again(error.state())) throw Again();
    if (is_missing(error.state())) {
        throw StoreLost(error.message() + "; the tables of the store were removed or changed by another program");
    }
    if (error.state() == "25006") {
        fail(Code::store, error.message() + "; the server takes no writes: connect to the primary");
    }
    if (is_fault_of_values(error.state())) throw Refused(error.message());
    throw Error(Code::store, error.message());
}

void Pipeline::read() {
    db_.connect();
    try {
        const Answers answers = db_.session.run(statements_, Sends::reads, kPatience);
        for (std::size_t i = 0; i < reads_.size(); ++i) {
            if (reads_[i]) reads_[i](answers[i]);
        }
    } catch (const SqlError& error) {
        try {
            refused(error);
        } catch (const Again&) {
            fail(Code::store, error.message());
        }
    }
}

void Pipeline::commit(Guard guard, bool tells) {
    if (run(guard, tells)) tell();
}

void Pipeline::commit_batch(Guard guard, bool tells) {
    if (!run(guard, tells)) return;
    ++db_.shared->own_changes;
    tell();
}

// True if something was made that others must find.
bool Pipeline::run(Guard guard, bool tells) {
    db_.connect();
    std::vector<Statement> statements{{kBegin, {}}, {kByKeys, {}}};
    std::size_t before = statements.size();
    if (standing_) *standing_ += before;
    if (guard != Guard::none && !db_.visits) {
        statements.push_back({db_.sql(guard == Guard::standing ? kStanding : kStandingAlone), {db_.node}});
        standing_ = before++;
    }
    if (guarded_) *guarded_ += before;
    std::move(statements_.begin(), statements_.end(), std::back_inserter(statements));
    const bool writes = guard != Guard::standing_alone;
    if (writes) statements.push_back({db_.sql(kTell), {tells}});
    const std::size_t told_at = statements.size() - 1;
    statements.push_back({"COMMIT", {}});
    bool told = false;
    try {
        const Answers answers = db_.session.run(statements, Sends::commits, kPatience);
        told = writes && !answers[told_at].empty();
        for (std::size_t i = 0; i < reads_.size(); ++i) {
            if (reads_[i]) reads_[i](answers[before + i]);
        }
    } catch (const SqlError& error) {
        refused(error);
    } catch (const std::bad_alloc&) {
        throw MaybeDone("no memory");  // it is done, and cannot be told
    }
    return told;
}

// Whoever hears nothing finds it with the next beat. One that joins in this moment reads all there is.
void Pipeline::tell() {
    if (db_.shared->alone) return;
    try {
        db_.session.run({{kNotify, {db_.channel, std::to_string(db_.node)}}}, Sends::reads, kPatience);
    } catch (const Error&) {
        return;
    }
}

}  // namespace uvsched::postgresql
