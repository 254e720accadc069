#include "core/homes/drafts.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/base/hex.hpp"
#include "core/base/name.hpp"
#include "core/ledger/task_rules.hpp"
#include "core/triggers/date.hpp"

namespace uvsched {
namespace {

std::string canonical_arguments(const std::string& text) {
    if (text.empty()) return text;
    const nlohmann::json value = nlohmann::json::parse(text, nullptr, false);
    if (value.is_discarded()) fail(Code::invalid, "arguments: the text is not JSON");
    if (!value.is_array() && !value.is_object()) fail(Code::invalid, "arguments: expected a JSON array or object");
    return value.dump();
}

// The key for `H` in a task's cron fields: the caller's id, else the function.
const std::string& key_of(const Definition& task) {
    const bool derived = task.id == task.function || task.id.starts_with(task.function + "#");
    return derived || TaskIds::is_random(task.id) ? task.function : task.id;
}

TriggerPtr keyed(const TriggerPtr& trigger, const Definition& task) {
    TriggerPtr other = trigger->with_key(key_of(task));
    return other ? other : trigger;
}

void check_durable(const TaskSpec& spec) {
    if (spec.token != 0) {
        fail(Code::invalid,
             "token: store \"" + spec.store + "\" is durable, and a token means nothing to another process");
    }
    if (spec.local_function) {
        fail(Code::invalid, "function \"" + spec.function +
                                "\" has no name that another process could resolve: store \"" + spec.store +
                                "\" is durable; use a function at the top level of a module, or a memory store");
    }
}

}  // namespace

NewTask Drafts::make(TaskSpec spec, AddMode mode, bool durable) const {
    NewTask task{.spec = std::move(spec), .mode = mode, .derived_id = false, .definition = {}};
    const TriggerPtr trigger = task.spec.trigger ? task.spec.trigger : make_date_trigger({});
    const bool stored = durable && !trigger->is_event();
    check_first_time(*trigger, task.spec.next_run_time);
    (void)parts_.dispatcher.index(task.spec.executor);
    validate_text("function", task.spec.function);
    if (stored) check_durable(task.spec);
    auto definition = std::make_shared<Definition>();
    definition->function = task.spec.function;
    definition->name = task.spec.name.empty() ? task.spec.function : task.spec.name;
    if (!task.spec.name.empty()) validate_text("name", task.spec.name);
    definition->executor = task.spec.executor;
    definition->arguments = canonical_arguments(task.spec.arguments);
    definition->trigger = trigger;
    definition->policies = merge(defaults_, task.spec.policies);
    name(task, *definition, stored);
    definition->trigger = keyed(trigger, *definition);
    {
        const std::lock_guard lock(parts_.shared.mutex);
        check_callable(task, *definition);
        parts_.asker.check(*definition->trigger);
    }
    task.definition = std::move(definition);
    return task;
}

void Drafts::name(NewTask& task, Definition& definition, bool durable) const {
    definition.id = task.spec.id;
    if (!definition.id.empty()) {
        validate_text("id", definition.id);
    } else if (durable && definition.trigger->kind() != TriggerKind::date) {
        task.derived_id = true;
        definition.id = definition.function;
        if (!definition.arguments.empty()) definition.id += "#" + hex_text(definition_hash(definition.arguments));
        validate_text("id (derived from function and arguments)", definition.id);
    } else {
        const Lock lock(parts_.shared);
        definition.id = parts_.ids.id();
    }
}

void Drafts::check_callable(const NewTask& task, const Definition& definition) const {
    if (task.spec.token != 0 || parts_.role == Role::visitor) return;
    const FunctionVersion* const function = parts_.runs.functions().find(definition.function);
    if (function == nullptr)
        fail(Code::not_found, "function \"" + definition.function + "\" is not registered: register it first");
    const bool queue = parts_.dispatcher.is_queue(parts_.dispatcher.index(definition.executor));
    const bool native = function->function.call != nullptr;
    if (!queue && !native) {
        fail(Code::invalid, "executor \"" + definition.executor + "\" runs native functions; \"" + definition.function +
                                "\" belongs to another language and needs an executor of type queue");
    }
    if (queue && native) {
        fail(Code::invalid, "executor \"" + definition.executor + "\" is a run queue; \"" + definition.function +
                                "\" is a native function and needs an inline or threadpool executor");
    }
}

std::shared_ptr<const Definition> Drafts::changed(const Definition& old, const TaskChanges& changes) const {
    auto definition = std::make_shared<Definition>(old);
    if (changes.name) definition->name = *changes.name;
    if (changes.executor) definition->executor = parts_.dispatcher.alias(parts_.dispatcher.index(*changes.executor));
    if (changes.arguments) definition->arguments = *changes.arguments;
    if (changes.function) definition->function = *changes.function;
    if (changes.trigger) definition->trigger = keyed(changes.trigger, *definition);
    definition->policies = merge(old.policies, changes.policies);
    validate_text("name", definition->name);
    validate_text("function", definition->function);
    return definition;
}

}  // namespace uvsched
