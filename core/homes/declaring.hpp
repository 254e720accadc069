// Declaring: the events and errors if a task is added under an id that exists (docs/declaring-tasks.md).
#pragma once

#include <string>

#include "core/base/error.hpp"
#include "core/events/notices.hpp"
#include "core/homes/task_spec.hpp"
#include "core/ledger/declaration.hpp"

namespace uvsched {

// How adding treats an id that exists. `starting`: a start declares the task; `declared_here`: this program declared
// the id before, and derived it.
[[nodiscard]] OnExisting on_existing(const NewTask& task, bool starting, bool declared_here);

// Throws Error(conflict): another task has its id.
[[noreturn]] void refuse(const std::string& store, const NewTask& task, const Definition& stored);

// Tells that the conflict keeps a declaration out.
void tell_kept(Notices& notices, const std::string& store, const std::string& id, const Error& conflict);

// Tells that a declaration replaced a stored task. `before`: the replaced definition, nullptr if it could not be read;
// `edited`: it was edited after it was declared.
void tell_replaced(Notices& notices, const std::string& store, const Definition& task, const Definition* before,
                   bool edited);

// Tells that a declaration without an id was written, to run once.
void tell_unnamed(Notices& notices, const std::string& store, const Definition& task);

}  // namespace uvsched
