// PgBouncer: a pooler before a PostgreSQL server of the tests' own, which gives each transaction another connection.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/stores/folder.hpp"
#include "tests/support/server_process.hpp"

class PgBouncer {
public:
    // Before the server whose socket is in this folder; for the user "tester".
    explicit PgBouncer(const std::string& server) : process_("postgres", SIGQUIT) {
        process_.hand_over(folder_.file(""));
        {
            std::ofstream users(folder_.file("users"));
            users << "\"tester\" \"\"\n";
            std::ofstream settings(folder_.file("pgbouncer.ini"));
            settings << "[databases]\n* = host=" << server
                     << "\n[pgbouncer]\nlisten_addr =\nunix_socket_dir = " << folder_.file("")
                     << "\nlisten_port = 5432\nauth_type = trust\nauth_file = " << folder_.file("users")
                     << "\npool_mode = transaction\ndefault_pool_size = 10\nmax_client_conn = 500\n";
        }
        process_.start({"/usr/sbin/pgbouncer", folder_.file("pgbouncer.ini")});
    }

    [[nodiscard]] std::string socket_folder() const { return folder_.file(""); }
    [[nodiscard]] bool is_ready() const { return std::filesystem::exists(folder_.file(".s.PGSQL.5432")); }

private:
    Folder folder_;
    ServerProcess process_;  // ends before its folder goes
};
