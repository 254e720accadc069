/* What examples/cron.c prints, for a night on which the clocks change, for never, and for a fault. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <sys/wait.h>

#include "check.h"

/* The program's whole output; its exit status must be the expected one. */
static void run(const char* arguments, int status, char* output, size_t size) {
    char command[1024];
    FILE* pipe = NULL;
    size_t length = 0;
    int ended = 0;
    TRUE(snprintf(command, sizeof command, "'%s' %s 2>&1", CRON, arguments) < (int)sizeof command);
    pipe = popen(command, "r");
    TRUE(pipe != NULL);
    length = fread(output, 1, size - 1, pipe);
    output[length] = '\0';
    ended = pclose(pipe);
    fputs(output, stdout);
    TRUE(WIFEXITED(ended) && WEXITSTATUS(ended) == status);
}

int main(void) {
    char output[4096];
    run("'30 2 * * *' America/New_York 1710000000", 0, output, sizeof output); /* 2024-03-09T16:00:00Z */
    TRUE(strstr(output,
                "Sun 2024-03-10 03:00:00 -04:00  the clocks skipped its time\n"
                "Mon 2024-03-11 02:30:00 -04:00\n") == output);
    run("'*/30 1 * * *' America/New_York 1730610000", 0, output, sizeof output); /* 2024-11-03T05:00:00Z */
    TRUE(strstr(output,
                "Sun 2024-11-03 01:30:00 -04:00  this local time comes again\n"
                "Sun 2024-11-03 01:00:00 -05:00  this local time comes for the second time\n") == output);
    run("'0 0 30 2 *'", 0, output, sizeof output);
    TRUE(strcmp(output, "never\n") == 0);
    run("'61 * * * *'", 1, output, sizeof output);
    TRUE(strcmp(output, "minute: \"61\" is not in 0-59 (column 1)\n") == 0);
    run("", 2, output, sizeof output);
    return 0;
}
