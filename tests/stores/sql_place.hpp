// SqlPlace: a place whose rows are SQL; `Kind` is Place or ServerPlace.
#pragma once

#include <algorithm>
#include <string>

#include "tests/stores/place.hpp"

template <class Kind>
class SqlPlace : public Kind {
public:
    // SQL as an operator's shell would run it.
    virtual void run(const std::string& sql) = 0;
    // The rows of a query, columns separated by '|', rows by a line end.
    [[nodiscard]] virtual std::string ask(const std::string& sql) = 0;

    [[nodiscard]] std::string rows() override {
        std::string out =
            ask("SELECT task_id, first_at, last_at, folded, state, coalesce(reason, '-') FROM "
                "history ORDER BY task_id, first_at");
        std::replace(out.begin(), out.end(), '|', ' ');
        return out;
    }
    [[nodiscard]] std::string left() override {
        return ask("SELECT (SELECT count(*) FROM open) + (SELECT count(*) FROM sched WHERE state <> 'finished')");
    }
    [[nodiscard]] std::string tasks() override { return ask("SELECT count(*) FROM def"); }

    [[nodiscard]] std::string changes() override { return ask("SELECT changes FROM meta"); }
    void set_changes(const std::string& number) override { run("UPDATE meta SET changes = " + number); }
    void put_task_on(uvsched::TaskNumber task, uvsched::LaneNumber lane) override {
        run("UPDATE sched SET lane = " + std::to_string(lane) + " WHERE n = " + std::to_string(task));
    }
    void put_ready_fires_on(uvsched::LaneNumber lane) override {
        run("UPDATE open SET lane = " + std::to_string(lane) + " WHERE state = 'ready'");
    }
    void write_definition(const std::string& id, const std::string& definition) override {
        run("UPDATE def SET def = '" + definition + "' WHERE id = '" + id + "'");
    }
};
