import type { GuestReport } from "../../evidence/guest-report.ts";
import { advice, restartFromPlan } from "../../remedy/remedy.ts";
import { formatBytes } from "../../unit/bytes.ts";
import { equals } from "../../set/index-set.ts";
import { setOf } from "../../set/list-format.ts";
import {
  found,
  holds,
  type Outcome,
  together,
  unknownCost,
  minorUnverified,
  essentialUnverified,
} from "../verdict/check.ts";
import type { GuestContract } from "../../guest/contract/contract.ts";
import type { Finding, Severity } from "../verdict/verdict.ts";

/**
 * What a guest sees against what it was promised, both in the guest's own numbers. The host judges
 * a report in this way, and `guest check` what it reads inside: the findings are the same.
 *
 * A guest counts less memory in a node than it was given, since its kernel, firmware and page
 * tables take some first; so a tenth and half a gibibyte may be missing.
 *
 * No remedy has a command here: one for the guest could be run on the host by mistake.
 */
export function guestView(promise: GuestContract, report: GuestReport): Outcome {
  return together([
    nodesSeen(promise, report),
    ...promise.devices.map((device) => deviceSeen(device, report)),
    ...promise.devices.map((device) => linkSeen(device, report)),
    hugepagesSeen(promise, report),
    ncclSeen(promise, report),
  ]);
}

const why = ({ unreadable }: GuestReport, what: string): string =>
  unreadable.find((one) => one.what === what)?.why ?? "the guest did not report it";

function guestFinding(
  severity: Severity,
  report: GuestReport,
  finding: Pick<Finding, "code" | "subject" | "promised" | "found" | "remedy">,
): Outcome {
  return found({
    ...finding,
    severity,
    layer: "guest",
    evidence: [report.where],
    cost: unknownCost,
  });
}

function nodesSeen({ cells }: GuestContract, report: GuestReport): Outcome {
  const { nodes } = report;
  if (nodes === null) return essentialUnverified("nodes in the guest", why(report, "nodes"));
  if (nodes.length < 2 && cells.length > 1) {
    return guestFinding("error", report, {
      code: "vnuma-missing",
      subject: "nodes in the guest",
      promised: `${cells.length} nodes`,
      found: `${nodes.length === 1 ? "one" : "none"}: all memory is taken to be equally near`,
      remedy: advice(
        "restart",
        "Remove numa=off from the guest's kernel command line; if it is not there, stop the VM and start it again from its plan.",
      ),
    });
  }
  const outcomes = cells.flatMap((cell) => nodeSeen(cell, report, nodes, cells.length));
  const strangers = nodes.filter(({ id }) => !cells.some((cell) => cell.id === id));
  if (strangers.length > 0) {
    outcomes.push(
      guestFinding("error", report, {
        code: "vnuma-cells",
        subject: "nodes in the guest",
        promised: `${cells.length} nodes`,
        found: `nodes ${strangers.map(({ id }) => id).join(", ")} as well`,
        remedy: restartFromPlan,
      }),
    );
  }
  return outcomes.length > 0
    ? together(outcomes)
    : holds("nodes in the guest", `${nodes.length}, as promised`);
}

function nodeSeen(
  cell: GuestContract["cells"][number],
  report: GuestReport,
  nodes: NonNullable<GuestReport["nodes"]>,
  count: number,
): Outcome[] {
  const subject = `guest node ${cell.id}`;
  const own = nodes.find(({ id }) => id === cell.id);
  const cellFinding = (promised: string, had: string): Outcome =>
    guestFinding("error", report, {
      code: "vnuma-cells",
      subject,
      promised,
      found: had,
      remedy: restartFromPlan,
    });
  if (own === undefined) return [cellFinding(subject, "the guest has no such node")];
  const outcomes: Outcome[] = [];
  if (!equals(setOf(own.cpus), setOf(cell.vcpus))) {
    outcomes.push(
      cellFinding(`vCPUs ${cell.vcpus}`, `vCPUs ${own.cpus === "" ? "none" : own.cpus}`),
    );
  }
  if (own.memoryBytes === null)
    outcomes.push(minorUnverified(`memory of ${subject}`, why(report, "memory")));
  else if (!isNearly(own.memoryBytes, cell.memoryBytes)) {
    outcomes.push(cellFinding(`${cell.memoryBytes} bytes`, `${own.memoryBytes} bytes`));
  }
  if (cell.distances === null || count < 2) return outcomes;
  if (own.distances === null)
    outcomes.push(essentialUnverified(`distances of ${subject}`, why(report, "distances")));
  else if (own.distances.join(" ") !== cell.distances.join(" ")) {
    outcomes.push(
      guestFinding("error", report, {
        code: "vnuma-distances",
        subject,
        promised: cell.distances.join(" "),
        found: own.distances.join(" "),
        remedy: restartFromPlan,
      }),
    );
  }
  return outcomes;
}

