/*
 * A process with memory in small pages, which measures how long its page faults take. It is told
 * how much memory to have, in GiB, and answers each line of its input, a number of milliseconds,
 * with what it has measured meanwhile.
 *
 *     ready TOUCH                        after the first touch of all memory, in milliseconds
 *     COUNT MEDIAN P99 MAX MEDIAN P99 MAX   of a fault, and of a new mapping, each in nanoseconds
 *
 * A fault takes the lock of one mapping. A new mapping, with a fault in it, needs the lock of all.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define SAMPLES 2000000
#define PAGE 4096

static long faults[SAMPLES], mappings[SAMPLES];

static long now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000L + at.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}

static void report(long *took, long count) {
  qsort(took, count, sizeof *took, ascending);
  printf(" %ld %ld %ld", took[count / 2], took[count - 1 - count / 100], took[count - 1]);
}

int main(int words, char **word) {
  if (words != 2) return 2;
  size_t bytes = (size_t)atol(word[1]) << 30;
  char *memory =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED || madvise(memory, bytes, MADV_NOHUGEPAGE) != 0) return 1;
  long begun = now();
  for (size_t at = 0; at < bytes; at += PAGE) memory[at] = 1;
  printf("ready %f\n", (now() - begun) / 1e6);
  fflush(stdout);
  long ms;
  while (scanf("%ld", &ms) == 1) {
    long until = now() + ms * 1000000, count = 0, last = now();
    unsigned long page = 1;
    while (last < until && count < SAMPLES) {
      page = (page * 6364136223846793005UL + 1442695040888963407UL);
      char *at = memory + (page >> 20) % (bytes / PAGE) * PAGE;
      madvise(at, PAGE, MADV_DONTNEED);
      long start = now();
      *at = 1;
      faults[count] = now() - start;
      start = now();
      char *fresh = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (fresh == MAP_FAILED) return 1;
      *fresh = 1;
      munmap(fresh, PAGE);
      last = now();
      mappings[count++] = last - start;
    }
    printf("%ld", count);
    report(faults, count);
    report(mappings, count);
    printf("\n");
    fflush(stdout);
  }
  return 0;
}
