/* SPDX-License-Identifier: ISC */
#include "bench/environment.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* What follows the colon of the first line that begins with the name. */
static void read_cpuinfo(const char *name, char *text, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];

    snprintf(text, size, "unknown");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');

        if (colon && strncmp(line, name, strlen(name)) == 0) {
            snprintf(text, size, "%.*s", (int)strcspn(colon + 1, "\n") - 1, colon + 2);
            break;
        }
    }
    fclose(file);
}

static void read_governor(char *text, size_t size)
{
    FILE *file = fopen("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "re");

    text[0] = '\0';
    if (!file)
        return;
    if (fgets(text, (int)size, file))
        text[strcspn(text, "\n")] = '\0';
    fclose(file);
}

void environment_read(struct environment *environment)
{
    struct utsname names;

    snprintf(environment->kernel, sizeof environment->kernel, "unknown");
    if (uname(&names) == 0)
        snprintf(environment->kernel, sizeof environment->kernel, "%s %s %s", names.sysname,
                 names.release, names.machine);
    read_cpuinfo("model name", environment->cpu, sizeof environment->cpu);
    environment->cpus = sysconf(_SC_NPROCESSORS_ONLN);
    read_governor(environment->governor, sizeof environment->governor);
}
