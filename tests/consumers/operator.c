/* What examples/operator.c shows of a store, and changes in it; examples/job.c has made it. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* The program's whole output; its exit status must be the expected one. */
static void run(const char* program, const char* arguments, int status, char* output, size_t size) {
    char command[1024];
    FILE* pipe = NULL;
    size_t length = 0;
    int ended = 0;
    TRUE(snprintf(command, sizeof command, "'%s' %s 2>&1", program, arguments) < (int)sizeof command);
    pipe = popen(command, "r");
    TRUE(pipe != NULL);
    length = fread(output, 1, size - 1, pipe);
    output[length] = '\0';
    ended = pclose(pipe);
    fputs(output, stdout);
    TRUE(WIFEXITED(ended) && WEXITSTATUS(ended) == status);
}

int main(void) {
    char folder[] = "/tmp/uvsched-operator-XXXXXX";
    static char output[65536];
    TRUE(mkdtemp(folder) != NULL);
    TRUE(chdir(folder) == 0);
    run(OPERATOR, "sqlite:job.db", 2, output, sizeof output);
    TRUE(strstr(output, "there is no such file") != NULL);
    TRUE(access("job.db", F_OK) != 0);
    run(JOB, "3 job.db", 0, output, sizeof output);
    run(OPERATOR, "sqlite:job.db", 0, output, sizeof output);
    TRUE(strstr(output, "sample calls sample\n") != NULL);
    TRUE(strstr(output, " sample done ") != NULL);
    TRUE(strstr(output, "\"problems\":[]") != NULL);
    run(OPERATOR, "sqlite:job.db pause sample", 0, output, sizeof output);
    run(OPERATOR, "sqlite:job.db", 0, output, sizeof output);
    TRUE(strstr(output, "\"paused\":1") != NULL);
    run(OPERATOR, "sqlite:job.db run sample", 0, output, sizeof output);
    run(OPERATOR, "sqlite:job.db resume sample", 0, output, sizeof output);
    run(OPERATOR, "sqlite:job.db delete sample", 0, output, sizeof output);
    run(OPERATOR, "sqlite:job.db delete sample", 2, output, sizeof output);
    run("rm", "-r job.db job.db-lock", 0, output, sizeof output);
    TRUE(rmdir(folder) == 0);
    return 0;
}
