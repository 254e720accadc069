// TaskDocument: a task as the server keeps it, with its definition, its schedule and all its open fires in one
// document. It is read as a whole, changed here by the rules of core/ledger, and written if nobody has written it
// meanwhile. Pure.
//
//   _id            n
//   id, uid        of the task; they stay when it is deleted, as long as fires of it are under way
//   key            unique: the id; of a deleted task something that no id is
//   gone           it was deleted
//   format, def, def_hash, declared, at_start, quarantine, max_instances
//   lane           negative: set apart; 0: gone
//   gen, rev, clk, anchor, next_slot, next_due, hwm, state, runs
//   open           its fires
//   ready_at       of those that are ready, the earliest
//   ended          rows of history on their way there: fires that are over, and misses
//   half           there are some of them
//   version        grows with each write; `stamps` say whose the last ones were
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ledger/batch.hpp"
#include "core/stores/mongodb/bson.hpp"
#include "core/stores/rows/rows.hpp"

namespace uvsched::mongodb {

// Members of a document in the place of columns. What has another type is Unreadable.
class DocumentRow final : public RowView {
public:
    DocumentRow(const Document& document, const char* const* names) : document_(document), names_(names) {}
    [[nodiscard]] bool is_null(int column) const override { return at(column).is_null(); }
    [[nodiscard]] std::int64_t integer(int column) const override;
    [[nodiscard]] std::string_view view(int column) const override;

private:
    [[nodiscard]] const Document& at(int column) const { return member(document_, names_[column]); }

    const Document& document_;
    const char* const* names_;
};

// Throws Unreadable, also if the definition has an id or a uid that is not the schedule's.
[[nodiscard]] std::shared_ptr<const Definition> definition_in(const Document& task);

// A fire in the array of its task.
struct OpenRow {
    FireRow fire;  // but for what cannot be read
    Uid uid = 0;
    std::int64_t claim = 0;
    std::optional<Unreadable> why{};  // it cannot be read
    Document stored{};                // and this is how it stands there

    [[nodiscard]] bool readable() const noexcept { return !why; }

    [[nodiscard]] FireKey key() const { return {uid, fire.gen, fire.kind, fire.slot}; }
};

// What ends a fire, beside its state.
struct Ending {
    FireState state = FireState::done;
    Reason reason = Reason::none;
    Instant finished_at = 0;
    std::string owner_label{};
    std::string result{};
    std::string error{};
    Instant started_at = 0;
    std::optional<std::int32_t> crashes{};
};

class TaskDocument {
public:
    // As it was read.
    explicit TaskDocument(Document stored);
    // One that is not there yet.
    TaskDocument(TaskNumber number, const std::string& id);

    [[nodiscard]] TaskNumber number() const noexcept { return number_; }
    [[nodiscard]] std::string id() const { return std::string(text_of(member(now_, "id"))); }
    [[nodiscard]] bool is_new() const noexcept { return new_; }
    [[nodiscard]] bool is_gone() const { return truth(member(now_, "gone")); }
    [[nodiscard]] LaneNumber lane() const { return whole(member(now_, "lane")); }
    [[nodiscard]] std::int64_t version() const { return whole(member(stored_, "version")); }
    [[nodiscard]] const Document& now() const noexcept { return now_; }
    [[nodiscard]] std::int64_t format() const { return whole(member(now_, "format")); }

    // Of its schedule; nullopt if that cannot be read, or the task is gone. Throws Unreadable.
    [[nodiscard]] bool has_row() const noexcept { return row_.has_value(); }
    [[nodiscard]] const TaskRow& row() const;
    // The row, to be changed.
    [[nodiscard]] TaskRow& change();
    void set(const char* name, Document value) { now_[name] = std::move(value); }
    void set_definition(const std::string& text, std::uint64_t hash, std::int32_t max_instances);

    [[nodiscard]] std::vector<OpenRow>& fires() noexcept { return fires_; }
    [[nodiscard]] std::int32_t open_fires() const noexcept { return static_cast<std::int32_t>(fires_.size()); }
    // The fire that a request names, if its token still stands.
    [[nodiscard]] OpenRow* find(const FireRef& fire);
    [[nodiscard]] OpenRow* find_held(const FireRef& fire, NodeNumber owner);
    // Why the task cannot be read, its definition (which was read with it) and its fires included.
    [[nodiscard]] std::optional<Unreadable> fault() const;

    // ---- what becomes of fires ----

    void open(OpenRow fire);
    void end(OpenRow& fire, const Ending& how);  // other pointers to fires are of no use any more
    void free(OpenRow& fire, Instant ready_at);
    void count_runs(int times);
    // Makes the oldest waiting fires ready, as many as max_instances allows; where none waits, the next piece of a long
    // pile is due.
    void promote(Instant ready_at);
    // Ends what has not begun.
    std::vector<Dropped> skip_unstarted(Reason reason, Instant now, const std::string& name,
                                        const std::function<std::string(NodeNumber)>& label);
    void add_miss(Uid uid, std::uint32_t gen, const PlannedMiss& miss, Instant now, const std::string& error);
    // It is deleted, and goes when nothing of it is under way.
    void remove();
    // Nothing of it can be kept.
    void empty();
    // Others have to know.
    bool told = false;

    // ---- writing ----

    // Rows of history that were made here.
    [[nodiscard]] std::vector<Document>& endings() noexcept { return endings_; }
    // All that are on their way there.
    [[nodiscard]] std::vector<Document> ended() const;
    // Nothing is left of it.
    [[nodiscard]] bool is_over() const;
    // What is to be set; null: nothing has changed. Of a new one it is all.
    [[nodiscard]] Document changes();
    // Of those that wrote it last, this one included.
    [[nodiscard]] Document stamps(std::int64_t stamp, std::int64_t most) const;
    // It is stored so by now, as this version.
    void written(std::int64_t version);

private:
    void read_fires();
    void put_row();

    Document stored_;
    Document now_;
    TaskNumber number_ = 0;
    bool new_ = false;
    std::optional<TaskRow> row_;
    std::optional<Unreadable> why_;
    bool row_changed_ = false;
    std::vector<OpenRow> fires_;
    std::vector<Document> endings_;
};

// A fire as it stands in the array.
[[nodiscard]] OpenRow read_open_row(const Document& fire, TaskNumber task, LaneNumber lane);

}  // namespace uvsched::mongodb
