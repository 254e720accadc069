// KnownName: a name by which a configuration asks for a store or an executor, and what it stands for.
#pragma once

#include <string>
#include <string_view>

#include "core/base/error.hpp"
#include "core/base/quote.hpp"

namespace uvsched {

// `value` is empty (nullptr, nullopt) if the name is known but not available in this build.
template <class Value>
struct KnownName {
    std::string_view name;        // "sqlite"
    std::string_view class_name;  // "SQLiteStore", as asyncz and uvsched's Python package call it; may be empty
    Value value;
};

// Whether a text is spelt as a class in a module ("asyncz.stores.memory:MemoryStore").
[[nodiscard]] inline bool names_class(std::string_view text) {
    return text.find_first_of(":.") != std::string_view::npos;
}

// Whether it is a class of asyncz or uvsched, not one of an application.
[[nodiscard]] inline bool names_own_class(std::string_view text) {
    return names_class(text) && (text.starts_with("asyncz.") || text.starts_with("uvsched."));
}

// Finds the entry for a name ("sqlite") or for a class of asyncz or uvsched. Errors begin with `path`:
// Error(not_found) for an unknown name, with a list of the known names; Error(unsupported) for a name that is not
// available in this build, and for a class of an application. `what` is the kind of thing in the message ("a store").
template <class Value, std::size_t N>
[[nodiscard]] const KnownName<Value>& find_known(const KnownName<Value> (&names)[N], const std::string& text,
                                                 const std::string& path, const char* what) {
    const std::string shown = path + ": " + in_quotes(text);
    if (names_class(text) && !names_own_class(text)) {
        fail(Code::unsupported, shown + " is a class that only a program in its own language can load");
    }
    const std::string_view wanted = std::string_view(text).substr(names_class(text) ? text.find_last_of(":.") + 1 : 0);
    const std::string_view dialect = wanted.substr(0, wanted.find('+'));  // "postgresql" of "postgresql+asyncpg"
    std::string list;
    for (const KnownName<Value>& known : names) {
        const std::string_view name = names_class(text) ? known.class_name : known.name;
        if (known.value) list += (list.empty() ? "" : ", ") + std::string(known.name);
        if (known.value && name == wanted) return known;
        if (name.empty() || name != dialect) continue;
        fail(Code::unsupported, shown + (known.value ? " is a name of another library; write " + std::string(name)
                                                     : " is not available in this build"));
    }
    fail(Code::not_found, shown + " is not " + what + " (one of " + list + ")");
}

}  // namespace uvsched
