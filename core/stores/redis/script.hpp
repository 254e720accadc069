// Script: what the server does in one step, in its own language (Lua). Nobody else does anything meanwhile.
//
// Keys, all behind the store's hash tag. Numbers of tasks, lanes and nodes are theirs (ledger/records.hpp).
//
//   meta              hash: uuid, schema, min_reader, lease; changes; last_task, last_lane, last_row: numbers given out
//   ids, names        hash: id of a task -> its number; sorted set of the ids, for pages
//   def:TASK          hash: id, uid, format, def, hash, declared, at_start, quarantine, max
//   at_start, apart   sets: ids that a start declared; numbers of tasks that were set apart
//   rows, runs, opens hashes: number of a task -> its row (ledger_script.cpp), its runs, the number of its open fires
//   fires             hash: "TASK:gen:kind:slot" -> the open fire (ledger_script.cpp)
//   fires_of          sorted set of those names, to find those of a task
//   gone, gone_ids    sorted set: the latest 10,000 tasks that were deleted, by time; hash: their numbers -> their ids
//   lanes             hash: names of a lane -> its number
//   due:LANE          sorted set: tasks by due time
//   idle:LANE         sorted set: tasks without one; 0 active, 1 paused, 2 finished
//   ready:LANE        sorted set: ready fires ("TASK:gen:kind:slot") by the time from which they may be claimed
//   nodes, node:NODE  set; hash: label, beat, gone, boot, pid, version, lanes
//   held:NODE         set: the fires that the node holds
//   history           stream: row numbers -> id of the task
//   history:ID        stream: the rows of a task, under the same numbers
//   recorded, crowded sorted set of the ids that have rows; set of those that have too many
//   late              hash: row -> late result
#pragma once

#include <cstdint>
#include <string>

namespace uvsched::redis {

struct Script {
    enum class Kind : std::uint8_t {
        bare,    // has the functions of the head alone
        asks,    // makes sure that the store is still this one. Changes nothing that batches do
        changes  // reads and writes through ledger_script.cpp
    };
    const char* name;  // its first argument, so that SLOWLOG shows it
    Kind kind;
    const char* body;

    // What it is loaded as.
    [[nodiscard]] std::string text() const;
};

// The words with which a script refuses; it has then changed nothing.
inline constexpr const char* kLostWord = "UVLOST";    // another store is there, or none
inline constexpr const char* kNodeWord = "UVNODE";    // this node has no row any more
inline constexpr const char* kAgainWord = "UVAGAIN";  // another node came between
inline constexpr const char* kPartWord = "UVPART";    // one of the keys is not of this store; all others are written

// The functions that scripts of Kind::changes begin with.
extern const char* const kLedgerScript;

}  // namespace uvsched::redis
