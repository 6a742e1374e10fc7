import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Inventory } from "@evenkeel/core/placement/inventory/inventory.ts";
import type { Occupancy } from "@evenkeel/core/placement/occupancy/occupancy.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { GiB } from "@evenkeel/core/unit/bytes.ts";
import { at } from "@evenkeel/core/unit/list.ts";
import { firstPoolBytes } from "../first-pool.ts";

/** A request for Nova, where the caller must give the number of cells. */
export interface NovaRequest {
  readonly cells: number;
  readonly vcpus: number;
  readonly gib: number;
  readonly gpus: number;
  readonly nics: number;
}

/** OpenStack Nova in a process of its own, which times itself (`nova_fit.py`). */
export interface NovaPeer {
  /** Adds a host: its sold cores and pages, and those that are held. */
  readonly know: (name: string, inventory: Inventory, occupancy: Occupancy) => Promise<void>;
  /** The median milliseconds of some calls, and whether the request fits. */
  readonly fit: (host: string, request: NovaRequest, calls: number) => Promise<Answer>;
  /** The milliseconds of filtering these hosts once, and how many pass. */
  readonly filter: (hosts: readonly string[], request: NovaRequest) => Promise<Answer>;
  readonly end: () => void;
}

interface Answer {
  readonly ms: number;
  readonly fits: boolean | number;
}

const python = "/usr/bin/python3";

/** Starts Nova's process; null, with a line on how to install it, where it is missing. */
export function novaPeer(): NovaPeer | null {
  if (spawnSync(python, ["-c", "import nova"]).status !== 0) {
    console.error(
      "OpenStack Nova is not installed, so there is no peer in this run: " +
        "apt-get install --no-install-recommends python3-nova",
    );
    return null;
  }
  const child = spawn(python, [join(import.meta.dirname, "nova_fit.py")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ask = asking(child);
  return {
    know: async (name, inventory, occupancy) => {
      await ask({ host: name, nodes: novaNodes(inventory, occupancy) });
    },
    fit: async (host, request, calls) => answerOf(await ask({ fit: host, request, calls })),
    filter: async (hosts, request) => answerOf(await ask({ filter: hosts, request })),
    end: () => void child.stdin.end(),
  };
}

function asking(
  child: ChildProcessByStdio<Writable, Readable, null>,
): (question: object) => Promise<unknown> {
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (question) => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const line = await lines.next();
    if (line.done === true) throw new Error("Nova's process ended");
    return JSON.parse(line.value);
  };
}

function answerOf(answer: unknown): Answer {
  const isAnswer = typeof answer === "object" && answer !== null;
  if (isAnswer && "ms" in answer && "fits" in answer) {
    const { ms, fits } = answer;
    if (typeof ms === "number" && (typeof fits === "boolean" || typeof fits === "number")) {
      return { ms, fits };
    }
  }
  throw new Error(`Nova's process answered ${JSON.stringify(answer)}`);
}

export function novaRequest(request: Request, cells: number): NovaRequest {
  return {
    cells,
    vcpus: request.vcpus,
    gib: request.memoryBytes / GiB,
    gpus: request.accelerators.count,
    nics: request.nics.count,
  };
}

/** The nodes in Nova's terms, with all memory in the machine's first pool, of 1 GiB pages. */
function novaNodes(inventory: Inventory, occupancy: Occupancy): object[] {
  const { cores, memory, devices } = inventory;
  const { coreUsers, deviceHolders, promisedBytes } = occupancy;
  return memory.pools.map((pools, node) => {
    const sold = at(cores.soldOfNode, node);
    const free = at(devices.ofNode, node).filter(({ group }) => at(deviceHolders, group) === 0);
    const isAccelerator = (address: string): boolean =>
      devices.accelerators.some((device) => device.address === address);
    return {
      cores: sold.map(({ cpus }) => cpus),
      takenCores: sold.flatMap(({ position }, i) => (at(coreUsers, position) > 0 ? [i] : [])),
      gib: firstPoolBytes(inventory, node) / GiB,
      takenGib: at(promisedBytes, node * pools.length) / GiB,
      gpus: free.filter(({ address }) => isAccelerator(address)).length,
      nics: free.filter(({ address }) => !isAccelerator(address)).length,
    };
  });
}
