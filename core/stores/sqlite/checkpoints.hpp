// Checkpoints: when the log is written back into the database.
#pragma once

#include <string>

#include "core/stores/sqlite/connection.hpp"

namespace uvsched::sqlite {

// SQLite 3.7.0 to 3.51.2 can damage a log if a commit starts it anew while another connection writes it back. So SQLite
// does not choose the moment: a second connection has the writer's lock meanwhile, and nobody commits.
class Checkpoints {
public:
    // From now on, for this connection, whose file has a log. Not while a transaction of it is open.
    void begin(Connection& connection);
    void end() noexcept;

    // After each commit: writes back if the log has grown by much. What fails is done another time.
    void run_if_due() noexcept;

    // Writes back what no reader is in the way of, and waits for another writer. False if some of the log was left, and
    // between end() and begin().
    [[nodiscard]] bool run();

private:
    static int count(void* self, sqlite3* handle, const char* name, int frames) noexcept;

    Connection* connection_ = nullptr;
    Connection writer_;
    int frames_ = 0;  // in the log
    int next_ = 0;    // with so many of them the next one is due
};

}  // namespace uvsched::sqlite
