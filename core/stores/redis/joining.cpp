// What an opening does: it makes sure of the server, makes the store if there is none, adds a node, and reads again
// what could not be read before. That of a visitor only makes sure.
#include <charconv>
#include <chrono>
#include <map>
#include <utility>

#include "core/base/quote.hpp"
#include "core/platform/host.hpp"
#include "core/stores/redis/store_steps.hpp"
#include "core/stores/rows/lane_list.hpp"
#include "core/stores/store_uuid.hpp"

namespace uvsched::redis {
namespace {

constexpr std::chrono::seconds kGoodbye{2};
constexpr std::int64_t kLayout = 1;  // of the keys; and the oldest version that can use them
constexpr std::int64_t kMinReader = 1;
constexpr int kOldestServer = 602;  // 6.2

constexpr Script kPrepare{"prepare", Script::Kind::bare, R"lua(
local uuid, layout, min_reader, lease = arg(), arg(), arg(), arg()
if call('EXISTS', KEYS[1]) == 0 then
  call('HSET', KEYS[1], 'uuid', uuid, 'schema', layout, 'min_reader', min_reader, 'lease', lease, 'changes', '0')
end
return call('HMGET', KEYS[1], 'uuid', 'schema', 'min_reader')
)lua"};

constexpr Script kFind{"find", Script::Kind::bare, R"lua(
return call('HMGET', KEYS[1], 'uuid', 'schema', 'min_reader')
)lua"};

constexpr Script kTime{"time", Script::Kind::asks, "return server_time()"};

// The first sets the lease for all. Fires of this process become those of the new node: nobody else has taken them
// since, if their tokens stand.
constexpr Script kJoin{"join", Script::Kind::changes, R"lua(
local label, boot, pid, version, lease, format = arg(), arg(), arg(), arg(), arg(), count()
local alone, dead = true, {}
for _, other in ipairs(call('SMEMBERS', P .. 'nodes')) do
  if call('HGET', P .. 'node:' .. other, 'gone') == '1' then dead[#dead + 1] = other else alone = false end
end
if alone then queue('HSET', KEYS[1], 'lease', lease) else lease = call('HGET', KEYS[1], 'lease') end
queue('SADD', P .. 'nodes', node)
queue('HSET', P .. 'node:' .. node, 'label', label, 'beat', '0', 'gone', '0', 'boot', boot, 'pid', pid, 'version',
  version, 'lanes', '')
for i = 1, count() do
  local f = named(args(3))
  if f and is_held(f) then
    f.owner = node
    touch(f)
  end
end
-- What could not be read before may be readable now: repaired by hand, or by a newer version of this program.
local strays = call('SMEMBERS', P .. 'apart')
for lane, its_format in pairs(lane_formats()) do
  if its_format > format then
    for _, index in ipairs({'due:', 'idle:'}) do
      for _, n in ipairs(call('ZRANGE', P .. index .. lane, 0, -1)) do
        if number(call('HGET', P .. 'def:' .. n, 'format')) <= format then strays[#strays + 1] = n end
      end
    end
  end
end
return flush() or {lease, server_time(), dead, strays}
)lua"};

constexpr Script kSetLanesOfNode{"lanes_of_node", Script::Kind::asks, R"lua(
local node, lanes = arg(), arg()
if call('SISMEMBER', P .. 'nodes', node) == 1 then call('HSET', P .. 'node:' .. node, 'lanes', lanes) end
)lua"};

constexpr Script kLeave{"leave", Script::Kind::asks, R"lua(
local node = arg()
if call('SISMEMBER', P .. 'nodes', node) == 1 then call('HSET', P .. 'node:' .. node, 'gone', '1') end
)lua"};

// The lines "name:value" of INFO.
std::map<std::string, std::string> read_info(std::string_view text) {
    std::map<std::string, std::string> out;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        std::string value(line.substr(colon + 1));
        while (!value.empty() && value.back() == '\r') value.pop_back();
        out[std::string(line.substr(0, colon))] = std::move(value);
    }
    return out;
}

// 602 for "6.2.7"; 0 for what is none.
int version_of(const std::string& text) {
    int major = 0;
    int minor = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, major);
    if (read.ec != std::errc() || read.ptr == end) return 0;
    std::from_chars(read.ptr + 1, end, minor);
    return major * 100 + minor;
}

// What the server says of itself. It need not allow that: then an operator has to know.
void check_server(Database& db, Opened& opened) {
    std::map<std::string, std::string> info;
    try {
        info = read_info(db.session.run({"INFO"}, Sends::reads, kConnectPatience).reply().view());
    } catch (const Refusal& refusal) {
        if (refusal.word() == "NOAUTH") {
            fail(Code::store, refusal.message() + "; give a password: redis://:PASSWORD@HOST");
        }
        if (refusal.word() != "NOPERM" && refusal.word() != "ERR") throw Error(Code::store, refusal.message());
        opened.notices.push_back(refusal.message() +
                                 "; so it cannot be told whether the server is version 6.2 or newer, appends what is "
                                 "written to a file (appendonly), and evicts nothing (maxmemory-policy)");
        return;
    }
    const std::string version = info["redis_version"];
    if (version_of(version) < kOldestServer) {
        fail(Code::version, db.session.message("the server is Redis " + (version.empty() ? "?" : in_quotes(version)) +
                                               "; version 6.2 or newer is needed"));
    }
    db.server = "Redis " + version;
    if (info["role"] == "slave") {
        fail(Code::store, db.session.message("the server takes no writes (a replica); connect to the primary"));
    }
    if (info["aof_enabled"] == "0") {
        opened.notices.push_back(db.session.message(
            "the server's setting appendonly is off: what it said was written is lost when it ends, or all that came "
            "after its last snapshot; set appendonly yes, and appendfsync always where nothing may run twice"));
    }
    // Only what could be evicted by it: keys here have no time to live.
    if (info["maxmemory_policy"].starts_with("allkeys-")) {
        opened.notices.push_back(db.session.message("the server's setting maxmemory-policy is " +
                                                    info["maxmemory_policy"] +
                                                    ": it throws keys of this store away when it lacks memory; set "
                                                    "noeviction"));
    }
}

// Fires as arguments.
void add_fires(Words& words, const std::vector<FireRef>& fires) {
    words.add(fires.size());
    for (const FireRef& fire : fires) add_fire(words, fire);
}

}  // namespace

namespace {

// What the store is known by; gives the version of its keys, 0 if there is none. `script`: kPrepare or kFind.
std::int64_t read_store(Database& db, const Script& script, Words words) {
    try {
        const bool finds = &script == &kFind;
        const Answer answer = db.scripts.run(script, words, finds ? Sends::reads : Sends::changes, kConnectPatience);
        if (finds && answer[0].is_nil() && answer[1].is_nil()) return 0;
        db.uuid = answer[0].text();
        if (db.uuid.empty()) {
            fail(Code::corrupt, db.session.message("the key {" + db.options.prefix +
                                                   "}:meta is not of this program; name another prefix with ?prefix="));
        }
        if (answer[2].integer() > kLayout) {
            fail(Code::version,
                 db.session.message("written by a newer uvsched (schema " + answer[1].text() + ", readable from " +
                                    answer[2].text() + " on; this one knows " + std::to_string(kLayout) +
                                    "); update uvsched, or use another prefix"));
        }
        db.store_hash = hash_of_uuid(db.uuid);
        return answer[1].integer();
    } catch (const Refusal& refusal) {
        if (refusal.word() == "WRONGTYPE" || refusal.message().find("WRONGTYPE") != std::string::npos) {
            fail(Code::corrupt, refusal.message() + "; the key {" + db.options.prefix +
                                    "}:meta is of another program: name another prefix with ?prefix=");
        }
        throw Error(Code::store, refusal.message());
    }
}

}  // namespace

void prepare_store(Database& db, Opened& opened) {
    check_server(db, opened);
    Words words = db.scripts.begin(kPrepare);
    words.add(new_uuid()).add(kLayout).add(kMinReader).add(db.options.lease);
    static_cast<void>(read_store(db, kPrepare, std::move(words)));
}

void find_store(Database& db, Opened& opened) {
    check_server(db, opened);
    if (read_store(db, kFind, db.scripts.begin(kFind)) > 0) return;
    fail(Code::not_found, db.session.message("there is no store under the prefix " + in_quotes(db.options.prefix) +
                                             "; the first start of a scheduler makes it, and so does `uvsched store "
                                             "migrate`"));
}

Migration migrate_store(Database& db, Migrates how) {
    Opened opened;
    check_server(db, opened);
    const std::int64_t there = read_store(db, kFind, db.scripts.begin(kFind));
    if (how == Migrates::really) prepare_store(db, opened);
    return {.from = there, .to = kLayout};
}

void visit(Database& db) {
    const Micros asked = StoreClock::tick();
    Words words = db.asking(kTime);
    db.clock->measured(db.run(kTime, words).reply().integer(), asked);
}

void tell_lanes(Database& db, std::span<const LaneNumber> lanes) {
    Words words = db.asking(kSetLanesOfNode);
    words.add(db.node).add(lane_list(lanes));
    static_cast<void>(db.run(kSetLanesOfNode, words));
}

void join(Database& db, const OpenRequest& request, Opened& opened) {
    const Micros asked = StoreClock::tick();
    Words words = db.changing(kJoin, request.wall);
    words.add(request.label).add(boot_id()).add(process_id()).add(UVSCHED_RELEASE).add(db.options.lease);
    words.add(kDefinitionFormat);
    add_fires(words, request.ours);
    const Answer answer = db.run(kJoin, words, Sends::changes);
    opened.lease = answer[0].integer();
    db.clock->measured(answer[1].integer(), asked);
    for (std::size_t i = 0; i < answer[2].size(); ++i) opened.dead.push_back(answer[2][i].integer());
    if (opened.lease != db.options.lease) {
        opened.notices.push_back(db.session.message(other_lease(opened.lease, db.options.lease)));
    }
    for (std::size_t i = 0; i < answer[3].size(); ++i) db.read_again(answer[3][i].integer(), opened.quarantined);
    opened.node = db.node;
    opened.store_hash = db.store_hash;
    // On this line all times are wall times, whatever the machine's clock is set to.
    opened.line = {.boot = request.boot, .base = saturating_sub(request.wall, request.elapsed), .shift = 0};
}

// The others need not wait for a lease to pass.
void leave(Database& db) noexcept {
    try {
        if (!db.session.is_open()) return;
        Words words = db.asking(kLeave);
        words.add(db.node);
        static_cast<void>(db.scripts.run(kLeave, words, Sends::reads, kGoodbye));
    } catch (const std::exception&) {
        return;
    }
}

}  // namespace uvsched::redis
