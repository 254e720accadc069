#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/base/error.hpp"
#include "core/config/config.hpp"

using namespace uvsched;

namespace {

Error refusal(const std::string& text) {
    try {
        static_cast<void>(config_from_json(text));
    } catch (const Error& error) {
        return error;
    }
    return {Code::ok, ""};
}

void check_same(const Config& config) {
    CHECK(config.identity == "node-1");
    REQUIRE(config.zone);
    CHECK(config.zone->name() == "Europe/Madrid");
    REQUIRE(config.stores.size() == 2);
    CHECK_FALSE(config.stores.at("default").durable());
    CHECK(config_json(config)["stores"]["disk"]["type"] == "sqlite");
    CHECK(config_json(config)["stores"]["disk"]["path"] == "tasks.db");
    REQUIRE(config.executors.size() == 2);
    CHECK(config.executors.at("default").type == ExecutorType::queue);
    CHECK(config.executors.at("pool").type == ExecutorType::thread_pool);
    CHECK(config.executors.at("pool").threads == 20);
    CHECK(config.defaults == Policies{.grace = 30 * kSecond,
                                      .coalesce = false,
                                      .max_instances = 3,
                                      .max_catch_up = 50,
                                      .on_crash = OnCrash::mark_lost});
}

}  // namespace

TEST_CASE("the same configuration in all its spellings") {
    const char* const spellings[] = {
        // nested
        R"({"stores": {"default": {"type": "memory"}, "disk": {"type": "sqlite", "url": "sqlite:tasks.db"}},
            "executors": {"default": {"type": "asyncio"}, "pool": {"type": "threadpool", "max_workers": 20}},
            "task_defaults": {"mistrigger_grace_time": 30, "coalesce": false, "max_instances": 3, "max_catch_up": 50,
                              "on_crash": "mark_lost"},
            "timezone": "Europe/Madrid", "identity": "node-1"})",
        // flat, every value a text
        R"({"asyncz.stores.default.type": "memory", "asyncz.stores.disk.type": "sqlite",
            "asyncz.stores.disk.database": "tasks.db", "asyncz.executors.default.type": "queue",
            "asyncz.executors.pool.type": "pool", "asyncz.executors.pool.max_workers": "20",
            "asyncz.task_defaults.mistrigger_grace_time": "30", "asyncz.task_defaults.coalesce": "false",
            "asyncz.task_defaults.max_instances": "3", "asyncz.task_defaults.max_catch_up": "50",
            "asyncz.task_defaults.on_crash": "mark_lost", "asyncz.timezone": "Europe/Madrid",
            "asyncz.identity": "node-1"})",
        // flat to the alias, asyncz's classes
        R"({"asyncz.stores.default": {"class": "asyncz.stores.memory:MemoryStore"},
            "asyncz.stores.disk": {"class": "uvsched.stores.sqlite.SQLiteStore", "path": "tasks.db"},
            "asyncz.executors.default": {"class": "asyncz.executors.asyncio:AsyncIOExecutor"},
            "asyncz.executors.pool": {"class": "asyncz.executors.pool:ThreadPoolExecutor", "max_workers": "20"},
            "asyncz.task_defaults": {"mistrigger_grace_time": 30.0, "coalesce": "no", "max_instances": 3,
                                     "max_catch_up": 50, "on_crash": "mark_lost"},
            "asyncz.timezone": "Europe/Madrid", "asyncz.identity": "node-1"})",
        // prefix as an object, text forms, and a mixture
        R"({"uvsched": {"stores": {"default": "memory"}, "stores.disk": "sqlite:tasks.db"},
            "asyncz": {"executors.default": "queue", "timezone": "Europe/Madrid"},
            "uvsched.executors": {"pool": "threadpool:20"}, "identity": "node-1", "task_defaults.coalesce": "0",
            "task_defaults": {"mistrigger_grace_time": 30, "max_instances": 3, "max_catch_up": 50},
            "uvsched.task_defaults.on_crash": "mark_lost"})",
    };
    for (const char* text : spellings) {
        CAPTURE(text);
        check_same(config_from_json(text));
    }
}

