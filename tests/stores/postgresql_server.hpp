// PostgresqlServer: the real server that tests use: the one of UVSCHED_TEST_POSTGRESQL_URL, or one of their own, started
// in a folder of its own when it is first asked for, and ended with the program.
#pragma once

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/stores/postgresql/postgresql_module.hpp"
#include "core/stores/postgresql/session.hpp"
#include "tests/stores/folder.hpp"

class PostgresqlServer {
public:
    // The one of this program.
    static PostgresqlServer& shared() {
        static PostgresqlServer server;
        return server;
    }

    explicit PostgresqlServer(std::vector<std::string> settings = {"fsync=off"}) : settings_(std::move(settings)) {
        ::setenv("UVSCHED_MODULE_PATH", UVSCHED_TEST_MODULES, 0);
        if (const char* const given = std::getenv("UVSCHED_TEST_POSTGRESQL_URL"); given != nullptr) {
            url_ = given;
            return;
        }
        folder_ = std::make_unique<Folder>();
        hand_over(folder_->file(""));
        run({program("initdb"), "-D", data(), "-N", "-E", "UTF8", "--locale=C", "-A", "trust", "-U", "tester"}, true);
        {
            std::ofstream rules(data() + "/pg_hba.conf", std::ios::trunc);  // the first that fits counts
            rules << "local all locked scram-sha-256\nlocal all all trust\n";
        }
        url_ = "postgresql://tester@/postgres?host=" + escaped(folder_->file(""));
        start();
    }
    PostgresqlServer(const PostgresqlServer&) = delete;
    PostgresqlServer& operator=(const PostgresqlServer&) = delete;
    ~PostgresqlServer() { stop(SIGQUIT); }

    // With further options behind it: "&schema=a".
    [[nodiscard]] std::string url(const std::string& options = "") const {
        const bool first = url_.find('?') == std::string::npos && !options.empty();
        return url_ + (first ? "?" + options.substr(1) : options);
    }
    [[nodiscard]] bool is_own() const { return folder_ != nullptr; }

    // ---- a server of the tests' own ----

    void start() {
        std::vector<std::string> command{
            program("postgres"),  "-D", data(), "-k", folder_->file(""), "-c", "listen_addresses=", "-c",
            "max_connections=100"};
        for (const std::string& setting : settings_) {
            command.emplace_back("-c");
            command.push_back(setting);
        }
        pid_ = run(command, false);
        wait_until_ready();
    }
    void stop(int signal) {
        if (pid_ <= 0) return;
        ::kill(pid_, signal);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

    [[nodiscard]] uvsched::PostgresqlOptions options(const std::string& more = "") const {
        uvsched::StoreFields fields(url(more), "test");
        return uvsched::read_postgresql_options(fields);
    }

private:
    [[nodiscard]] std::string data() const { return folder_->file("data"); }

    static std::string program(const std::string& name) {
        for (int version = 20; version >= 13; --version) {
            const std::string path = "/usr/lib/postgresql/" + std::to_string(version) + "/bin/" + name;
            if (std::filesystem::exists(path)) return path;
        }
        throw std::runtime_error("no PostgreSQL server is installed: " + name + " is not in /usr/lib/postgresql");
    }
    static std::string escaped(const std::string& path) {
        std::string out;
        for (const char c : path) out += c == '/' ? std::string("%2F") : std::string(1, c);
        return out;
    }

    // The server refuses to run as root.
    static const passwd* other_user() {
        if (::geteuid() != 0) return nullptr;
        const passwd* const user = ::getpwnam("postgres");
        if (user == nullptr) throw std::runtime_error("PostgreSQL does not run as root, and there is no user postgres");
        return user;
    }
    static void hand_over(const std::string& folder) {
        const passwd* const user = other_user();
        if (user != nullptr && ::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
            throw std::runtime_error("chown " + folder);
        }
    }

    static pid_t run(const std::vector<std::string>& command, bool to_its_end) {
        const passwd* const user = other_user();
        const pid_t parent = ::getpid();
        std::fflush(nullptr);
        const pid_t child = ::fork();
        if (child < 0) throw std::runtime_error("fork");
        if (child == 0) {
            if (user != nullptr && (::setgid(user->pw_gid) != 0 || ::initgroups("postgres", user->pw_gid) != 0 ||
                                    ::setuid(user->pw_uid) != 0)) {
                ::_exit(126);
            }
            ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
            if (::getppid() != parent) ::_exit(125);
            std::vector<char*> words;
            for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
            words.push_back(nullptr);
            if (::freopen("/dev/null", "w", stdout) == nullptr || ::freopen("/dev/null", "w", stderr) == nullptr) {
                ::_exit(124);
            }
            ::execv(words[0], words.data());
            ::_exit(127);
        }
        if (!to_its_end) return child;
        int status = 0;
        ::waitpid(child, &status, 0);
        if (status != 0) throw std::runtime_error(command[0] + " failed");
        return child;
    }

    void wait_until_ready() {
        const uvsched::PostgresqlOptions given = options();
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (true) {
            try {
                uvsched::postgresql::Session session(given);
                session.open(std::chrono::seconds(5));
                return;
            } catch (const uvsched::Error&) {
                if (std::chrono::steady_clock::now() > deadline) throw;
                ::usleep(10'000);
            }
        }
    }

    std::vector<std::string> settings_;
    std::unique_ptr<Folder> folder_;
    std::string url_;
    pid_t pid_ = -1;
};
