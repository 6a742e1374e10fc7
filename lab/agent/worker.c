/*
 * A program as frameworks are: threads that it starts before and after it allocates, a thread that
 * leaves its CPUs, a child with a thread. Each touches memory of its own and prints what the kernel
 * says of it:
 *
 *   told TEXT
 *   ROLE cpus=LIST task=POLICY maps=POLICY pages=NODE:COUNT… asked=NODE:COUNT…
 *
 * told: what EVENKEEL_BINDING says to it;
 * cpus: its allowed CPUs, from status; task: its policy, by get_mempolicy(2); maps and pages: the
 * policy and nodes of its memory, from numa_maps; asked: the same nodes, by move_pages(2), or `no`.
 *
 *   worker MIB [stay]   each touches MIB; `stay`: then it waits for a signal
 *   worker refuse ACTION CALL[,CALL…] PROGRAM…
 *                       becomes a program with a seccomp filter; CALL is one of the names below
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, NODES = 64, PAGES_MAX = 16384 };

static long bytes;
static pthread_barrier_t allocated;

static void nodes_text(char *text, const long *counts) {
  text[0] = 0;
  for (int node = 0; node < NODES; node++)
    if (counts[node] > 0)
      sprintf(text + strlen(text), "%s%d:%ld", text[0] ? "," : "", node, counts[node]);
}

static void allowed_cpus(char *text) {
  char line[256];
  FILE *status = fopen("/proc/thread-self/status", "r");
  while (status != NULL && fgets(line, sizeof line, status) != NULL)
    if (sscanf(line, "Cpus_allowed_list: %63s", text) == 1) break;
  if (status != NULL) fclose(status);
}

static void own_policy(char *text) {
  static const char *names[] = {"default", "prefer", "bind", "interleave", "local", "prefer-many"};
  unsigned long nodes[16] = {0};
  char list[256] = "";
  int mode;
  if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof nodes * 8, NULL, 0) < 0) {
    sprintf(text, "unknown");
    return;
  }
  for (int node = 0; node < NODES; node++) {
    int last = node;
    if (!(nodes[0] >> node & 1)) continue;
    while (last + 1 < NODES && nodes[0] >> (last + 1) & 1) last++;
    sprintf(list + strlen(list), last > node ? "%s%d-%d" : "%s%d", list[0] ? "," : "", node, last);
    node = last;
  }
  sprintf(text, "%s%s%s", names[mode & 7], list[0] ? ":" : "", list);
}

static void mapped(char *start, char *policy, char *pages) {
  char line[4096];
  long counts[NODES] = {0};
  FILE *maps = fopen("/proc/self/numa_maps", "r");
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    unsigned long at;
    if (sscanf(line, "%lx %63s", &at, policy) != 2 || at != (unsigned long)start) continue;
    /* The kernel writes `prefer (many):0,2`. */
    char many[48];
    if (sscanf(line, "%*x prefer (many)%40s", many) == 1) sprintf(policy, "prefer-many%s", many);
    for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " ")) {
      int node;
      long count;
      if (sscanf(word, "N%d=%ld", &node, &count) == 2 && node < NODES) counts[node] = count;
    }
    break;
  }
  if (maps != NULL) fclose(maps);
  nodes_text(pages, counts);
}

static void asked(char *start, char *text) {
  long counts[NODES] = {0}, n = bytes / PAGE;
  void **pages = calloc(n, sizeof *pages);
  int *status = calloc(n, sizeof *status);
  for (long i = 0; i < n; i++) pages[i] = start + i * PAGE;
  if (syscall(SYS_move_pages, 0, n, pages, NULL, status, 0) < 0) {
    sprintf(text, "no");
  } else {
    for (long i = 0; i < n; i++)
      if (status[i] >= 0 && status[i] < NODES) counts[status[i]]++;
    nodes_text(text, counts);
  }
  free(pages);
  free(status);
}