TEST_CASE("nothing given is nothing set") {
    for (const char* text : {"{}", R"({"stores":null,"executors":{},"timezone":null,"identity":null})",
                             R"({"asyncz":{},"stores":{"default":null},"task_defaults":{}})"}) {
        const Config config = config_from_json(text);
        CHECK(config.stores.empty());
        CHECK(config.executors.empty());
        CHECK_FALSE(config.zone.has_value());
        CHECK(config.identity.empty());
        CHECK(config.clock == nullptr);
        CHECK(config.defaults == Policies());
    }
}

TEST_CASE("aliases may have dots") {
    const Config config = config_from_json(
        R"({"stores.my.db.type":"memory","executors":{"a.b":{"type":"inline"}},"stores.my.other":{"type":"memory"}})");
    CHECK(config.stores.contains("my.db"));
    CHECK(config.stores.contains("my.other"));
    CHECK(config.executors.contains("a.b"));
}

TEST_CASE("how long stores keep history") {
    const Config config = config_from_json(
        R"({"stores":{"default":{"type":"memory","history":50,"retention_age":"86400"},
                      "disk":{"type":"sqlite","path":"t.db","retention_per_task":0}}})");
    CHECK(config.stores.at("default").history == 50);
    CHECK(config.stores.at("default").retention.age == kDay);
    CHECK(config.stores.at("default").retention.per_task == Retention().per_task);
    CHECK(config.stores.at("disk").retention.per_task == 0);
    CHECK(config.stores.at("disk").retention.age == Retention().age);
}

TEST_CASE("a configuration is told as JSON, which makes it again") {
    const Config config = config_from_json(
        R"({"stores":{"default":"memory?history=5","disk":"sqlite:////var/t.db?synchronous=normal"},
            "executors":{"pool":{"type":"pool","max_workers":"3","pool_kwargs":{"thread_name_prefix":"w"}},
                         "a":"asyncio"},
            "task_defaults":{"max_instances":3},"timezone":"Europe/Madrid","identity":"node-1",
            "undeclared":"delete"})");
    const nlohmann::json told = nlohmann::json::parse(R"({
        "stores": {"default": {"type": "memory", "history": 5},
                   "disk": {"type": "sqlite", "path": "/var/t.db", "synchronous": "normal", "lease": 10,
                            "on_file_lost": "stop", "retention_age": 2592000, "retention_per_task": 1000}},
        "executors": {"pool": {"type": "threadpool", "max_workers": 3, "pool_kwargs": {"thread_name_prefix": "w"}},
                      "a": {"type": "queue"}},
        "task_defaults": {"max_instances": 3}, "timezone": "Europe/Madrid", "identity": "node-1",
        "undeclared": "delete"})");
    CHECK(config_json(config) == told);
    CHECK(config_json(config_from_json(told.dump())) == told);
    CHECK(config_json(Config()) == nlohmann::json{{"task_defaults", nlohmann::json::object()}, {"undeclared", "keep"}});
}

TEST_CASE("no message repeats a password") {
    for (const char* url :
         {"sqlite://u:secret@host/x", "sqlite://u:s?secret@host/x", "postgresql://u:secret@host:x/x",
          "memory://u:secret@host", "odd://u:se@secret@host/x", "sqlite:postgresql://u:secret@host/x",
          "sqlite:a?password=secret", "redis://:secret@host?password=secret", "x://h?password=secret"}) {
        for (const char* form : {"URL", "type", "class", "url", "database", "path", "list"}) {
            const std::string key = form;
            std::string store = "\"" + std::string(url) + "\"";
            if (key == "list") store = "[" + store + "]";
            if (key == "type" || key == "class") store = "{\"" + key + "\":" + store + "}";
            if (store.front() == '"' && key != "URL") store = R"({"type":"sqlite",")" + key + "\":" + store + "}";
            CAPTURE(store);
            try {
                static_cast<void>(config_from_json(R"({"stores":{"x":)" + store + "}}"));
                FAIL("accepted");
            } catch (const Error& error) {
                CAPTURE(error.message());
                CHECK(error.message().find("secret") == std::string::npos);
            }
        }
    }
}

