#include "core/config/config.hpp"

#include <nlohmann/json.hpp>

#include "arguments.hpp"
#include "core/config/config_keys.hpp"
#include "core/json/text.hpp"
#include "handles.hpp"

using namespace uvsched;
using namespace uvsched::capi;

namespace {

constexpr std::size_t kMaxFolder = 4096;

// Runs a setter on a config's members.
template <class Set>
int change(const char* function, sched_config* handle, Set&& set) noexcept {
    return guarded(function, [&] {
        const Ref<ConfigObject> ref(handle, "config");
        set(ref->config);
    });
}

// A store of a config, by its alias. Throws Error(not_found).
StoreConfig& added_store(Config& config, const char* store) {
    const std::string alias = name_argument(store, "store");
    const auto found = config.stores.find(alias);
    if (found == config.stores.end()) fail(Code::not_found, "store: \"" + alias + "\" was not added");
    return found->second;
}

}  // namespace

int sched_config_new(sched_config** out) {
    return guarded(__func__, [&] { *not_null(out, "out") = new_handle(std::make_unique<ConfigObject>()); });
}

int sched_config_from_json(sched_config** out, const char* json) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        auto object = std::make_unique<ConfigObject>();
        object->config = config_from_json(not_null(json, "json"));
        *out = new_handle(std::move(object));
    });
}

void sched_config_free(sched_config* config) { free_handle<ConfigObject>(__func__, config, "config"); }

const char* sched_config_json(sched_config* config) {
    const char* text = nullptr;
    static_cast<void>(guarded(__func__, [&] {
        const Ref<ConfigObject> ref(config, "config");
        ref->text = config_json(ref->config).dump();
        text = ref->text.c_str();
    }));
    return text;
}

int sched_config_nest_json(const char** out, sched_config* config, const char* json) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const Ref<ConfigObject> ref(config, "config");
        ref->text = nested_config(parse_json(not_null(json, "json"), "")).dump();
        *out = ref->text.c_str();
    });
}

int sched_config_add_store(sched_config* config, const char* alias, const char* url) {
    return change(__func__, config,
                  [&](Config& to) { to.add_store(name_argument(alias, "alias"), name_argument(url, "url", kMaxUrl)); });
}

int sched_config_add_executor(sched_config* config, const char* alias, const char* spec) {
    return change(__func__, config,
                  [&](Config& to) { to.add_executor(name_argument(alias, "alias"), name_argument(spec, "spec")); });
}

int sched_config_set_timezone(sched_config* config, const char* name) {
    return change(__func__, config, [&](Config& to) { to.zone = TimeZone::load(name_argument(name, "name")); });
}

int sched_config_set_identity(sched_config* config, const char* identity) {
    return change(__func__, config, [&](Config& to) { to.identity = name_argument(identity, "identity"); });
}

int sched_config_set_mistrigger_grace_time(sched_config* config, int64_t microseconds) {
    return change(__func__, config, [&](Config& to) { to.defaults.grace = grace_argument(microseconds); });
}

int sched_config_set_coalesce(sched_config* config, int coalesce) {
    return change(__func__, config, [&](Config& to) { to.defaults.coalesce = flag_argument(coalesce, "coalesce"); });
}

int sched_config_set_max_instances(sched_config* config, int max_instances) {
    return change(__func__, config,
                  [&](Config& to) { to.defaults.max_instances = int_at_least(max_instances, 1, "max_instances"); });
}

int sched_config_set_max_catch_up(sched_config* config, int max_catch_up) {
    return change(__func__, config, [&](Config& to) { to.defaults.max_catch_up = catch_up_argument(max_catch_up); });
}

int sched_config_set_undeclared(sched_config* config, sched_undeclared undeclared) {
    return change(__func__, config, [&](Config& to) {
        switch (undeclared) {
            case UVSCHED_UNDECLARED_KEEP:
                to.undeclared = Undeclared::keep;
                return;
            case UVSCHED_UNDECLARED_PAUSE:
                to.undeclared = Undeclared::pause;
                return;
            case UVSCHED_UNDECLARED_DELETE:
                to.undeclared = Undeclared::remove;
                return;
        }
        fail(Code::invalid,
             "undeclared: " + std::to_string(undeclared) + " is not one of UVSCHED_UNDECLARED_KEEP, PAUSE, DELETE");
    });
}

int sched_config_set_driver(sched_config* config, sched_driver driver) {
    return change(__func__, config, [&](Config& to) {
        switch (driver) {
            case UVSCHED_DRIVER_OWN_THREAD:
                to.driver = Driver::own_thread;
                return;
            case UVSCHED_DRIVER_CALLER:
                to.driver = Driver::caller;
                return;
        }
        fail(Code::invalid,
             "driver: " + std::to_string(driver) + " is not one of UVSCHED_DRIVER_OWN_THREAD, UVSCHED_DRIVER_CALLER");
    });
}

int sched_config_set_role(sched_config* config, sched_role role) {
    return change(__func__, config, [&](Config& to) {
        switch (role) {
            case UVSCHED_ROLE_NODE:
                to.role = Role::node;
                return;
            case UVSCHED_ROLE_VISITOR:
                to.role = Role::visitor;
                return;
        }
        fail(Code::invalid, "role: " + std::to_string(role) + " is not one of UVSCHED_ROLE_NODE, UVSCHED_ROLE_VISITOR");
    });
}

int sched_config_migrate_store(const char** out, sched_config* config, const char* store, sched_migration how) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const Ref<ConfigObject> ref(config, "config");
        if (how != UVSCHED_MIGRATE && how != UVSCHED_MIGRATE_SHOW) {
            fail(Code::invalid, "how: " + std::to_string(how) + " is not one of UVSCHED_MIGRATE, UVSCHED_MIGRATE_SHOW");
        }
        const StoreConfig& given = added_store(ref->config, store);
        if (!given.durable()) fail(Code::unsupported, "store: \"" + std::string(store) + "\" is in memory");
        const Migration done = given.make()->migrate(how == UVSCHED_MIGRATE ? Migrates::really : Migrates::on_paper);
        const nlohmann::json told{{"from", done.from}, {"to", done.to}, {"statements", done.statements}};
        ref->text = told.dump();
        *out = ref->text.c_str();
    });
}

int sched_config_set_retention(sched_config* config, const char* store, int64_t age_microseconds,
                               int64_t rows_per_task) {
    return change(__func__, config, [&](Config& to) {
        const Retention retention{.age = at_least(age_microseconds, 0, "age_microseconds"),
                                  .per_task = at_least(rows_per_task, 0, "rows_per_task")};
        added_store(to, store).retention = retention;
    });
}

int sched_config_set_manual_clock(sched_config* config, int64_t start) {
    return change(__func__, config,
                  [&](Config& to) { to.clock = std::make_shared<ManualClock>(instant_argument(start, "start")); });
}

int sched_local_timezone(char out[UVSCHED_ZONE_NAME_SIZE]) {
    return guarded(__func__, [&] {
        not_null(out, "out");
        const std::string name = TimeZone::local().name();
        out[name.copy(out, UVSCHED_ZONE_NAME_SIZE - 1)] = '\0';
    });
}

int sched_set_zone_data(const char* folder, const char* fallback) {
    return guarded(__func__, [&] {
        const auto path = [](const char* text, const char* argument) {
            return text == nullptr ? std::string() : name_argument(text, argument, kMaxFolder);
        };
        TimeZone::set_data_folder(path(folder, "folder"), path(fallback, "fallback"));
    });
}
