/* The example daemon: it detaches, works, says why a second one cannot start, and ends well on SIGTERM. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

/* Runs the example until its first process ends; `said` gets what that wrote. Its exit status. */
static int launch(const char* folder, char* said, size_t capacity) {
    int ends[2];
    int status = 0;
    size_t size = 0;
    ssize_t more = 0;
    pid_t pid;
    TRUE(pipe2(ends, O_CLOEXEC) == 0);
    pid = fork();
    TRUE(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        execl(DAEMON, DAEMON, folder, (char*)NULL);
        _exit(127);
    }
    close(ends[1]);
    while ((more = read(ends[0], said + size, capacity - 1 - size)) > 0) size += (size_t)more;
    said[size] = '\0';
    close(ends[0]);
    TRUE(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static long read_number(const char* path) {
    long number = 0;
    FILE* const file = fopen(path, "r");
    if (file == NULL) return -1;
    if (fscanf(file, "%ld", &number) != 1) number = -1;
    fclose(file);
    return number;
}

int main(void) {
    char folder[] = "/tmp/uvsched-daemon-XXXXXX";
    char command[64];
    char said[1024];
    const struct timespec pause = {0, 10000000};
    long pid;
    int status = 0;
    int round;
    TRUE(mkdtemp(folder) != NULL);
    TRUE(chdir(folder) == 0);
    TRUE(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0); /* the daemon becomes our child when its parent ends */

    for (round = 0; round < 2; round++) {
        TRUE(launch(folder, said, sizeof said) == 0);
        TRUE(said[0] == '\0');
        pid = read_number("daemon.pid");
        TRUE(pid > 0);
        TRUE(getsid((pid_t)pid) == pid);
        TRUE(unlink("ticks.log") == 0 || round == 0);
        while (read_number("ticks.log") <= 0) nanosleep(&pause, NULL);

        TRUE(launch(folder, said, sizeof said) == 1);
        TRUE(strstr(said, "is the daemon of this folder") != NULL);
        while (waitpid(-1, &status, WNOHANG) > 0) {
        } /* the second daemon */
        TRUE(read_number("daemon.pid") == pid);

        TRUE(kill((pid_t)pid, SIGTERM) == 0);
        TRUE(waitpid((pid_t)pid, &status, 0) == pid);
        TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        TRUE(access("daemon.pid", F_OK) != 0);
    }

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : 1;
}
