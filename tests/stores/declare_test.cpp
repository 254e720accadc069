// A stored task whose id is declared again (docs/declaring-tasks.md).
#include "tests/stores/ledger.hpp"

using namespace ledger;

namespace {

// What a start asks of the store.
Add declaring(const Definition& definition, Instant due = kStart) {
    Add add = adding(definition, due);
    add.on_existing = OnExisting::replace;
    add.at_start = true;
    return add;
}

Definition named(const std::string& id, const std::string& name, Micros period = 10 * kSecond) {
    Definition out = every(id, period);
    out.name = name;
    return out;
}

using Ids = std::vector<std::string>;

}  // namespace

TEST_CASE("the same declaration leaves edits alone, from any process, any number of times") {
    Backend backend;
    REQUIRE(apply(backend.store(), declaring(every("digest"))).result == Add::Result::created);
    REQUIRE(change_definition(backend.store(), named("digest", "edited")).outcome == Outcome::done);
    for (int start = 0; start < 3; ++start) {
        backend.reopen();
        for (const OnExisting mode : {OnExisting::replace, OnExisting::keep_if_equal}) {
            Add again = declaring(every("digest"));
            again.on_existing = mode;
            again = apply(backend.store(), again);
            CHECK(again.result == Add::Result::unchanged);
            CHECK(again.task.definition->name == "edited");
        }
    }
    Add forced = adding(every("digest"));
    forced.on_existing = OnExisting::overwrite;
    forced = apply(backend.store(), forced);
    CHECK(forced.result == Add::Result::replaced);
    CHECK(forced.edited);
    CHECK(forced.task.definition->name != "edited");
}

TEST_CASE("another declaration replaces, and says what was there and whether it had been edited") {
    Backend backend;
    apply(backend.store(), declaring(every("digest")));
    backend.reopen();
    Add changed = apply(backend.store(), declaring(named("digest", "second")));
    CHECK(changed.result == Add::Result::replaced);
    CHECK(canonical_json(*changed.before) == canonical_json(every("digest")));
    CHECK_FALSE(changed.edited);
    change_definition(backend.store(), named("digest", "edited"));
    backend.reopen();
    changed = apply(backend.store(), declaring(named("digest", "third")));
    CHECK(changed.result == Add::Result::replaced);
    CHECK(changed.before->name == "edited");
    CHECK(changed.edited);
    CHECK(backend.store().get("digest")->definition->name == "third");
    CHECK(apply(backend.store(), declaring(named("digest", "third"))).result == Add::Result::unchanged);
}

TEST_CASE("code that comes to say what the edit said changes nothing, and is the declaration from then on") {
    Backend backend;
    apply(backend.store(), declaring(every("digest")));
    change_definition(backend.store(), named("digest", "edited"));
    CHECK(apply(backend.store(), declaring(named("digest", "edited"))).result == Add::Result::unchanged);
    const Add back = apply(backend.store(), declaring(every("digest")));
    CHECK(back.result == Add::Result::replaced);
    CHECK_FALSE(back.edited);
}

TEST_CASE("a replacement keeps run count and pause; the next due time only where the trigger stayed") {
    Backend backend;
    Store& store = backend.store();
    apply(store, declaring(every("digest"), kStart));
    const OpenFire fire = claim(store, "digest");
    REQUIRE(start(store, ref(fire)) == Outcome::done);
    CHECK(apply(store, declaring(named("digest", "second"), kStart + kHour)).task.state.next_slot ==
          kStart + 10 * kSecond);
    Add given = declaring(named("digest", "third"), kStart + kHour);
    given.reschedule = true;
    CHECK(apply(store, given).task.state.next_slot == kStart + kHour);
    TaskState paused = store.get("digest")->state;
    paused.status = TaskStatus::paused;
    change_state(store, "digest", paused);
    const Add other = apply(store, declaring(every("digest", kMinute), kStart + kMinute));
    CHECK(other.result == Add::Result::replaced);
    CHECK(other.task.state.status == TaskStatus::paused);
    CHECK(other.task.state.runs == 1);
    CHECK_FALSE(other.task.state.next_due.has_value());
}

TEST_CASE("a conflict leaves the last declaration as it was") {
    Backend backend;
    apply(backend.store(), declaring(every("digest")));
    Add kept = adding(named("digest", "second"));
    kept.at_start = true;
    CHECK(apply(backend.store(), kept).result == Add::Result::conflict);
    CHECK(apply(backend.store(), declaring(named("digest", "second"))).result == Add::Result::replaced);
}

TEST_CASE("what cannot be read is replaced by a declaration, and by nothing less") {
    Backend backend;
    apply(backend.store(), declaring(every("digest")));
    backend.damage("digest", "{");
    CHECK(apply(backend.store(), adding(every("digest"))).result == Add::Result::conflict);
    const Add again = apply(backend.store(), declaring(every("digest")));
    CHECK(again.result == Add::Result::replaced);
    CHECK(again.before == nullptr);
}

TEST_CASE("the store knows which tasks starts declared") {
    Backend backend;
    Store& store = backend.store();
    apply(store, declaring(every("b")));
    apply(store, declaring(every("a")));
    apply(store, adding(every("by request")));
    CHECK(store.declared_at_start() == Ids{"a", "b"});
    apply(store, declaring(every("by request")));
    CHECK(store.declared_at_start() == Ids{"a", "b", "by request"});
    apply(store, adding(every("by request")));
    Add kept = adding(named("kept", "one"));
    apply(store, kept);
    kept = adding(named("kept", "two"));
    kept.at_start = true;
    REQUIRE(apply(store, kept).result == Add::Result::conflict);
    TaskState over = store.get("a")->state;
    over.status = TaskStatus::finished;
    change_state(store, "a", over);
    remove(store, "b");
    backend.reopen();
    CHECK(store.declared_at_start() == Ids{"by request", "kept"});
}
