// What an opening does: it makes sure of the server, makes the store if there is none, adds a node, and reads again
// what could not be read before. That of a visitor only makes sure.
#include <utility>

#include "core/base/quote.hpp"
#include "core/platform/host.hpp"
#include "core/stores/mongodb/store_steps.hpp"
#include "core/stores/rows/lane_list.hpp"
#include "core/stores/store_uuid.hpp"

namespace uvsched::mongodb {
namespace {

constexpr Micros kGoodbye = 2 * kSecond;
constexpr std::int64_t kLayout = 1;  // of the documents; and the oldest version that can use them
constexpr std::int64_t kMinReader = 1;
constexpr std::int64_t kOldestServer[] = {4, 2};

void check_server(Database& db) {
    Session& session = db.session;
    Document info;
    info["buildInfo"] = 1;
    info = session.run(info);
    const Document& version = member(info, "versionArray");
    const std::int64_t major = version.is_array() && version.size() > 1 ? whole(version[0]) : 0;
    const std::int64_t minor = major > 0 ? whole(version[1]) : 0;
    const std::string_view shown = text_of(member(info, "version"));
    db.server = "MongoDB " + std::string(shown);
    if (std::pair(major, minor) >= std::pair(kOldestServer[0], kOldestServer[1])) return;
    fail(Code::version, session.message("the server is MongoDB " + (shown.empty() ? "?" : in_quotes(shown)) +
                                        "; version 4.2 or newer is needed"));
}

Document index(const std::string& name, const Document& keys, bool unique = false) {
    Document out{{"name", name}, {"key", keys}};
    if (unique) out["unique"] = true;
    return out;
}

// Whoever opens the store at the same time makes the same ones.
void make_indexes(Session& session, const Collections& names) {
    const Document of_tasks = Document::array({
        index("key", {{"key", 1}}, true),
        index("due", {{"lane", 1}, {"next_due", 1}}),
        index("ready", {{"lane", 1}, {"ready_at", 1}}),
        index("owner", {{"open.owner", 1}}),
        index("half", {{"half", 1}}),
        index("state", {{"state", 1}, {"next_due", 1}}),
    });
    const Document of_history = Document::array({
        index("seq", {{"seq", 1}}),
        index("task", {{"task_id", 1}, {"seq", 1}}),
        index("finished", {{"finished_at", 1}}),
    });
    try {
        session.run({{"createIndexes", names.tasks}, {"indexes", of_tasks}});
        session.run({{"createIndexes", names.history}, {"indexes", of_history}});
    } catch (const Refusal& refusal) {
        if (refusal.number() != kDuplicateKey) throw;
        fail(Code::corrupt, refusal.message() + "; the collection " + in_quotes(names.tasks) +
                                " is of another program: name another one with ?collection=");
    }
}

// Documents that are none of this store's.
void check_foreign(Session& session, const Collections& names) {
    Document filter;
    filter["version"] = nullptr;
    if (session.ask({{"find", names.tasks}, {"filter", filter}, {"limit", 1}}).empty()) return;
    fail(Code::corrupt,
         session.message("the collection " + in_quotes(names.tasks) +
                         " has documents of another program: name another collection with ?collection="));
}

Document read_store(Session& session, const Collections& names) {
    Document filter;
    filter["_id"] = kStore;
    const std::vector<Document> found = session.ask({{"find", names.nodes}, {"filter", filter}});
    return found.empty() ? Document() : found.front();
}

Document make_store(Database& db) {
    check_foreign(db.session, db.names);
    const Document store{{"_id", kStore},
                         {"uuid", new_uuid()},
                         {"schema", kLayout},
                         {"min_reader", kMinReader},
                         {"lease", db.options.lease},
                         {"changes", 0},
                         {"seq", 0},
                         {"last_task", 0},
                         {"last_lane", 0}};
    static_cast<void>(db.session.run(
        {{"insert", db.names.nodes}, {"documents", Document::array({store})}, {"writeConcern", kept_by_majority()}}));
    return read_store(db.session, db.names);  // somebody else may have been faster
}

// The others that have the store open, or had it; and what is theirs.
struct Others {
    std::vector<NodeNumber> dead;
    bool alone = true;
};

Others read_others(Database& db) {
    Others out;
    std::set<NodeNumber> known;
    for (const Document& each : db.find(db.names.nodes, Document::object())) {
        const NodeNumber number = whole(member(each, "_id"));
        if (number == 0) continue;  // the store itself
        known.insert(number);
        if (number == db.node) continue;
        const bool gone = truth(member(each, "gone")) || truth(member(each, "dead"));
        if (gone) {
            out.dead.push_back(number);
        } else {
            out.alone = false;
        }
    }
    for (const NodeNumber each : nodes_without_document(db.session, db.names, known)) out.dead.push_back(each);
    return out;
}

void take_over(Database& db, const std::vector<FireRef>& ours) {
    if (ours.empty()) return;
    std::set<TaskNumber> numbers;
    for (const FireRef& fire : ours) numbers.insert(fire.task);
    Document filter;
    filter["_id"] = one_of(numbers);
    db.rewrite(filter, [&](TaskDocument& task) {
        for (const FireRef& fire : ours) {
            OpenRow* const found = fire.task == task.number() ? task.find(fire) : nullptr;
            if (found != nullptr && is_held(found->fire.state)) found->fire.owner = db.node;
        }
    });
}

// What could not be read before may be readable now: repaired by hand, or by a newer version of this program.
void read_all_again(Database& db, std::vector<Quarantined>& told) {
    std::set<LaneNumber> newer;
    for (const auto& [number, names] : db.all_lanes()) {
        if (lane_of_names(names).format > kDefinitionFormat) newer.insert(number);
    }
    Document apart{{"gone", false}};
    apart["lane"]["$lte"] = 0;
    Document older{{"lane", one_of(newer)}};
    older["format"]["$lte"] = kDefinitionFormat;
    for (const Document& filter : {apart, older}) {
        for (const Document& found : db.find(db.names.tasks, filter, {{"projection", {{"_id", 1}}}})) {
            db.read_again(whole(member(found, "_id")), told);
        }
    }
}

void add_node(Database& db) {
    const Document node{{"_id", db.node}, {"label", db.label}, {"beat", 0},           {"gone", false},
                        {"dead", false},  {"boot", boot_id()}, {"pid", process_id()}, {"version", UVSCHED_RELEASE},
                        {"lanes", ""}};
    static_cast<void>(db.run(
        {{"insert", db.names.nodes}, {"documents", Document::array({node})}, {"writeConcern", kept_by_majority()}}));
}

// The first sets the lease for all.
void set_lease(Database& db) {
    Document change;
    change["$set"]["lease"] = db.options.lease;
    const Document one{{"q", {{"_id", kStore}}}, {"u", std::move(change)}};
    static_cast<void>(db.run(
        {{"update", db.names.nodes}, {"updates", Document::array({one})}, {"writeConcern", kept_by_majority()}}));
}

// Nothing if there is no store.
Document find_document(Database& db) {
    check_server(db);
    Document store = read_store(db.session, db.names);
    if (whole(member(store, "min_reader")) > kLayout) {
        fail(Code::version,
             db.session.message("written by a newer uvsched (schema " + std::to_string(whole(member(store, "schema"))) +
                                ", readable from " + std::to_string(whole(member(store, "min_reader"))) +
                                " on; this one knows " + std::to_string(kLayout) +
                                "); update uvsched, or use another collection"));
    }
    return store;
}

// What the store is known by.
void remember_store(Database& db, const Document& store) {
    db.uuid = text_of(member(store, "uuid"));
    if (db.uuid.empty()) {
        fail(Code::corrupt, db.session.message("the collection " + in_quotes(db.names.nodes) +
                                               " is of another program: name another one with ?collection="));
    }
    db.store_hash = hash_of_uuid(db.uuid);
}

// A server's refusal of what `step` asks, as an operator can use it.
template <class Step>
auto refused_in_words(Step&& step) {
    try {
        return step();
    } catch (const Refusal& refusal) {
        const bool rights = refusal.number() == kUnauthorized;
        throw Error(Code::store,
                    refusal.message() + (rights ? "; the user needs the role readWrite in this database" : ""));
    }
}

}  // namespace

void prepare_store(Database& db, Opened& opened) {
    refused_in_words([&] {
        Document store = find_document(db);
        if (store.is_null()) store = make_store(db);
        make_indexes(db.session, db.names);
        remember_store(db, store);
    });
    opened.store_hash = db.store_hash;
}

void find_store(Database& db) {
    const Document store = refused_in_words([&] { return find_document(db); });
    if (store.is_null()) {
        fail(Code::not_found, db.session.message("there is no store in the collection " + in_quotes(db.names.tasks) +
                                                 "; the first start of a scheduler makes it, and so does `uvsched "
                                                 "store migrate`"));
    }
    remember_store(db, store);
}

Migration migrate_store(Database& db, Migrates how) {
    const Document store = refused_in_words([&] { return find_document(db); });
    Opened opened;
    if (how == Migrates::really) prepare_store(db, opened);
    return {.from = whole(member(store, "schema")), .to = kLayout};
}

void visit(Database& db, const OpenRequest& request) {
    db.label = request.label;
    static_cast<void>(db.enter(Who::anybody, request.wall));
}

void tell_lanes(Database& db, std::span<const LaneNumber> lanes) {
    Document change;
    change["$set"]["lanes"] = lane_list(lanes);
    const Document one{{"q", {{"_id", db.node}}}, {"u", std::move(change)}};
    static_cast<void>(db.run({{"update", db.names.nodes}, {"updates", Document::array({one})}}));
}

void join(Database& db, const OpenRequest& request, Opened& opened) {
    db.label = request.label;
    add_node(db);
    db.bring_to_history();
    take_over(db, request.ours);
    read_all_again(db, opened.quarantined);
    const Others others = read_others(db);
    if (others.alone) set_lease(db);
    opened.lease = whole(member(read_store(db.session, db.names), "lease"));
    if (opened.lease != db.options.lease) {
        opened.notices.push_back(db.session.message(other_lease(opened.lease, db.options.lease)));
    }
    static_cast<void>(db.enter(Who::nodes, request.wall));
    opened.dead = others.dead;
    opened.node = db.node;
    // On this line all times are wall times, whatever the machine's clock is set to.
    opened.line = {.boot = request.boot, .base = saturating_sub(request.wall, request.elapsed), .shift = 0};
}

// The others need not wait for a lease to pass. On a link of its own, which waits no longer than that.
void leave(Database& db) noexcept {
    try {
        if (!db.session.is_open()) return;
        Session goodbye(db.options, kGoodbye, kGoodbye);
        Document change;
        change["$set"]["gone"] = true;
        const Document one{{"q", {{"_id", db.node}}}, {"u", std::move(change)}};
        static_cast<void>(goodbye.run({{"update", db.names.nodes}, {"updates", Document::array({one})}}));
    } catch (const std::exception&) {
        return;
    }
}

std::vector<NodeNumber> nodes_without_document(Session& session, const Collections& names,
                                               const std::set<NodeNumber>& known) {
    constexpr int kTasksAtOnce = 100;
    Document owner = one_of(known);
    owner = {{"$gt", 0}, {"$nin", std::move(owner["$in"])}};
    Document filter;
    filter["open"]["$elemMatch"]["owner"] = std::move(owner);
    filter["lane"]["$gte"] = 0;
    filter["format"]["$lte"] = kDefinitionFormat;
    const Document shown{{"open.owner", 1}};
    std::set<NodeNumber> found;
    for (const Document& task :
         session.ask({{"find", names.tasks}, {"filter", filter}, {"projection", shown}, {"limit", kTasksAtOnce}})) {
        for (const Document& fire : member(task, "open")) {
            const NodeNumber holder = whole(member(fire, "owner"));
            if (holder > 0 && !known.contains(holder)) found.insert(holder);
        }
    }
    if (found.empty()) return {};
    // One that joined meanwhile has a document by now.
    Document joined;
    joined["_id"] = one_of(found);
    for (const Document& each : session.ask({{"find", names.nodes}, {"filter", joined}})) {
        found.erase(whole(member(each, "_id")));
    }
    return {found.begin(), found.end()};
}

}  // namespace uvsched::mongodb
