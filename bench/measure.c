/* The reference of `npm run bench -- measure`: the same chase and the same reads, writes and copies
 * of 16 bytes as evenkeel's kernels, over as much memory in as large pages and in the same order.
 *
 *   measure CPU BYTES SEED
 *
 * reads lines from standard input: chase, read, write or copy, and for how many milliseconds; answers
 * each with a line: hops or bytes, nanoseconds, nanoseconds that others had the CPU. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

typedef uint64_t words __attribute__((vector_size(16)));

enum { line_bytes = 64, hops_a_step = 1024, bytes_a_step = 1 << 20 };

static char *buffer;
static uint32_t bytes, lines, seed;

static uint32_t mixed(uint32_t index)
{
    uint32_t bits = lines < 2 ? 1 : 32 - __builtin_clz(lines - 1), shift = (bits + 1) >> 1;
    uint32_t mask = bits == 32 ? 0xffffffff : ((uint32_t)1 << bits) - 1;
    do {
        index = (index + seed) & mask;
        index = (index * 0x9e3779b1u) & mask;
        index ^= index >> shift;
        index = (index * 0x85ebca6bu) & mask;
        index ^= index >> shift;
        index = (index * 0xc2b2ae35u) & mask;
        index ^= index >> shift;
    } while (index >= lines);
    return index;
}

/* Addresses are offsets from the buffer, as in a WebAssembly memory. */
static void write_chain(void)
{
    uint32_t first = mixed(0) * line_bytes, place = first;
    for (uint32_t i = 1; i < lines; i++) {
        uint32_t next = mixed(i) * line_bytes;
        *(uint32_t *)(buffer + place) = next;
        place = next;
    }
    *(uint32_t *)(buffer + place) = first;
}

__attribute__((noinline)) static uint32_t chase(uint32_t from, uint32_t hops)
{
    for (; hops > 0; hops -= 16)
        for (int i = 0; i < 16; i++)
            from = *(uint32_t *)(buffer + from);
    return from;
}

__attribute__((noinline)) static uint64_t read_words(const char *from, uint32_t length)
{
    words a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
    for (const char *end = from + length; from < end; from += line_bytes) {
        const words *line = (const words *)from;
        a += line[0];
        b += line[1];
        c += line[2];
        d += line[3];
    }
    a += b + c + d;
    return a[0] + a[1];
}

__attribute__((noinline)) static void write_words(char *to, uint32_t length, uint64_t word)
{
    words both = { word, word };
    for (char *end = to + length; to < end; to += line_bytes) {
        words *line = (words *)to;
        line[0] = line[1] = line[2] = line[3] = both;
    }
}

__attribute__((noinline)) static void copy_words(char *to, const char *from, uint32_t length)
{
    for (char *end = to + length; to < end; to += line_bytes, from += line_bytes) {
        words *line = (words *)to;
        const words *other = (const words *)from;
        line[0] = other[0];
        line[1] = other[1];
        line[2] = other[2];
        line[3] = other[3];
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static double waited(void)
{
    double ran = 0, ready = 0;
    FILE *file = fopen("/proc/thread-self/schedstat", "r");
    if (file == NULL || fscanf(file, "%lf %lf", &ran, &ready) != 2)
        ready = 0;
    if (file != NULL)
        fclose(file);
    return ready;
}

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(atoi(arguments[1]), &cpus);
    if (sched_setaffinity(0, sizeof cpus, &cpus) != 0)
        return 3;
    bytes = strtoul(arguments[2], NULL, 10);
    seed = strtoul(arguments[3], NULL, 10);
    lines = bytes / line_bytes;
    buffer = aligned_alloc(2 << 20, bytes);
    if (buffer == NULL || madvise(buffer, bytes, MADV_HUGEPAGE) != 0)
        return 4;
    write_words(buffer, bytes, 1);
    int has_chain = 0;
    uint32_t at = 0, next = 0, half = bytes / 2;
    uint64_t word = 1, sum = 0;
    char task[16];
    double ms;
    while (scanf("%15s %lf", task, &ms) == 2) {
        int chases = strcmp(task, "chase") == 0, copies = strcmp(task, "copy") == 0;
        int writes = strcmp(task, "write") == 0;
        if (chases && !has_chain) {
            write_chain();
            at = mixed(0) * line_bytes;
        }
        if (!chases && has_chain)
            write_words(buffer, bytes, word);
        has_chain = chases;
        double amount = 0, before = waited(), began = now(), until = began + ms * 1e6, time, ready;
        for (;;) {
            do {
                if (next + bytes_a_step > (copies ? half : bytes))
                    next = 0;
                if (chases)
                    at = chase(at, hops_a_step);
                else if (copies)
                    copy_words(buffer + half + next, buffer + next, bytes_a_step);
                else if (writes)
                    write_words(buffer + next, bytes_a_step, ++word);
                else
                    sum += read_words(buffer + next, bytes_a_step);
                next += bytes_a_step;
                amount += chases ? hops_a_step : copies ? 2 * bytes_a_step : bytes_a_step;
                time = now();
            } while (time < until);
            ready = waited() - before;
            double ran = time - began - ready;
            if (ran >= ms * 1e6 / 2 || time - began >= ms * 8e6)
                break;
            until = time + ms * 1e6 - ran;
        }
        printf("%.0f %.0f %.0f\n", amount, time - began, ready);
        fflush(stdout);
    }
    /* What was read is used. */
    return sum == 1 && at == 1 ? 5 : 0;
}
