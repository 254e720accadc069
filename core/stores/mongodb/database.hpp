// Database: the shared state of the parts of the MongoDB store: a session, this node, and what is remembered of the
// documents.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/stores/mongodb/session.hpp"
#include "core/stores/mongodb/task_document.hpp"
#include "core/stores/rows/definitions.hpp"
#include "core/stores/rows/lane_names.hpp"
#include "core/stores/rows/rows.hpp"
#include "core/stores/server_node.hpp"

namespace uvsched::mongodb {

// The document of the store itself, among those of its nodes.
inline constexpr const char* kStore = "store";

// The names of the collections. "TASKS.nodes" holds the store itself and a document for each node.
struct Collections {
    explicit Collections(const std::string& name)
        : tasks(name), history(name + ".history"), nodes(name + ".nodes"), lanes(name + ".lanes") {}
    std::string tasks;
    std::string history;
    std::string nodes;
    std::string lanes;
};

// Whether a step is for those only that stand among the nodes.
enum class Who : std::uint8_t { anybody, nodes };

class Database : public ServerNode {
public:
    explicit Database(MongodbOptions given);

    MongodbOptions options;
    Collections names;
    Session session;
    std::string label;
    std::string server;           // its name and version
    bool counted = false;         // since the opening it was looked who has too much history
    std::set<std::string> grown;  // tasks with more history since

    // Drops what is remembered of the store that was open before. After begin(), whose node numbers the stamps.
    void forget();

    // What every step begins with: the store is there, and this node among its others. Gives the time that it goes by:
    // the server's, or the one that is given where the clock is moved by hand. Throws StoreLost and NodeLost.
    Instant enter(Who who, Instant by_hand);

    // Throws as Session does, but what a server refuses is an Error(store), or Refused.
    Document run(const Document& command, Sends sends = Sends::reads);
    std::vector<Document> ask(Document command);
    std::vector<Document> find(const std::string& collection, Document filter, Document rest = Document::object());

    // ---- documents of tasks ----

    [[nodiscard]] std::vector<TaskDocument> read_tasks(Document filter, Document rest = Document::object());
    // Reads tasks, has them changed, and writes them: those that others wrote meanwhile once more, until all is
    // written. The change of one may be made several times, the last of which holds. Says how many it read at first.
    std::size_t rewrite(Document filter, const std::function<void(TaskDocument&)>& change,
                        const Document& rest = Document::object());
    // Writes documents that nobody has written since they were read. Gives the others.
    [[nodiscard]] std::set<TaskNumber> write(const std::vector<TaskDocument*>& tasks);
    // Rows of history that are half way there: whoever meets them brings them there.
    void bring_to_history(const std::vector<const TaskDocument*>& tasks);
    void bring_to_history();
    // The next numbers of tasks; the first of them.
    [[nodiscard]] TaskNumber draw_numbers(std::size_t many);
    [[nodiscard]] std::string label_of(NodeNumber node);

    // ---- definitions and lanes ----

    // Of these tasks; asks the server for what is not remembered.
    [[nodiscard]] Definitions definitions_of(const std::vector<TaskRow>& rows);
    // The numbers of the lanes that such tasks lie on. Those that are not there yet are made: a lane stays for ever.
    [[nodiscard]] LaneNumber lane_of(const Definition& definition);
    void prepare_lanes(const std::vector<const Definition*>& definitions);
    // Whether a task of this definition is to be found on the lane.
    [[nodiscard]] bool belongs_on(LaneNumber lane, const Definition& definition);
    [[nodiscard]] std::unordered_map<LaneNumber, std::string> all_lanes();

    // ---- what cannot be read ----

    // Moves a task on which a look stumbled to the lane of its definition, or out of the way if it cannot be read.
    void sort_out(TaskNumber task, std::vector<Quarantined>& told);
    // Reads a task that could not be read before once more.
    void read_again(TaskNumber task, std::vector<Quarantined>& told);
    // A task that cannot be read goes out of the way: if newer versions read it, into a lane that only they look at,
    // and nobody is told; otherwise it is set apart.
    void put_away(TaskNumber task, const Unreadable& error, std::vector<Quarantined>& told);
    // Sets a task that cannot be read apart: it stays, and no look returns it.
    Quarantined set_apart(TaskNumber task, const std::string& why);

    // Others have to look.
    void tell();

private:
    [[noreturn]] void refused(const Refusal& refusal, Sends sends) const;
    [[nodiscard]] Document draw(const char* counter, std::size_t many);
    void insert(const std::vector<TaskDocument*>& tasks, std::set<TaskNumber>& failed);
    void update(const std::vector<std::pair<TaskDocument*, Document>>& tasks, std::set<TaskNumber>& failed);
    void erase(const std::vector<TaskDocument*>& tasks, std::set<TaskNumber>& failed);
    void number_endings(const std::vector<TaskDocument*>& tasks);
    [[nodiscard]] LaneNumber lane_named(const std::string& names);
    void read_lanes();
    // Of these names, those that are not there.
    void make_lanes(std::set<std::string> wanted);
    void move_to_lane(TaskNumber task, LaneNumber lane);

    std::uint64_t stamp_ = 0;                            // of the last command that wrote tasks
    std::unordered_map<LaneNumber, std::string> lanes_;  // none ever changes
    std::unordered_map<std::string, LaneNumber> lane_numbers_;
    std::unordered_map<NodeNumber, std::string> labels_;
};

// What every command that changes something says of how it is to be kept.
[[nodiscard]] Document kept_by_majority();

// "$in": one of these.
template <class Values>
[[nodiscard]] Document one_of(const Values& values) {
    Document list = Document::array();
    for (const auto& value : values) list.push_back(value);
    Document out;
    out["$in"] = std::move(list);
    return out;
}

}  // namespace uvsched::mongodb
