// fork(): who has to be ready for it.
#pragma once

namespace uvsched {

// Calls these around each fork() of this process from now on; nullptr is nothing to call. Those that were set up first
// prepare last. Throws bad_alloc.
void at_fork(void (*prepare)(), void (*in_parent)(), void (*in_child)());

}  // namespace uvsched
