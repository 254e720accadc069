// The same random sequence of calls, clock moves and ends on the memory store and on SQLite gives the same ledger.
#include "tests/core/time/seed.hpp"
#include "tests/stores/alike/side.hpp"

using namespace alike;

namespace {

class Walk {
public:
    explicit Walk(Seeded& random) : random_(random) {}

    void step() {
        act();
        forget_finished();
    }

    // Compares all that can be seen.
    bool compare() {
        both_.compare();
        return both_.alike();
    }

    [[nodiscard]] const std::string& story() const { return story_; }

private:
    static constexpr std::string_view kNames = "abcd";

    void act() {
        switch (random_.between(0, 19)) {
            case 0:
            case 1:
            case 2:
                return add();
            case 3:
                return change();
            case 4:
                return note("pause", both_.pause(any_id()));
            case 5:
            case 6:
                return note("resume", both_.resume(any_id()));
            case 7:
                return remove();
            case 8:
            case 9:
                note("run " + any_id());
                return both_.run_now(id_);
            case 10:
                return step_clock();
            case 11:
                return random_.between(0, 3) == 0 ? restart() : paused();
            case 12:
            case 13:
            case 14:
            case 15:
                return end();
            default:
                return advance();
        }
    }

    // A memory store forgets them by itself, SQLite keeps their tombstones.
    void forget_finished() {
        for (const char name : kNames) {
            const std::string id(1, name);
            both_.each([&](Side& side) {
                side.answer([&](Scheduler& scheduler) {
                    if (scheduler.get("default", id).state.status == TaskStatus::finished) {
                        scheduler.remove("default", id);
                    }
                    return std::string();
                });
            });
        }
        both_.sync();
    }

    void note(const std::string& what, const std::string& answer = {}) {
        story_ += "\n" + text(both_.memory.clock().wall()) + " " + what + (answer.empty() ? "" : " " + answer);
    }
    bool chance(std::int64_t of) { return random_.between(1, of) == 1; }
    const std::string& any_id() {
        return id_ = std::string(1, kNames[static_cast<std::size_t>(random_.between(0, 3))]);
    }
    Instant any_time() { return both_.memory.clock().wall() + random_.between(-40, 60) * kSecond; }

    TriggerPtr any_trigger() {
        const Micros period = random_.between(1, 3) * 10 * kSecond;
        switch (random_.between(0, 4)) {
            case 0:
                return Fixture::once(any_time());
            case 1:
            case 2:
                return Fixture::on_grid(period, kStart);
            case 3: {
                IntervalOptions ends;
                ends.period = period;
                ends.end_at = any_time() + kMinute;
                return make_interval_trigger(ends);
            }
            default:
                return Fixture::every(period);
        }
    }

    PolicyOverrides any_policies() {
        PolicyOverrides policies;
        if (chance(2)) policies.coalesce = false;
        if (chance(2)) policies.max_instances = 2;
        if (chance(3)) policies.grace = std::optional(random_.between(0, 2) * 5 * kSecond);
        if (chance(3)) policies.max_catch_up = static_cast<std::int32_t>(random_.between(1, 3));
        return policies;
    }

    std::optional<std::optional<Instant>> any_first() {
        if (!chance(3)) return std::nullopt;
        return chance(3) ? std::optional<Instant>() : std::optional(any_time());
    }

    TaskSpec any_spec() {
        TaskSpec spec = both_.memory.task(any_id(), any_trigger());
        spec.policies = any_policies();
        spec.next_run_time = any_first();
        return spec;
    }

    AddMode any_mode() {
        constexpr std::array kModes{AddMode::declare, AddMode::replace, AddMode::replace, AddMode::keep,
                                    AddMode::raise};
        return kModes[static_cast<std::size_t>(random_.between(0, 4))];
    }

    TaskChanges any_change() {
        TaskChanges changes;
        if (chance(3)) changes.trigger = any_trigger();
        if (chance(3)) changes.policies = any_policies();
        if (chance(3)) changes.name = "name " + std::to_string(random_.between(0, 2));
        changes.next_run_time = any_first();
        return changes;
    }

