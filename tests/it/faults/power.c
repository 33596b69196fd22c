/* Writes down how much of each file is on the disk: what a machine has that lost its
   power a moment later. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int synced(const char *name, int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct stat before;
    int known = fstat(file, &before);
    int done = real(file);
    const char *book = getenv("SYNCED");
    if (done != 0 || known != 0 || !book) return done;
    char link[64], path[1024], line[1200];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return done;
    path[length] = 0;
    int written = snprintf(line, sizeof line, "%lld %s\n", (long long)before.st_size, path);
    int out = open(book, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out >= 0) {
        if (write(out, line, (size_t)written) != written) abort();
        close(out);
    }
    return done;
}

int fsync(int file) { return synced("fsync", file); }

int fdatasync(int file) { return synced("fdatasync", file); }
