// Drafts: makes checked definitions of users' descriptions of tasks.
#pragma once

#include <memory>

#include "core/homes/task_home.hpp"

namespace uvsched {

// Thread-safe; called with no lock held, except for changed(), which needs none.
class Drafts {
public:
    Drafts(const EngineParts& parts, Policies defaults) : parts_(parts), defaults_(std::move(defaults)) {}

    // `durable`: whether the task's store is. Throws Error if an argument is wrong, or if a function, trigger or
    // executor is not known.
    [[nodiscard]] NewTask make(TaskSpec spec, AddMode mode, bool durable) const;

    // `old` with these changes. Throws like make().
    [[nodiscard]] std::shared_ptr<const Definition> changed(const Definition& old, const TaskChanges& changes) const;

private:
    void name(NewTask& task, Definition& definition, bool durable) const;
    void check_callable(const NewTask& task, const Definition& definition) const;

    const EngineParts parts_;
    const Policies defaults_;
};

}  // namespace uvsched