/* Memory of its own mapping: the pages around it may not be used, so that it merges with none. */
static void work(const char *role) {
  char cpus[64] = "", task[300], maps[64] = "", pages[1024], answer[1024], line[3000];
  char *all = mmap(NULL, bytes + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED || mprotect(all + PAGE, bytes, PROT_READ | PROT_WRITE) < 0) {
    perror("mmap");
    exit(1);
  }
  char *own = all + PAGE;
  madvise(own, bytes, MADV_NOHUGEPAGE);
  for (long at = 0; at < bytes; at += PAGE) own[at] = 1;
  allowed_cpus(cpus);
  own_policy(task);
  mapped(own, maps, pages);
  asked(own, answer);
  int length = sprintf(line, "%s cpus=%s task=%s maps=%s pages=%s asked=%s\n", role, cpus, task,
                       maps, pages, answer);
  if (write(1, line, length) != length) exit(1);
}

static void *early(void *none) {
  pthread_barrier_wait(&allocated);
  work("early");
  return none;
}

static void *late(void *role) {
  work(role);
  return NULL;
}

/* A thread that goes to all CPUs but those that it was given, as a library may that knows better. */
static void *leaving(void *none) {
  cpu_set_t given, others;
  CPU_ZERO(&others);
  if (sched_getaffinity(0, sizeof given, &given) < 0) return none;
  for (long cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF); cpu++)
    if (!CPU_ISSET(cpu, &given)) CPU_SET(cpu, &others);
  if (CPU_COUNT(&others) > 0 && sched_setaffinity(0, sizeof others, &others) == 0) work("leaving");
  return none;
}

static void started(void *(*start)(void *), const char *role) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, start, (void *)role) != 0) exit(1);
  pthread_join(thread, NULL);
}

static int run(int stays) {
  pthread_t before;
  const char *told = getenv("EVENKEEL_BINDING");
  if (dprintf(1, "told %s\n", told == NULL ? "null" : told) < 0) return 1;
  pthread_barrier_init(&allocated, NULL, 2);
  if (pthread_create(&before, NULL, early, NULL) != 0) return 1;
  work("main");
  pthread_barrier_wait(&allocated);
  pthread_join(before, NULL);
  started(late, "late");
  pid_t child = fork();
  if (child == 0) {
    work("child");
    started(late, "child-thread");
    _exit(0);
  }
  waitpid(child, NULL, 0);
  started(leaving, NULL);
  if (write(1, "done\n", 5) != 5) return 1;
  while (stays) pause();
  return 0;
}

struct call {
  const char *name;
  int number;
  /* The first argument; -1 for any. */
  int first;
};

static const struct call calls[] = {
    {"sched_setaffinity", SYS_sched_setaffinity, -1},
    {"set_mempolicy", SYS_set_mempolicy, -1},
    {"set_mempolicy-bind", SYS_set_mempolicy, 2},
    {"mbind", SYS_mbind, -1},
    {"move_pages", SYS_move_pages, -1},
    {"get_mempolicy", SYS_get_mempolicy, -1},
};

static int refuse(const char *action, char *names, char **program) {
  struct sock_filter code[64];
  int n = 0;
  unsigned answer = strcmp(action, "kill") == 0 ? SECCOMP_RET_KILL_PROCESS
                                                : SECCOMP_RET_ERRNO | EPERM;
  for (char *name = strtok(names, ","); name != NULL; name = strtok(NULL, ",")) {
    const struct call *call = NULL;
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
      if (strcmp(calls[i].name, name) == 0) call = &calls[i];
    if (call == NULL || n > 50) return fprintf(stderr, "no call %s\n", name), 2;
    int any = call->first < 0;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                             offsetof(struct seccomp_data, nr));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->number, 0,
                                             any ? 1 : 3);
    if (!any) {
      code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                               offsetof(struct seccomp_data, args[0]));
      code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->first, 0, 1);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer);
  }
  code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog filter = {.len = n, .filter = code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
    return perror("seccomp"), 1;
  execvp(program[0], program);
  return perror(program[0]), 1;
}

int main(int argc, char **argv) {
  if (argc > 4 && strcmp(argv[1], "refuse") == 0) return refuse(argv[2], argv[3], argv + 4);
  if (argc < 2 || (bytes = atol(argv[1]) << 20) <= 0 || bytes / PAGE > PAGES_MAX) return 2;
  return run(argc == 3 && strcmp(argv[2], "stay") == 0);
}
