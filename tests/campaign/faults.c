/* Faults of the operating system, one at a planned place.

   Preloaded into a process, this stands before the calls that make files. A plan names an operation
   (open, write, fsync, rename, link, truncate, or any), how many of them come before the fault, and
   what happens then: an error number, LESS for a write of half of what was asked for, or DEATH for
   SIGKILL after half of it. Only files below the planned folder count. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { LESS = -1, DEATH = -2 };

static char planned_folder[4096], planned_operation[16];
static long before_fault = -1, faults;
static int what, is_lasting;

void plan_fault(const char *folder, const char *operation, long before, int error, int lasting)
{
    snprintf(planned_folder, sizeof planned_folder, "%s", folder);
    snprintf(planned_operation, sizeof planned_operation, "%s", operation);
    what = error;
    is_lasting = lasting;
    faults = 0;
    before_fault = before;
}

long faults_so_far(void) { return faults; }

/* What happens to an operation now; 0 for nothing. */
static int fault(const char *operation)
{
    if (before_fault < 0)
        return 0;
    if (strcmp(planned_operation, "any") && strcmp(planned_operation, operation))
        return 0;
    if (before_fault > 0) {
        before_fault--;
        return 0;
    }
    if (!is_lasting)
        before_fault = -1;
    faults++;
    return what;
}

static int is_path_planned(const char *path)
{
    return path && (path[0] != '/' || !strncmp(path, planned_folder, strlen(planned_folder)));
}

static int is_planned(int descriptor)
{
    char link[64], path[4096];
    if (before_fault < 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return path[0] == '/' && is_path_planned(path);
}

static int fails(int found)
{
    if (found == DEATH)
        kill(getpid(), SIGKILL);
    if (found <= 0)
        return 0;
    errno = found;
    return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *data, size_t size)
{
    int found = is_planned(descriptor) ? fault("write") : 0;
    if (found > 0)
        return fails(found), -1;
    ssize_t written = NEXT(write)(descriptor, data, found && size > 1 ? size / 2 : size);
    fails(found);
    return written;
}

int fsync(int descriptor)
{
    if (is_planned(descriptor) && fails(fault("fsync")))
        return -1;
    return NEXT(fsync)(descriptor);
}

int ftruncate64(int descriptor, off64_t size)
{
    if (is_planned(descriptor) && fails(fault("truncate")))
        return -1;
    return NEXT(ftruncate64)(descriptor, size);
}

int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

int rename(const char *from, const char *to)
{
    if (is_path_planned(to) && fails(fault("rename")))
        return -1;
    return NEXT(rename)(from, to);
}

int renameat(int a, const char *from, int b, const char *to)
{
    if (is_path_planned(to) && fails(fault("rename")))
        return -1;
    return NEXT(renameat)(a, from, b, to);
}

int link(const char *from, const char *to)
{
    if (is_path_planned(to) && fails(fault("link")))
        return -1;
    return NEXT(link)(from, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
    if (is_path_planned(to) && fails(fault("link")))
        return -1;
    return NEXT(linkat)(a, from, b, to, flags);
}

static int opened(const char *name, int folder, const char *path, int flags, mode_t mode)
{
    if ((flags & (O_WRONLY | O_RDWR)) && is_path_planned(path) && fails(fault("open")))
        return -1;
    int (*next)(int, const char *, int, ...) = dlsym(RTLD_NEXT, name);
    return next(folder, path, flags, mode);
}

#define OPEN(next, ...)                          \
    {                                                    \
        va_list rest;                                    \
        va_start(rest, flags);                           \
        mode_t mode = va_arg(rest, int);                 \
        va_end(rest);                                    \
        return opened(next, __VA_ARGS__, flags, mode);   \
    }

int open(const char *path, int flags, ...) OPEN("openat", AT_FDCWD, path)
int open64(const char *path, int flags, ...) OPEN("openat64", AT_FDCWD, path)
int openat(int folder, const char *path, int flags, ...) OPEN("openat", folder, path)
int openat64(int folder, const char *path, int flags, ...) OPEN("openat64", folder, path)
