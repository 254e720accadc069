// Schedulers taken through two years of changing clocks: they fire what the oracle wrote into tests/data/dst_runs.tsv
// (tests/oracle/make_dst_runs.py), each time once and in order.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "core/triggers/cron.hpp"
#include "tests/core/engine/fixture.hpp"
#include "tests/core/time/seed.hpp"

using namespace uvsched;

namespace {

constexpr Instant kFirst = 1'704'067'200LL * kSecond;  // 2024-01-01T00:00:00Z
constexpr Instant kLast = 1'767'225'600LL * kSecond;   // 2026-01-01T00:00:00Z

struct Row {
    std::string zone;
    std::string rule;
    std::vector<Instant> fires;
};

// "FIRST STEP*TIMES STEP*TIMES …", in seconds.
std::vector<Instant> fires_from(const std::string& text) {
    std::istringstream in(text);
    std::int64_t at = 0;
    in >> at;
    std::vector<Instant> fires{at * kSecond};
    std::int64_t step = 0;
    std::int64_t times = 0;
    for (char star = 0; in >> step >> star >> times;) {
        REQUIRE(star == '*');
        for (std::int64_t i = 0; i < times; ++i) fires.push_back((at += step) * kSecond);
    }
    return fires;
}

std::vector<Row> read_rows() {
    std::ifstream file(UVSCHED_TEST_DATA "/dst_runs.tsv");
    REQUIRE(file.is_open());
    std::vector<Row> rows;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("# ")) continue;
        std::istringstream in(line);
        Row row;
        std::string fires;
        std::getline(in, row.zone, '\t');
        std::getline(in, row.rule, '\t');
        std::getline(in, fires);
        row.fires = fires_from(fires);
        rows.push_back(std::move(row));
    }
    REQUIRE(rows.size() >= 40);
    return rows;
}