function isNearly(seen: number, promised: number): boolean {
  const slack = promised * 0.1 + 512 * 1024 * 1024;
  return seen <= promised && seen >= promised - slack;
}

function deviceSeen(device: GuestContract["devices"][number], report: GuestReport): Outcome {
  const { address, hostAddress, cell } = device;
  const what = `node of ${address} in the guest`;
  if (report.devices === null) return essentialUnverified(what, why(report, "devices"));
  const own = report.devices.find((one) => one.address === address);
  if (own === undefined) {
    return guestFinding("error", report, {
      code: "device-missing",
      subject: address,
      promised: `the host's ${hostAddress}`,
      found: "the guest has no such function",
      remedy: advice(
        "live",
        "Rescan the guest's PCI bus (write 1 to /sys/bus/pci/rescan there); lspci shows whether it is at another address.",
      ),
    });
  }
  // The host does not know the node, so no node was promised.
  if (cell === null) return together([]);
  if (own.node === cell) return holds(what, `${cell}`);
  return guestFinding("error", report, {
    code: "device-node",
    subject: address,
    promised: `guest node ${cell}`,
    found: own.node === null ? "no node (-1)" : `guest node ${own.node}`,
    remedy: restartFromPlan,
  });
}

/** Only the width counts: emulated ports report a speed that nothing runs at. */
function linkSeen(
  { address, link: promised }: GuestContract["devices"][number],
  report: GuestReport,
): Outcome {
  const own = report.devices?.find((one) => one.address === address)?.link ?? null;
  const wanted = promised?.maxWidth ?? null;
  const had = own?.width ?? null;
  if (wanted === null || had === null || had >= wanted) return together([]);
  return guestFinding("warning", report, {
    code: "link-slow",
    subject: address,
    promised: `x${wanted}`,
    found: `x${had}`,
    remedy: advice(
      "live",
      "Compare with the host's view of the link: an emulated port may report less than it has.",
    ),
  });
}

/**
 * The guest's own huge pages, of which nothing is promised. A page larger than the host's pages
 * behind it saves fewer TLB misses than it seems to, and on a node without any, programs use
 * another node's.
 */
function hugepagesSeen({ cells }: GuestContract, report: GuestReport): Outcome {
  const pools = report.hugepages.filter(({ total }) => total > 0);
  if (pools.length === 0) return together([]);
  const what = "huge pages in the guest";
  const outcomes: Outcome[] = [];
  const tell = (subject: string, promised: string, had: string, text: string): void => {
    const remedy = advice("live", text);
    const finding = { code: "guest-hugepages", subject, promised, found: had, remedy } as const;
    outcomes.push(guestFinding("info", report, finding));
  };
  for (const { node, sizeBytes, total } of pools) {
    const cell = cells.find(({ id }) => id === node);
    if (cell === undefined || sizeBytes <= cell.pageBytes) continue;
    const [own, backing] = [sizeBytes, cell.pageBytes].map(formatBytes);
    tell(
      `guest node ${node}`,
      `${backing} pages on the host`,
      `${total} pages of ${own} in the guest`,
      `Set pages of ${backing} apart in the guest, or place the VM with huge pages of ${own}.`,
    );
  }
  const having = new Set(pools.map(({ node }) => node));
  const lacking = cells.filter(({ id }) => !having.has(id)).map(({ id }) => id);
  if (lacking.length > 0) {
    tell(
      `guest node${lacking.length === 1 ? "" : "s"} ${lacking.join(", ")}`,
      `huge pages as on node ${[...having].join(", ")}`,
      "none",
      "Set them apart node by node: nr_hugepages below /sys/devices/system/node/nodeN/hugepages in the guest.",
    );
  }
  if (outcomes.length > 0) return together(outcomes);
  return holds(
    what,
    pools.map((one) => `${one.total} of ${formatBytes(one.sizeBytes)}`).join(", "),
  );
}

function ncclSeen({ nccl: promised }: GuestContract, { nccl, where }: GuestReport): Outcome {
  if (promised === null) return together([]);
  const inForce = nccl === null || nccl.inForce === false ? null : nccl;
  if (inForce !== null && inForce.sha256 === promised.sha256)
    return holds("NCCL's topology file", inForce.file);
  return found({
    code: "nccl-file",
    severity: "info",
    layer: "guest",
    subject: "NCCL's topology file",
    promised: `${promised.file} (sha256 ${promised.sha256})`,
    found:
      inForce === null
        ? "none is in force: NCCL goes by the guest's PCI tree"
        : `${inForce.file} by ${inForce.from}, sha256 ${inForce.sha256 ?? "unknown"}`,
    evidence: [where],
    cost: unknownCost,
    remedy: advice("live", `Set NCCL_TOPO_FILE=${promised.file} where NCCL runs.`),
  });
}
