// What happens to a stored task when its id is declared again (docs/declaring-tasks.md). Pure.
#pragma once

#include <cstdint>

namespace uvsched {

// What adding does if the store already has a task with this id.
enum class OnExisting : std::uint8_t {
    keep_if_equal,  // a different definition is a conflict
    replace,        // a declaration that differs from the last one replaces the task; an equal one leaves edits alone
    overwrite,      // the task gets this definition, whether it was edited or not
};

// The stored task, compared with the declaration.
struct Standing {
    bool equal = false;        // the task has this definition
    bool declared_so = false;  // this was its last declaration, and the task can be read: it was edited since
};

enum class Verdict : std::uint8_t { unchanged, replaced, conflict };

[[nodiscard]] constexpr Verdict judge(OnExisting on_existing, const Standing& there) noexcept {
    if (there.equal || (there.declared_so && on_existing != OnExisting::overwrite)) return Verdict::unchanged;
    return on_existing == OnExisting::keep_if_equal ? Verdict::conflict : Verdict::replaced;
}

}  // namespace uvsched
