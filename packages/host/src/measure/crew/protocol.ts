/**
 * What a crew is told and what it answers. A crew is a process with a few threads that measure; its
 * main thread watches them by the kernel's word meanwhile. Messages are plain data.
 */

/** Where a thread is to be, and how much memory it is to have there. */
export interface Post {
  /** The only CPU that it may use; null where the crew's process is bound, or nothing binds it. */
  readonly cpu: number | null;
  readonly memoryNode: number | null;
  readonly pages: WantedPages;
}

/** `reserved`: huge pages that are set apart; `transparent`: those that the kernel makes. */
export type WantedPages = "reserved" | "transparent";

/** What a thread does for a while. */
export type Task =
  | { readonly kind: "chase" }
  | { readonly kind: "read" | "write" | "copy" }
  | { readonly kind: "inject"; readonly turns: number }
  | { readonly kind: "rest" };

export type CrewOrder =
  /** Every thread gives its memory back, goes to its post, and touches its memory there. */
  | { readonly kind: "place"; readonly posts: readonly Post[]; readonly seed: number }
  /** All threads begin at once, and work for that long. `look`: the pages too are looked at. */
  | {
      readonly kind: "work";
      readonly tasks: readonly Task[];
      readonly ms: number;
      readonly look: boolean;
    };

export type CrewAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "placed"; readonly refused: readonly string[] }
  | { readonly kind: "worked"; readonly done: readonly Done[]; readonly seen: Seen }
  | { readonly kind: "failed"; readonly why: string };

/** What a thread did in a while. */
export interface Done {
  /** Hops of a chase, bytes of anything else: for a copy those read and those written. */
  readonly amount: number;
  readonly ns: number;
  /** How much of it the thread was ready to run and another had its CPU; null where nobody told. */
  readonly waitedNs: number | null;
  /** Whether what it read is what must have been there. */
  readonly isRight: boolean;
}

/** What the kernel said of the threads and their memory while they worked. */
export interface Seen {
  /** Of each thread: the CPUs that it may use, and the one that it was on. */
  readonly threads: readonly { readonly allowed: string | null; readonly on: number | null }[];
  /** All threads' memory by node; null where it was not looked at, or the kernel does not tell. */
  readonly memory: readonly { readonly node: number; readonly bytes: number }[] | null;
  /** How much of it is in transparent huge pages; null where nobody told. */
  readonly hugeBytes: number | null;
  /** The size of the kernel's own pages there: the base page, or that of those set apart. */
  readonly kernelPageBytes: number | null;
}

/** What a crew's process is started with, as JSON in its argument. */
export interface CrewSetting {
  /** The memory of each thread, in bytes: multiples of 2 MiB. */
  readonly threads: readonly number[];
  readonly isGentle: boolean;
  /** Whether the kernels run until the compiler has made its best of them. */
  readonly warmsUp: boolean;
}

/** What one of its threads is told by the crew's main thread. */
export type ThreadOrder =
  | { readonly kind: "place"; readonly post: Post; readonly seed: number }
  | { readonly kind: "work"; readonly task: Task; readonly ms: number; readonly crew: number };

export type ThreadAnswer =
  | { readonly kind: "here"; readonly tid: number; readonly address: number | null }
  | { readonly kind: "placed"; readonly refused: readonly string[] }
  | { readonly kind: "worked"; readonly done: Done };

/** What a thread is made with. */
export interface ThreadSetting {
  readonly bytes: number;
  readonly warmsUp: boolean;
  /** Where the threads of a crew wait for each other: one word, how many are there. */
  readonly gate: SharedArrayBuffer;
}