TEST_CASE("every fault is named with its path") {
    const struct {
        const char* given;
        const char* message;
    } cases[] = {
        {"[]", "[] is not an object"},
        {R"({"colour":"red"})",
         "colour: unknown key (known: stores, executors, task_defaults, timezone, identity, undeclared)"},
        {R"({"asyncz.colour.of.it":1})",
         "colour: unknown key (known: stores, executors, task_defaults, timezone, identity, undeclared)"},
        {R"({"apscheduler.timezone":"UTC"})",
         "apscheduler: unknown key (known: stores, executors, task_defaults, timezone, identity, undeclared)"},
        {R"({"timezone":"UTC+2"})",
         "timezone: \"UTC+2\" is not a time zone: write an offset as \"+02:00\" or \"UTC+02:00\" (east is +)"},
        {R"({"timezone":5})", "timezone: 5 is not a string"},
        {R"({"asyncz":5})",
         "asyncz: unknown key (known: stores, executors, task_defaults, timezone, identity, undeclared)"},
        {R"({"identity":""})", "identity: empty; give 1 to 255 bytes of UTF-8"},
        {R"({"stores":5})", "stores: 5 is not an object"},
        {R"({"stores":{"x":5}})", "stores.x: 5 is not an object"},
        {R"({"stores":{"x":{}}})", "stores.x: one of \"type\", \"class\" and \"url\" is missing"},
        {R"({"executors":{"x":{}}})", "executors.x: one of \"type\" and \"class\" is missing"},
        {R"({"stores":{"x":{"type":5}}})", "stores.x.type: 5 is not a string"},
        {R"({"stores":{"x":{"type":"memory","class":"y"}}})",
         "stores.x.class: given together with type; give only one of them"},
        {R"({"stores":{"x":{"type":"memory","path":"m"}}})",
         "stores.x.path: unknown key (known: type, class, url, history, retention_age, retention_per_task)"},
        {R"({"stores":{"x":{"type":"sqlite:///x"}}})",
         "stores.x.type: a URL is written as \"url\", a class as \"class\""},
        {R"({"stores":{"x":{"type":"sqlite"}}})",
         "stores.x.url: missing (\"sqlite:PATH\", or a path under \"database\")"},
        {R"({"stores":{"x":{"type":"sqlite","url":"sqlite:a","path":"b"}}})",
         "stores.x.path: given twice; give only one of url, database and path"},
        {R"({"stores":{"x":{"type":"sqlite","path":"a?b"}}})",
         "stores.x.path: \"a\": a file name with \"?\" cannot be opened; choose another name"},
        {R"({"stores":{"x":{"type":"sqlite","path":"a","history":5}}})",
         "stores.x.history: unknown key (known: type, class, url, database, path, synchronous, lease, on_file_lost, "
         "retention_age, retention_per_task)"},
        {R"({"stores":{"x":{"type":"sqlite","path":"a","on_file_lost":"cry"}}})",
         "stores.x.on_file_lost: \"cry\" is neither stop nor reopen"},
        {R"({"stores":{"x":{"type":"memory","history":-1}}})", "stores.x.history: -1 is less than 0"},
        {R"({"stores":{"x":{"type":"memory"}},"stores.x.type":"sqlite"})", "stores.x.type: given twice"},
        {R"({"stores":{"x":"memory"},"stores.x.type":"memory"})", "stores.x: given twice"},
        {R"({"timezone":"UTC","asyncz.timezone":"UTC"})", "timezone: given twice"},
        {R"({"executors":{"default":{"type":"threadpool","max_workers":0}}})",
         "executors.default.max_workers: 0 is less than 1"},
        {R"({"executors":{"default":{"type":"threadpool","max_workers":"many"}}})",
         "executors.default.max_workers: \"many\" is not a whole number"},
        {R"({"executors":{"default":{"type":"threadpool","max_workers":1025}}})",
         "executors.default.max_workers: 1025 is more than 1024"},
        {R"({"executors":{"default":{"type":"inline","max_workers":4}}})",
         "executors.default.max_workers: unknown key (known: type, class)"},
        {R"({"executors":{"default":{"type":"pool","pool_kwargs":{"thread_name_prefix":"a\nb"}}}})",
         "executors.default.pool_kwargs.thread_name_prefix: \"a\\x0ab\" has a control character"},
        {R"({"executors":{"default":{"type":"threadpool:4","max_workers":4}}})",
         "executors.default.max_workers: given twice"},
        {R"({"executors":{"default":"threadpool:0"}})",
         "executors.default: \"0\" is not a number of threads from 1 to 1024"},
        {R"({"task_defaults":{"max_instances":0}})", "task_defaults.max_instances: 0 is less than 1"},
        {R"({"task_defaults":{"mistrigger_grace_time":-1}})", "task_defaults.mistrigger_grace_time: -1 is negative"},
        {R"({"task_defaults":{"timezone":"UTC"}})",
         "task_defaults.timezone: unknown key (known: mistrigger_grace_time, coalesce, max_instances, max_catch_up, "
         "overlap, on_crash, max_crashes)"},
        {R"({"stores":{"":{"type":"memory"}}})", "store alias: empty; give 1 to 255 bytes of UTF-8"},
        {R"({"executors":{"":{"type":"inline"}}})", "executor alias: empty; give 1 to 255 bytes of UTF-8"},
        {R"({"identity":"a","identity":"b"})", "the name \"identity\" is given twice"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.given);
        const Error error = refusal(c.given);
        CHECK(error.code() == Code::invalid);
        CHECK(error.message() == c.message);
    }
    CHECK(refusal("not json").code() == Code::invalid);
    CHECK(refusal(std::string(100, '[')).message() == "nested deeper than 64");
    CHECK(refusal("\"" + std::string(1 << 20, 'x') + "\"").message() == "longer than 1048576 bytes of JSON");
}

