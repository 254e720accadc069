// What an operator sees in a database file with the sqlite3 shell.
#pragma once

#include <sqlite3.h>

#include <stdexcept>
#include <string>

// The rows of a query, columns separated by '|', rows by a line end.
inline std::string ask_sql(const std::string& path, const std::string& sql) {
    sqlite3* handle = nullptr;
    sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr);
    sqlite3_busy_timeout(handle, 1000);
    std::string out;
    const auto row = [](void* into, int columns, char** values, char** /*names*/) {
        auto& text = *static_cast<std::string*>(into);
        if (!text.empty()) text += '\n';
        for (int i = 0; i < columns; ++i) {
            if (i > 0) text += '|';
            if (values[i] != nullptr) text += values[i];
        }
        return 0;
    };
    const int code = sqlite3_exec(handle, sql.c_str(), row, &out, nullptr);
    const std::string error = sqlite3_errmsg(handle);
    sqlite3_close(handle);
    if (code != SQLITE_OK) throw std::runtime_error(sql + ": " + error);
    return out;
}
