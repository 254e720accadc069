// Database: the shared state of the parts of the Redis store: a session, this node, and what is remembered of the keys.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/stores/again.hpp"
#include "core/stores/redis/remembered.hpp"
#include "core/stores/redis/script.hpp"
#include "core/stores/redis/session.hpp"
#include "core/stores/rows/definitions.hpp"
#include "core/stores/rows/lane_names.hpp"
#include "core/stores/rows/rows.hpp"
#include "core/stores/server_node.hpp"

namespace uvsched::redis {

// Runs scripts on a session, by their digest: a server that does not have one yet, or any more, is given it.
class ScriptRunner {
public:
    ScriptRunner(Session& session, std::string prefix) : session_(session), key_("{" + std::move(prefix) + "}:meta") {}

    // The command that runs it, but for its arguments.
    [[nodiscard]] Words begin(const Script& script) const;
    // Throws what Session::run() throws.
    Answer run(const Script& script, Words& words, Sends sends, Patience at_most);

private:
    Session& session_;
    std::string key_;
    std::unordered_map<const Script*, std::string> digests_;
};

// An entry of an index at which a look found something that does not belong there: "due:LANE" and its member.
struct IndexEntry {
    std::string index;
    std::string member;
};

class Database : public ServerNode {
public:
    explicit Database(RedisOptions given)
        : options(std::move(given)), session(options), scripts(session, options.prefix) {}

    RedisOptions options;
    Session session;
    ScriptRunner scripts;
    Remembered remembered;
    std::string server = "Redis";  // and its version, where it says so
    bool pruned_all = false;       // retention by number has looked at all tasks since the opening
    std::string prune_after;       // and at this one last

    // Drops what is remembered of the store that was open before.
    void forget();

    // Where nodes tell each other what they made.
    [[nodiscard]] std::string channel() const;

    // The first words of a script that asks, or changes.
    [[nodiscard]] Words asking(const Script& script) const;
    [[nodiscard]] Words changing(const Script& script, Instant now) const;
    // Throws StoreLost, NodeLost, Again, MaybeDone, Refused, and Error(store).
    Answer run(const Script& script, Words& words, Sends sends = Sends::reads);

    // A task in an answer (TaskText). Throws Unreadable.
    TaskRow see(const Reply& reply);
    // Reads those of the tasks that are not remembered.
    void remember(const std::vector<TaskNumber>& tasks);

    // Of these tasks; asks the server for what is not remembered.
    [[nodiscard]] Definitions definitions_of(const std::vector<TaskRow>& rows);

    // The numbers of the lanes that such tasks lie on. Those that are not there yet are made: a lane stays for ever.
    [[nodiscard]] LaneNumber lane_of(const Definition& definition);
    void prepare_lanes(const std::vector<const Definition*>& definitions);
    // Whether a task of this definition is to be found on the lane.
    [[nodiscard]] bool belongs_on(LaneNumber lane, const Definition& definition);

    // Moves a task on which a look stumbled to the lane of its definition, or out of the way if it cannot be read.
    // `stray`: entries of indexes that led to it and are wrong.
    void sort_out(TaskNumber task, const std::vector<IndexEntry>& stray, std::vector<Quarantined>& told);
    // Reads a task that could not be read before once more.
    void read_again(TaskNumber task, std::vector<Quarantined>& told);
    // A task that cannot be read goes out of the way: if newer versions read it, into a lane that only they look at,
    // and nobody is told; otherwise it is set apart.
    void put_away(TaskNumber task, const Unreadable& error, std::vector<Quarantined>& told,
                  const std::vector<IndexEntry>& stray = {});
    // Sets a row that cannot be read apart: it stays, and no look returns it.
    Quarantined set_apart(TaskNumber task, const std::string& why, const std::vector<IndexEntry>& stray = {});

private:
    [[noreturn]] void refused(const Refusal& refusal, Sends sends) const;
    [[nodiscard]] std::optional<LaneNumber> known_lane(const std::string& names) const;
    [[nodiscard]] LaneNumber lane_named(const std::string& names);
    void make_lanes(const std::vector<std::string>& names);
    void read_lanes(const Reply& lanes);
    void move_to_lane(TaskNumber task, LaneNumber lane, const std::vector<IndexEntry>& stray);

    // A task as a whole: its definition, or why it cannot be read, and where it and its ready fires lie.
    struct Whole {
        std::shared_ptr<const Definition> definition;
        std::optional<Unreadable> why;
        std::vector<LaneNumber> lanes;
        bool apart = false;  // it is known that it cannot be read
        std::string names;   // of its lane
    };
    [[nodiscard]] Whole read_whole(TaskNumber task, bool forget_quarantine);

    std::unordered_map<LaneNumber, std::string> lanes_;  // none ever changes
};

}  // namespace uvsched::redis