    void add() {
        const TaskSpec spec = any_spec();
        const AddMode mode = any_mode();
        note("add", both_.add(spec, mode));
    }

    void change() {
        const TaskChanges changes = any_change();
        note("change", both_.change(any_id(), changes));
    }

    void remove() {
        if (chance(10)) {
            note("remove all");
            return both_.remove_all();
        }
        note("remove " + any_id());
        both_.remove(id_);
    }

    void advance() {
        const Micros span = random_.between(1, 45) * kSecond;
        note("advance " + std::to_string(span));
        both_.advance(span);
    }

    void step_clock() {
        const Micros change = random_.between(-45, 45) * kSecond;
        note("step " + std::to_string(change));
        both_.step(change);
    }

    void end() {
        const std::size_t held = both_.memory.held().size();
        if (held == 0 || both_.sqlite.held().size() != held) return;
        constexpr std::array kEnds{FireState::done, FireState::failed, FireState::cancelled};
        const auto place = static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(held) - 1));
        const FireState state = kEnds[static_cast<std::size_t>(random_.between(0, 2))];
        note("end " + both_.memory.held()[place].line);
        both_.end(place, state, chance(2) ? "\"text\"" : "");
    }

    // A few things at once, of which nothing is claimed before the last.
    void paused() {
        note("{");
        both_.each([](Side& side) { side.scheduler().pause(); });
        const Micros span = random_.between(0, 45) * kSecond;
        both_.each([&](Side& side) { side.clock().advance(span); });
        for (std::int64_t i = random_.between(1, 3); i > 0; --i) {
            const std::int64_t what = random_.between(0, 3);
            const TaskChanges changes = any_change();
            any_id();
            std::array<std::string, 2> answers;
            std::size_t side_number = 0;
            both_.each([&](Side& side) {
                answers[side_number++] = side.answer([&](Scheduler& scheduler) {
                    if (what == 0) return scheduler.remove("default", id_), std::string();
                    if (what == 1) return Side::show(scheduler.change("default", id_, changes));
                    if (what == 2) return Side::show(scheduler.pause_task("default", id_));
                    return scheduler.run_now("default", id_), std::string();
                });
            });
            note("  " + std::to_string(what) + " " + id_ + " after " + std::to_string(span), answers[0]);
            CHECK(answers[0] == answers[1]);
        }
        both_.each([](Side& side) { side.scheduler().resume(); });
        both_.sync();
        note("}");
    }

    void restart() {
        if (!both_.memory.held().empty() || !both_.sqlite.held().empty()) return;
        note("restart");
        std::vector<std::pair<TaskSpec, AddMode>> adds;
        for (std::int64_t i = random_.between(0, 2); i > 0; --i) {
            adds.emplace_back(any_spec(), chance(2) ? AddMode::replace : AddMode::keep);
            note("  declare " + adds.back().first.id);
        }
        both_.each([&](Side& side) {
            side.restart([&](Scheduler& scheduler) {
                for (const auto& [spec, mode] : adds) {
                    side.answer([&](Scheduler&) { return scheduler.add(spec, mode), std::string(); });
                }
            });
        });
    }

    Seeded& random_;
    Both both_;
    std::string id_;
    std::string story_;
};

}  // namespace

TEST_CASE("the same calls, clock moves and ends give the same ledger in memory and in SQLite") {
    Seeded random;
    CAPTURE(random.seed);
    const int walks = std::getenv("UVSCHED_TEST_LONG") != nullptr ? 2'000 : rounds(10);
    for (int walk = 0; walk < walks; ++walk) {
        Walk both(random);
        bool alike = true;
        for (int step = 0; step < 120 && alike; ++step) {
            both.step();
            if (step % 10 == 9) alike = both.compare();
        }
        REQUIRE_MESSAGE(alike, both.story());
    }
}
