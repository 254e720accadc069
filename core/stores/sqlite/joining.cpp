// What an opening does: it adds a node. The first one reads again what could not be read before.
#include "core/platform/host.hpp"
#include "core/stores/sqlite/store_steps.hpp"

namespace uvsched::sqlite {
namespace {

void add_node(Database& db, const std::string& label) {
    const std::string boot = boot_id();
    Cursor(db.sql().add_node, db.node, label, boot, process_id(), std::string_view(UVSCHED_RELEASE)).run();
}

// Nobody else has taken them since: their tokens stand.
void keep_ours(Database& db, const std::vector<FireRef>& ours) {
    for (const FireRef& ref : ours) {
        const std::optional<Identity> task = db.identity_of(ref.task);
        if (!task || task->uid != ref.key.uid) continue;
        Cursor(db.sql().keep_fire, ref.task, ref.key.gen, kind_text(ref.key.kind), ref.key.slot, db.node, ref.token)
            .run();
    }
}

std::vector<std::int64_t> numbers(Cursor&& rows) {
    std::vector<std::int64_t> out;
    while (rows.next()) out.push_back(rows.integer(0));
    return out;
}

// Rows that could not be read before may be readable now: repaired by hand, or by a newer version of this program.
void read_again(Database& db, Opened& opened) {
    for (const TaskNumber number : numbers(Cursor(db.sql().strays, kDefinitionFormat))) {
        if (db.is_gone(number)) continue;
        Cursor(db.sql().quarantine, number, std::nullopt).run();
        try {
            const std::optional<TaskRow> task = db.find_task(number);
            if (!task) throw Unreadable("its row of sched is missing");
            db.move_to_lane(number, db.lane_of(*db.definition_of(*task)));
        } catch (const Unreadable& error) {
            db.put_away(number, error, opened.quarantined);
        }
    }
}

}  // namespace

void make_room(Database& db) {
    for (const std::int64_t seq : numbers(Cursor(db.sql().seqs_too_high))) Cursor(db.sql().lower_seq, seq).run();
    Cursor(db.sql().bad_lanes).run();
    Cursor(db.sql().numbers_too_high).run();
}

void join(Database& db, const OpenRequest& request, bool first, Opened& opened) {
    if (first) make_room(db);
    add_node(db, request.label);
    keep_ours(db, request.ours);
    if (first) read_again(db, opened);
    opened.node = db.node;
    opened.dead = numbers(Cursor(db.sql().other_nodes, db.node));
}

}  // namespace uvsched::sqlite
