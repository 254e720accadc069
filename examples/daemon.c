/* A daemon with a task that runs each second: daemon [folder]. It keeps tasks.db, ticks.log and daemon.pid in the
 * folder, and ends on SIGTERM: kill $(cat daemon.pid).
 *
 * What is data, the configuration and the task, is made before fork(), so that a mistake is told on the terminal; the
 * scheduler, which has threads, is made after it. The first process waits until the daemon runs. Exit status: 0, or 1
 * with a line that says why. */
#define _XOPEN_SOURCE 700
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uvsched.h>

static int tick(const sched_run* run, void* user_data) {
    FILE* const log = fopen(user_data, "a");
    if (log == NULL) return 1;
    fprintf(log, "%lld\n", (long long)sched_run_scheduled_time(run));
    return fclose(log);
}

/* Writes the process number into a file and keeps that locked, so that a folder has one daemon. */
static int take_pid_file(const char* path, int ready) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return dprintf(ready, "%s cannot be written\n", path);
    if (fcntl(file, F_SETLK, &lock) != 0) {
        fcntl(file, F_GETLK, &lock);
        return dprintf(ready, "%s: process %ld is the daemon of this folder\n", path, (long)lock.l_pid);
    }
    return ftruncate(file, 0) != 0 || dprintf(file, "%ld\n", (long)getpid()) < 0;
}

/* The daemon: closes `ready` when it runs, and says there first why it does not. */
static int serve(const sched_config* config, sched_task* task, int ready) {
    sched_scheduler* scheduler = NULL;
    sigset_t ends;
    int number = 0;
    int failed;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL); /* they wait for sigwait(); the scheduler's threads take no signals */

    if (take_pid_file("daemon.pid", ready)) return 1;
    failed = sched_new(&scheduler, config) || sched_register_function(scheduler, "tick", tick, "ticks.log", NULL) ||
             sched_add_task(scheduler, task, UVSCHED_REPLACE_EXISTING) || sched_start(scheduler);
    if (failed) dprintf(ready, "%s\n", sched_last_error());
    close(ready);
    if (!failed) {
        sigwait(&ends, &number);
        failed = sched_shutdown(scheduler, 10000); /* what runs has ten seconds to end */
        unlink("daemon.pid");
    }
    sched_free(scheduler);
    return failed != 0;
}

/* In the first process: hands on what the daemon says; silence is success. */
static int await(int said) {
    char text[4096];
    ssize_t size = 0;
    int failed = 0;
    while ((size = read(said, text, sizeof text)) > 0) {
        fwrite(text, 1, (size_t)size, stderr);
        failed = 1;
    }
    return failed;
}

static int detach(const sched_config* config, sched_task* task) {
    int ends[2];
    int nothing;
    pid_t pid;
    if (pipe(ends) != 0 || (pid = fork()) < 0) {
        perror("daemon");
        return 1;
    }
    if (pid > 0) {
        close(ends[1]);
        return await(ends[0]);
    }
    close(ends[0]);
    setsid();
    umask(077);
    nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    return serve(config, task, ends[1]);
}

int main(int argc, char** argv) {
    sched_config* config = NULL;
    sched_task* task = NULL;
    int failed = 0;
    if (argc > 1 && chdir(argv[1]) != 0) {
        perror(argv[1]);
        return 1;
    }
    failed = sched_config_new(&config) || sched_config_add_store(config, "default", "sqlite:tasks.db") ||
             sched_task_new(&task, "tick") || sched_task_set_id(task, "tick") || sched_task_set_interval(task, 1000000);
    if (failed) fprintf(stderr, "%s\n", sched_last_error());
    if (!failed) failed = detach(config, task);
    sched_task_free(task);
    sched_config_free(config);
    return failed;
}
