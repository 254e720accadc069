// ServerProcess: the program of a server that a test or a benchmark starts, and that ends with it.
#pragma once

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

class ServerProcess {
public:
    // As whom it runs if the caller is root; an empty name is the caller, whoever it is. The signal that ends it.
    explicit ServerProcess(std::string instead_of_root, int end)
        : instead_of_root_(std::move(instead_of_root)), end_(end) {}
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;
    ~ServerProcess() { stop(end_); }

    void start(const std::vector<std::string>& command) { pid_ = run(command); }
    void stop(int signal) {
        if (pid_ <= 0) return;
        ::kill(pid_, signal);
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
    }
    [[nodiscard]] pid_t pid() const { return pid_; }

    // Runs a program to its end, and returns whether it went well.
    [[nodiscard]] bool succeeds(const std::vector<std::string>& command) const {
        int status = 0;
        ::waitpid(run(command), &status, 0);
        return status == 0;
    }

    // A folder becomes that user's.
    void hand_over(const std::string& folder) const {
        const passwd* const user = other_user();
        if (user != nullptr && ::chown(folder.c_str(), user->pw_uid, user->pw_gid) != 0) {
            throw std::runtime_error("chown " + folder);
        }
    }

private:
    [[nodiscard]] const passwd* other_user() const {
        if (instead_of_root_.empty() || ::geteuid() != 0) return nullptr;
        const passwd* const user = ::getpwnam(instead_of_root_.c_str());
        if (user == nullptr) throw std::runtime_error("the server does not run as root: no user " + instead_of_root_);
        return user;
    }

    [[nodiscard]] pid_t run(const std::vector<std::string>& command) const {
        const passwd* const user = other_user();
        const pid_t parent = ::getpid();
        std::fflush(nullptr);
        const pid_t child = ::fork();
        if (child < 0) throw std::runtime_error("fork");
        if (child != 0) return child;
        if (user != nullptr && (::setgid(user->pw_gid) != 0 || ::initgroups(user->pw_name, user->pw_gid) != 0 ||
                                ::setuid(user->pw_uid) != 0)) {
            ::_exit(126);
        }
        ::prctl(PR_SET_PDEATHSIG, end_);
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

    const std::string instead_of_root_;
    const int end_;
    pid_t pid_ = -1;
};
