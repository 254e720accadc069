/* The example job: it works, Ctrl-C ends it at once, and after that, and after kill -9, it goes on where it was. */
#define _POSIX_C_SOURCE 200809L
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

/* A second, with room for a busy machine. */
#define QUICK 5.0

struct job {
    pid_t pid;
    FILE* output;
};

static struct job start(void) {
    struct job job;
    int ends[2];
    TRUE(pipe(ends) == 0);
    job.pid = fork();
    TRUE(job.pid >= 0);
    if (job.pid == 0) {
        TRUE(dup2(ends[1], STDOUT_FILENO) >= 0);
        close(ends[0]);
        close(ends[1]);
        execl(JOB, JOB, "60", "job.db", (char*)NULL);
        _exit(127);
    }
    close(ends[1]);
    job.output = fdopen(ends[0], "r");
    TRUE(job.output != NULL);
    return job;
}

/* Reads until it has said this so many times. */
static void await(struct job job, const char* what, int times) {
    char line[512];
    while (times > 0) {
        TRUE(fgets(line, sizeof line, job.output) != NULL);
        if (strstr(line, what) != NULL) times--;
    }
}

static double now(void) {
    struct timespec time;
    TRUE(clock_gettime(CLOCK_MONOTONIC, &time) == 0);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int end(struct job job, int signal) {
    const double begin = now();
    int status = 0;
    TRUE(kill(job.pid, signal) == 0);
    TRUE(waitpid(job.pid, &status, 0) == job.pid);
    TRUE(now() - begin < QUICK);
    fclose(job.output);
    return status;
}

int main(void) {
    char folder[] = "/tmp/uvsched-job-XXXXXX";
    char command[64];
    struct job job;
    int status;
    TRUE(mkdtemp(folder) != NULL);
    TRUE(chdir(folder) == 0);

    job = start();
    await(job, "sample", 2);
    await(job, "greeting Hello", 1);
    status = end(job, SIGINT);
    TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    job = start();
    await(job, "sample", 1);
    status = end(job, SIGKILL);
    TRUE(WIFSIGNALED(status));

    /* The roll-up comes ten seconds after the very first start, and finds the samples of all three. */
    job = start();
    await(job, "roll-up", 1);
    status = end(job, SIGTERM);
    TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") == 0 && system(command) == 0 ? 0 : 1;
}
