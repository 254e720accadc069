// Copies: never two libuvsched in one process. Each would have its own handle table, zone table and, where SQLite is
// linked in, its own locks on the same files.
#pragma once

namespace uvsched::capi {

// Takes the process for this copy of the library. Throws Error(version) when another copy has taken it.
void claim_process();

}  // namespace uvsched::capi
