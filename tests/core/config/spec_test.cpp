#include <doctest/doctest.h>

#include "core/base/error.hpp"
#include "core/config/config.hpp"

using namespace uvsched;

namespace {

template <class Call>
Error refusal(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    return {Code::ok, ""};
}

Error store_refusal(const std::string& alias, const std::string& url) {
    return refusal([&] { Config().add_store(alias, url); });
}

Error executor_refusal(const std::string& alias, const std::string& spec) {
    return refusal([&] { Config().add_executor(alias, spec); });
}

}  // namespace

TEST_CASE("stores in their text form") {
    Config config;
    config.add_store("default", "memory");
    config.add_store("disk", "sqlite:tasks.db");
    CHECK_FALSE(config.stores.at("default").durable());
    CHECK(config.stores.at("disk").durable());
    const Error again = refusal([&] { config.add_store("disk", "memory"); });
    CHECK(again.code() == Code::already);
    CHECK(again.message() == "stores.disk: the alias is taken");
    CHECK(config.stores.at("disk").durable());
}

TEST_CASE("stores that are refused") {
    CHECK(store_refusal("x", "").code() == Code::not_found);
    CHECK(store_refusal("x", "").message() ==
          "stores.x: \"\" is not a store (one of memory, sqlite, postgresql, postgres, redis, mongodb, mongo)");
    CHECK(store_refusal("x", "mysql://h/db").message() ==
          "stores.x: \"mysql\" is not a store (one of memory, sqlite, postgresql, postgres, redis, mongodb, mongo)");
    CHECK(store_refusal("x", "memory:5").message() ==
          "stores.x: \"memory:5\": a memory store has no path; write memory");
    CHECK(store_refusal("x", "postgresql://h/db").code() == Code::unsupported);
    CHECK(store_refusal("x", "sqlalchemy://h").code() == Code::unsupported);
    CHECK(store_refusal("x", "sqlalchemy://h").message() == "stores.x: \"sqlalchemy\" is not available in this build");
    CHECK(store_refusal("", "memory").message() == "store alias: empty; give 1 to 255 bytes of UTF-8");
    CHECK(store_refusal("a\nb", "memory").message() == "store alias: \"a\\x0ab\" has a control character");
    const Error bad_url = store_refusal("x", "sqlite:");
    CHECK(bad_url.code() == Code::invalid);
    CHECK(bad_url.message().starts_with("stores.x: "));
    CHECK(store_refusal("x", "sqlite:t.db?synchronous=maybe").code() == Code::invalid);
}

TEST_CASE("executors in their text form") {
    Config config;
    config.add_executor("default", "threadpool");
    config.add_executor("wide", "threadpool:1024");
    config.add_executor("loop", "inline");
    config.add_executor("python", "queue");
    CHECK(config.executors.at("default").type == ExecutorType::thread_pool);
    CHECK(config.executors.at("default").threads == 10);
    CHECK(config.executors.at("wide").threads == 1024);
    CHECK(config.executors.at("loop").type == ExecutorType::inline_);
    CHECK(config.executors.at("python").type == ExecutorType::queue);
    CHECK(refusal([&] { config.add_executor("loop", "inline"); }).code() == Code::already);
}

TEST_CASE("executors that are refused") {
    const std::string threads = " is not a number of threads from 1 to 1024";
    for (const char* text : {"", "0", "1025", "-1", "+4", " 4", "4 ", "4x", "99999999999", "0x4"}) {
        const Error error = executor_refusal("x", std::string("threadpool:") + text);
        CHECK(error.code() == Code::invalid);
        CHECK(error.message() == "executors.x: \"" + std::string(text) + "\"" + threads);
    }
    CHECK(executor_refusal("x", "inline:4").message() == "executors.x: \"inline:4\": nothing may follow \"inline\"");
    CHECK(executor_refusal("x", "fibers").code() == Code::not_found);
    CHECK(executor_refusal("x", "fibers").message() ==
          "executors.x: \"fibers\" is not an executor (one of threadpool, pool, inline, debug, queue, asyncio)");
    CHECK(executor_refusal("x", "processpool:4").code() == Code::unsupported);
    CHECK(executor_refusal("", "inline").message() == "executor alias: empty; give 1 to 255 bytes of UTF-8");
}
