#include "core/homes/declaring.hpp"

namespace uvsched {

OnExisting on_existing(const NewTask& task, bool starting, bool declared_here) {
    switch (task.mode) {
        case AddMode::keep:
        case AddMode::raise:
            return OnExisting::keep_if_equal;
        case AddMode::replace:
            return starting ? OnExisting::replace : OnExisting::overwrite;
        case AddMode::declare:
            break;
    }
    // The id was derived from the function: a second task of that function is not a new version of the first.
    return starting || (task.derived_id && !declared_here) ? OnExisting::replace : OnExisting::keep_if_equal;
}

void refuse(const std::string& store, const NewTask& task, const Definition& stored) {
    const std::string what = difference(stored, *task.definition, ", here ");
    std::string text = "task \"" + task.definition->id + "\" differs from the one in store \"" + store + "\" (" +
                       (what.empty() ? "it has a function or arguments that cannot be compared" : what) + ")";
    if (task.mode != AddMode::keep) {
        text += task.derived_id ? "; give two tasks of one function different ids"
                                : "; replace that one with replace_existing, or give this one another id";
    }
    fail(Code::conflict, text);
}

void tell_kept(Notices& notices, const std::string& store, const std::string& id, const Error& conflict) {
    notices.tell(EventCode::task_conflict, store, id,
                 conflict.message() + "; the stored task stays; declare it without \"keep\" to replace it");
}

void tell_replaced(Notices& notices, const std::string& store, const Definition& task, const Definition* before,
                   bool edited) {
    std::string text = "its declaration has changed and replaces the stored task";
    const std::string what = before == nullptr ? "the stored task could not be read" : difference(*before, task);
    if (!what.empty()) text += " (" + what + ")";
    if (edited) text += "; an edit that was made since the last declaration is overwritten";
    notices.tell(EventCode::task_redeclared, store, task.id, text);
}

void tell_unnamed(Notices& notices, const std::string& store, const Definition& task) {
    notices.tell(EventCode::task_unnamed, store, task.id,
                 "\"" + task.function +
                     "\" is a task without an id that runs once: it runs once for each start that declares it; give it "
                     "an id to run it only once");
}

}  // namespace uvsched
