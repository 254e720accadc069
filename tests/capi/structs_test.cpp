// Structs that can grow: what a program sees that was compiled with an older header, or with a newer one.
#include <cstddef>
#include <cstdint>

#include "capi/src/structs.hpp"
#include "support.hpp"

using uvsched::Code;

namespace {

// A struct in three versions of the header. The library has the second one.
struct First {
    std::size_t size;
    std::int64_t known;
};
struct Second {
    std::size_t size;
    std::int64_t known;
    std::int64_t added;
};
struct Third {
    std::size_t size;
    std::int64_t known;
    std::int64_t added;
    std::int64_t later;
};

// The code that a call throws.
template <class Call>
Code thrown(Call&& call) {
    try {
        call();
    } catch (const uvsched::Error& error) {
        return error.code();
    }
    return Code::ok;
}

}  // namespace

template <>
inline constexpr std::size_t uvsched::capi::kFirstSize<Second> = sizeof(First);

using uvsched::capi::copy_in;
using uvsched::capi::copy_out;
using uvsched::capi::kFirstSize;

TEST_CASE("a struct is filled as far as the caller knows it") {
    struct {
        First first;
        std::int64_t behind;
    } older{{sizeof(First), 0}, 7};
    copy_out(Second{0, 1, 2}, reinterpret_cast<Second*>(&older.first));
    CHECK(older.first.size == sizeof(First));
    CHECK(older.first.known == 1);
    CHECK(older.behind == 7);

    Third newer{sizeof(Third), 0, 0, 7};
    copy_out(Second{0, 1, 2}, reinterpret_cast<Second*>(&newer));
    CHECK(newer.size == sizeof(Third));
    CHECK(newer.known == 1);
    CHECK(newer.added == 2);
    CHECK(newer.later == 0);
}

TEST_CASE("a struct is read as far as the caller knows it, and no further than the library does") {
    const First older{sizeof(First), 1};
    const Second read = copy_in(reinterpret_cast<const Second*>(&older), "query");
    CHECK(read.known == 1);
    CHECK(read.added == 0);

    Third newer{sizeof(Third), 1, 2, 0};
    CHECK(copy_in(reinterpret_cast<const Second*>(&newer), "query").added == 2);
    newer.later = 3;
    CHECK(thrown([&] { static_cast<void>(copy_in(reinterpret_cast<const Second*>(&newer), "query")); }) ==
          Code::unsupported);
}

TEST_CASE("a size that no version of the struct has is refused") {
    for (const std::size_t size : {std::size_t{0}, sizeof(First) - 1, std::size_t{4097}, SIZE_MAX}) {
        CAPTURE(size);
        Second given{size, 1, 2};
        CHECK(thrown([&] { static_cast<void>(copy_in(&given, "query")); }) == Code::invalid);
        CHECK(thrown([&] { copy_out(Second{}, &given); }) == Code::invalid);
        CHECK(given.known == 1);
    }
}

// A program may have been compiled with any version since 0.1.0. A number here is changed by nothing.
static_assert(sizeof(void*) != 8 || kFirstSize<sched_stats> == 72);
static_assert(sizeof(void*) != 8 || kFirstSize<sched_task_counts> == 40);
static_assert(sizeof(void*) != 8 || kFirstSize<sched_task_info> == 64);
static_assert(sizeof(void*) != 8 || kFirstSize<sched_cron_fields> == 72);
static_assert(sizeof(void*) != 8 || kFirstSize<sched_history_query> == 48);
static_assert(sizeof(void*) != 8 || kFirstSize<sched_history_row> == 152);
static_assert(sizeof(void*) != 8 || kFirstSize<sched_trigger_table> == 16);

TEST_CASE("each macro sets the size of its struct, and nothing else") {
    const auto is_empty = [](const auto& given) {
        auto zero = given;
        std::memset(&zero, 0, sizeof zero);
        zero.size = sizeof zero;
        return std::memcmp(&zero, &given, sizeof zero) == 0;
    };
    CHECK(is_empty(sched_stats UVSCHED_STATS_INIT));
    CHECK(is_empty(sched_task_counts UVSCHED_TASK_COUNTS_INIT));
    CHECK(is_empty(sched_task_info UVSCHED_TASK_INFO_INIT));
    CHECK(is_empty(sched_cron_fields UVSCHED_CRON_FIELDS_INIT));
    CHECK(is_empty(sched_history_query UVSCHED_HISTORY_QUERY_INIT));
    CHECK(is_empty(sched_history_row UVSCHED_HISTORY_ROW_INIT));
    CHECK(is_empty(sched_trigger_table UVSCHED_TRIGGER_TABLE_INIT));
}

TEST_CASE("functions obey the size that they are given") {
    sched::Scheduler scheduler(capi_test::manual_config());
    struct {
        sched_stats known = UVSCHED_STATS_INIT;
        std::int64_t later = 7;
    } newer;
    newer.known.size = sizeof newer;
    CHECK(sched_get_stats(&newer.known, scheduler.get()) == UVSCHED_OK);
    CHECK(newer.known.size == sizeof newer);
    CHECK(newer.later == 0);
    newer.known.size = kFirstSize<sched_stats> - 1;
    CHECK_FAILS(sched_get_stats(&newer.known, scheduler.get()), UVSCHED_EINVAL, "out->size: 71");

    struct {
        sched_history_query known = UVSCHED_HISTORY_QUERY_INIT;
        std::int64_t later = 0;
    } query;
    query.known.size = sizeof query;
    sched_history_iterator* rows = nullptr;
    CHECK(sched_history(&rows, scheduler.get(), &query.known) == UVSCHED_OK);
    sched_history_iterator_free(rows);
    query.later = 1;
    CHECK_FAILS(sched_history(&rows, scheduler.get(), &query.known), UVSCHED_EUNSUPPORTED, "query: a member is set");
}
