/*
 * Where the pages of a process are, by the kernel's own answer for each page, and a process whose
 * pages are not all where it runs.
 *
 *   pages where PID               prints `node N: COUNT` for the anonymous pages of 4 KiB of a process
 *   pages touch MIB CPU:PERCENT…  touches parts of its memory from CPUs, then sleeps on the last
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, BATCH = 4096, NODES = 64 };

static long counts[NODES];

static void ask(int pid, unsigned long start, unsigned long end) {
  static void *pages[BATCH];
  static int status[BATCH];
  while (start < end) {
    unsigned long n = 0;
    for (; n < BATCH && start < end; n++, start += PAGE) pages[n] = (void *)start;
    if (syscall(SYS_move_pages, pid, n, pages, NULL, status, 0) < 0) {
      perror("move_pages");
      exit(1);
    }
    for (unsigned long i = 0; i < n; i++)
      if (status[i] >= 0 && status[i] < NODES) counts[status[i]]++;
  }
}

static int where(int pid) {
  char path[64], line[4096], name[4096];
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  FILE *maps = fopen(path, "r");
  if (maps == NULL) return perror(path), 1;
  while (fgets(line, sizeof line, maps) != NULL) {
    unsigned long start, end, inode;
    name[0] = 0;
    if (sscanf(line, "%lx-%lx %*s %*s %*s %lu %4000s", &start, &end, &inode, name) < 3) continue;
    if (inode != 0 || strncmp(name, "[v", 2) == 0) continue;
    ask(pid, start, end);
  }
  fclose(maps);
  for (int node = 0; node < NODES; node++)
    if (counts[node] > 0) printf("node %d: %ld\n", node, counts[node]);
  return 0;
}

static int touch(long bytes, char **parts, int n) {
  char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return perror("mmap"), 1;
  long at = 0;
  for (int i = 0; i < n; i++) {
    int cpu, percent;
    cpu_set_t set;
    if (sscanf(parts[i], "%d:%d", &cpu, &percent) != 2) return 2;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) < 0) return perror("sched_setaffinity"), 1;
    long end = at + bytes / 100 * percent;
    for (; at < end && at < bytes; at += PAGE) memory[at] = 1;
  }
  puts("touched");
  fclose(stdout);
  for (;;) pause();
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "where") == 0) return where(atoi(argv[2]));
  if (argc > 3 && strcmp(argv[1], "touch") == 0)
    return touch(atol(argv[2]) << 20, argv + 3, argc - 3);
  return 2;
}