TEST_CASE("an unknown store or executor is told with those that there are") {
    const struct {
        const char* given;
        const char* message;
    } cases[] = {
        {R"({"stores":{"x":{"type":"oracle"}}})",
         "stores.x.type: \"oracle\" is not a store (one of memory, sqlite, postgresql, postgres, redis, mongodb, "
         "mongo)"},
        {R"({"stores":{"x":{"class":"asyncz.stores.oracle:OracleStore"}}})",
         "stores.x.class: \"asyncz.stores.oracle:OracleStore\" is not a store (one of memory, sqlite, postgresql, "
         "postgres, redis, mongodb, mongo)"},
        {R"({"executors":{"x":{"class":"uvsched.executors:FiberExecutor"}}})",
         "executors.x.class: \"uvsched.executors:FiberExecutor\" is not an executor (one of threadpool, pool, inline, "
         "debug, queue, asyncio)"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.given);
        const Error error = refusal(c.given);
        CHECK(error.code() == Code::not_found);
        CHECK(error.message() == c.message);
    }
}

TEST_CASE("what is known but not built says so") {
    const struct {
        const char* given;
        const char* message;
    } cases[] = {
        {R"({"stores":{"x":{"type":"sqlalchemy"}}})", "stores.x.type: \"sqlalchemy\" is not available in this build"},
        {R"({"stores":{"x":{"type":"sqlalchemy","database":"d"}}})",
         "stores.x.type: \"sqlalchemy\" is not available in this build"},
        {R"({"stores":{"x":{"class":"asyncz.stores.sqlalchemy:SQLAlchemyStore"}}})",
         "stores.x.class: \"asyncz.stores.sqlalchemy:SQLAlchemyStore\" is not available in this build"},
        {R"({"stores":{"x":{"class":"myapp.stores:MyStore"}}})",
         "stores.x.class: \"myapp.stores:MyStore\" is a class that only a program in its own language can load"},
        {R"({"stores":{"x":{"url":"postgresql+asyncpg://host/db"}}})",
         "stores.x.url: \"postgresql+asyncpg\" is a name of another library; write postgresql"},
        {R"({"executors":{"x":{"type":"processpool"}}})",
         "executors.x.type: \"processpool\" is not available in this build"},
        {R"({"task_defaults":{"overlap":"queue"}})",
         "task_defaults.overlap: \"queue\" is not available in this version (known: \"skip\")"},
    };
    for (const auto& c : cases) {
        CAPTURE(c.given);
        const Error error = refusal(c.given);
        CHECK(error.code() == Code::unsupported);
        CHECK(error.message() == c.message);
    }
}