// A scheduler with a task for each row, which notes what it runs.
class Runs {
public:
    // With `rare`, only the rules that fire once a day or less.
    explicit Runs(std::string store = "memory", bool rare = false) : store_(std::move(store)) {
        if (rare) std::erase_if(rows_, [](const Row& row) { return row.fires.size() > 1'000; });
        fired_.resize(rows_.size());
        open();
        for (std::size_t at = 0; at < rows_.size(); ++at) add(at);
        scheduler_->start(false);
        scheduler_->wait_idle(std::nullopt);
    }
    Runs(const Runs&) = delete;
    Runs& operator=(const Runs&) = delete;
    ~Runs() { close(); }

    // Another scheduler on the same store takes over.
    void restart() {
        close();
        open();
        scheduler_->start(false);
        scheduler_->wait_idle(std::nullopt);
    }
    // Moves the clock on, not beyond the end.
    void advance(Micros span) {
        clock->advance(std::min(span, kLast - clock->wall()));
        scheduler_->wait_idle(std::nullopt);
    }
    void set_back(Micros span) { step(-span); }
    void set_forward(Micros span) { step(span); }
    [[nodiscard]] bool over() const { return clock->wall() >= kLast; }

    void check() {
        CHECK(wrong_ == 0);
        for (std::size_t at = 0; at < rows_.size(); ++at) {
            INFO(rows_[at].zone << ": " << rows_[at].rule);
            CHECK(fired_[at].size() == rows_[at].fires.size());
            CHECK(fired_[at] == rows_[at].fires);
        }
    }

    std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(kFirst);

private:
    void open() {
        Config config;
        config.clock = clock;
        config.identity = "test";
        config.add_store("default", store_);
        config.add_executor("default", "inline");
        scheduler_ = Scheduler::create(std::move(config));
        scheduler_->register_function("note",
                                      {.call =
                                           [](const Run* run, void* runs) {
                                               static_cast<Runs*>(runs)->note(*run);
                                               return 0;
                                           },
                                       .token = 0,
                                       .user_data = this,
                                       .release = {}},
                                      false);
    }
    void close() {
        scheduler_->stop(StopMode::cancel);
        scheduler_->wait(std::nullopt);
    }
    void step(Micros span) {
        clock->step(span);
        scheduler_->wait_idle(std::nullopt);
    }
    void add(std::size_t at) {
        CronOptions options;
        options.expression = rows_[at].rule;
        options.zone = TimeZone::load(rows_[at].zone);
        TaskSpec spec;
        spec.id = std::to_string(at);
        spec.function = "note";
        spec.trigger = make_cron_trigger(options);
        spec.policies.coalesce = false;
        spec.policies.max_catch_up = kMostCatchUp;
        spec.policies.max_instances = 1'000'000;
        scheduler_->add(std::move(spec), AddMode::declare);
    }
    void note(const Run& run) {
        if (run.folded != 1 || run.scheduled > clock->wall()) ++wrong_;
        fired_[std::stoul(run.task->id)].push_back(run.scheduled);
    }

    std::string store_;
    std::vector<Row> rows_ = read_rows();
    std::vector<std::vector<Instant>> fired_;
    int wrong_ = 0;  // runs for several due times, or too early
    std::shared_ptr<Scheduler> scheduler_;
};

// Whether a moment lies within a day of a change of offset in one of the zones: there, every minute counts.
bool near_change(Instant time) {
    static const std::vector<Instant> changes = [] {
        std::vector<Instant> found;
        for (const Row& row : read_rows()) {
            const TimeZone zone = TimeZone::load(row.zone);
            for (Instant at = zone.segment(kFirst).end; at < kLast; at = zone.segment(at).end) found.push_back(at);
        }
        return found;
    }();
    return std::any_of(changes.begin(), changes.end(),
                       [&](Instant change) { return time > change - kDay && time < change + kDay; });
}

}  // namespace

TEST_CASE("two years minute by minute: every due time once, in order") {
    Runs runs;
    const bool all = std::getenv("UVSCHED_TEST_LONG") != nullptr;
    // Far from every change, half an hour does unless the test may take long.
    while (!runs.over()) runs.advance(all || near_change(runs.clock->wall()) ? kMinute : 30 * kMinute);
    runs.check();
}

TEST_CASE("two years in leaps: what piled up runs, every due time once, in order") {
    Seeded random;
    INFO("UVSCHED_TEST_SEED=" << random.seed);
    Runs runs;
    while (!runs.over()) {
        const Micros longest = random.between(0, 3) == 0 ? 60 * kDay : 3 * kHour;
        runs.advance(random.between(1, longest));
    }
    runs.check();
}

TEST_CASE("two years in one leap") {
    Runs runs;
    runs.advance(kLast - kFirst);
    runs.check();
}

TEST_CASE("two years with the wall clock set back and forth by an hour: no due time is lost or runs again") {
    Seeded random;
    INFO("UVSCHED_TEST_SEED=" << random.seed);
    Runs runs;
    while (!runs.over()) {
        // Hours that begin anywhere, some of them in the hours of a change.
        runs.advance(random.between(1, near_change(runs.clock->wall()) ? 40 * kMinute : 12 * kHour));
        if (random.between(0, 1) == 0) {
            runs.set_back(kHour);
            runs.advance(random.between(1, 2 * kHour));
            if (random.between(0, 1) == 0 && runs.clock->wall() + kHour <= kLast) runs.set_forward(kHour);
        }
    }
    runs.check();
}

TEST_CASE("two years in a SQLite file, with restarts: what is stored fires as what was given") {
    Seeded random;
    INFO("UVSCHED_TEST_SEED=" << random.seed);
    const test::TemporaryFolder folder;
    Runs runs("sqlite:" + folder / "tasks.db", true);
    while (!runs.over()) {
        runs.advance(random.between(1, 40 * kDay));
        if (random.between(0, 3) == 0) runs.restart();
    }
    runs.check();
}
