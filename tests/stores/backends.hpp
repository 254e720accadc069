// The durable stores that the conformance tests (all files here that bear no store's name) run against: a program for
// each.
//
// A backend makes an empty store and opens it. `reopen` is what a restart after a crash is: whatever was claimed or
// running belongs to a dead process. `damage` replaces a task's stored definition behind the store's back.
#pragma once

#if defined(UVSCHED_TEST_REDIS)
#include "tests/stores/redis_backend.hpp"
#define UVSCHED_STORES RedisBackend
#elif defined(UVSCHED_TEST_POSTGRESQL)
#include "tests/stores/postgresql_backend.hpp"
#define UVSCHED_STORES PostgresqlBackend
#else
#include "tests/stores/sqlite_backend.hpp"
#define UVSCHED_STORES SqliteBackend
#endif
