// Copies: never two libuvsched in one process. Each would have its own handle table, zone table and, where SQLite is
// linked in, its own locks on the same files.
#pragma once

namespace uvsched::capi {

// Takes the process for this copy of the library. Throws Error(version) when another copy has taken it.
//
// Each copy, shared or linked into a program or plugin, carries an ELF note that leads to its flag; all loaded objects
// are searched for such notes (docs/decisions/0031). Not seen: copies in another link namespace (dlmopen), and on
// systems without ELF notes.
void claim_process();

}  // namespace uvsched::capi
