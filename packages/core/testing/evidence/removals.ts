import type { Evidence } from "../../src/evidence/evidence.ts";

/**
 * The evidence with one piece less, for every piece that one reading gives: a file, a line of a
 * file, a query, or a value of them that could not be told. A list within one reading is a piece
 * with its items: who can list a folder lists all of it.
 */
export function removals(evidence: Evidence): readonly (readonly [what: string, Evidence])[] {
  const whole = (["process", "threads", "memory", "nodes", "cores", "guest"] as const).map(
    (field) => [field, { ...evidence, [field]: null }] as const,
  );
  const lists = (["threads", "memory", "cgroups", "devices", "shapes"] as const).flatMap((field) =>
    (evidence[field] ?? []).flatMap((item, i) => [
      [`${field}[${i}]`, { ...evidence, [field]: evidence[field]?.toSpliced(i, 1) }] as const,
      ...nullable[field].map(
        (name) =>
          [
            `${field}[${i}].${name}`,
            {
              ...evidence,
              [field]: (evidence[field] ?? []).map((one, at) =>
                at === i ? { ...item, [name]: null } : one,
              ),
            },
          ] as const,
      ),
    ]),
  );
  const process = (["threadCount", "vfioFiles", "name"] as const).map(
    (name) =>
      [
        `process.${name}`,
        { ...evidence, process: evidence.process && { ...evidence.process, [name]: null } },
      ] as const,
  );
  const kernel = (["ksmRun", "numaBalancing"] as const).map(
    (name) => [name, { ...evidence, kernel: { ...evidence.kernel, [name]: null } }] as const,
  );
  const guest = (["nodes", "devices", "contract", "nccl"] as const).map(
    (name) =>
      [
        `guest.${name}`,
        { ...evidence, guest: evidence.guest && { ...evidence.guest, [name]: null } },
      ] as const,
  );
  return [...whole, ...lists, ...process, ...kernel, ...guest];
}

const nullable = {
  threads: ["role", "allowedCpus", "allowedNodes", "lastCpu", "cgroup", "name"],
  memory: ["cell", "policy", "pageBytes", "backend"],
  cgroups: ["cpus", "effectiveCpus", "nodes", "effectiveNodes"],
  devices: ["driver", "iommuGroup", "groupMembers", "link", "interrupts", "node"],
  shapes: ["cells", "devices", "contract", "pins"],
} as const;
