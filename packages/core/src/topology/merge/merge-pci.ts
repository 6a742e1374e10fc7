import type { Interrupts, PciDevice, PcieLink } from "../topology.ts";
import { type Claim, claimsOf, grouped, type Part, type Report, settle } from "./finding.ts";
import type { Joined } from "./join-devices.ts";
import { mergePositions } from "./merge-positions.ts";

/**
 * Merges the PCI functions by their keys, which stand in place of addresses here. Positions are
 * worked out for all functions together in `merge-positions`; the other fields for each by itself.
 */
export function mergePci(parts: readonly Part[], joined: Joined, report: Report): PciDevice[] {
  const groups = grouped(
    parts,
    ({ topology }) => topology.pci,
    ({ address }, position) => joined.keyOf(position, address),
  );
  const positions = mergePositions(parts, joined, report);
  return [...groups].flatMap(([key, entries]) => {
    const at = positions.get(key);
    return at === undefined ? [] : mergeFunction(key, entries, at, report);
  });
}

type At = Pick<PciDevice, "parent" | "root">;

function mergeFunction(
  key: string,
  entries: readonly (readonly [Part, PciDevice])[],
  at: At,
  report: Report,
): PciDevice {
  const claims = claimsOf(entries);
  const field = (path: string, what: string) =>
    ({ code: "device-differs", subject: key, path: `pci[${key}].${path}`, what }) as const;
  const text = (name: "vendor" | "device" | "driver", what: string): string | null =>
    settle({ ...field(name, what), claims: claims((device) => device[name]) }, report);
  const number = (name: "node" | "iommuGroup", what: string): number | null =>
    settle({ ...field(name, what), claims: claims((device) => device[name]) }, report);
  const flag = (name: "acsRedirect" | "atsEnabled", what: string): boolean | null =>
    settle({ ...field(name, what), claims: claims((device) => device[name]) }, report);
  return {
    address: key,
    ...at,
    class:
      settle(
        {
          ...field("class", "class"),
          claims: claims((device) => device.class),
          same: (a, b) => a.startsWith(b) || b.startsWith(a),
          better: (kept, other) => (other.length > kept.length ? other : kept),
        },
        report,
      ) ?? "",
    vendor: text("vendor", "vendor"),
    device: text("device", "device id"),
    node: number("node", "node"),
    iommuGroup: number("iommuGroup", "IOMMU group"),
    driver: text("driver", "driver"),
    link: mergeLink(
      key,
      claims((device) => device.link),
      report,
    ),
    barBytes: settle(
      {
        ...field("barBytes", "BARs"),
        claims: claims((device) => device.barBytes),
        same: (a, b) => a.length === b.length && a.every((size, i) => size === b[i]),
        show: (sizes) => (sizes.length === 0 ? "none" : sizes.join(",")),
      },
      report,
    ),
    physicalFunction: settle(
      {
        ...field("physicalFunction", "physical function"),
        claims: claims((device) => device.physicalFunction),
      },
      report,
    ),
    acsRedirect: flag("acsRedirect", "redirection of peers by ACS"),
    atsEnabled: flag("atsEnabled", "use of ATS"),
    interrupts: mergeInterrupts(
      key,
      claims((device) => device.interrupts),
      report,
    ),
    hostUse: settle(
      { ...field("hostUse", "use by the host"), claims: claims((device) => device.hostUse) },
      report,
    ),
  };
}

/** Both fields come from one source: readings at different times would not fit together. */
function mergeInterrupts(
  key: string,
  interrupts: readonly Claim<Interrupts>[],
  report: Report,
): Interrupts | null {
  return settle(
    {
      code: "device-differs",
      subject: key,
      path: `pci[${key}].interrupts`,
      what: "interrupts on CPUs",
      claims: interrupts,
      same: (a, b) =>
        a.allowedCpus === b.allowedCpus &&
        (a.effectiveCpus === b.effectiveCpus ||
          a.effectiveCpus === null ||
          b.effectiveCpus === null),
      better: (kept, other) => (kept.effectiveCpus === null ? other : kept),
      show: ({ allowedCpus, effectiveCpus }) => effectiveCpus ?? allowedCpus,
    },
    report,
  );
}

function mergeLink(
  key: string,
  links: readonly Claim<PcieLink>[],
  report: Report,
): PcieLink | null {
  if (links.every(({ value }) => value === null)) return null;
  const part = (name: keyof PcieLink, what: string): number | null =>
    settle(
      {
        code: "device-differs",
        subject: key,
        path: `pci[${key}].link.${name}`,
        what,
        claims: links.map(({ label, value }) => ({ label, value: value?.[name] ?? null })),
      },
      report,
    );
  return {
    speedGTs: part("speedGTs", "link speed in GT/s"),
    width: part("width", "link width"),
    maxSpeedGTs: part("maxSpeedGTs", "highest link speed in GT/s"),
    maxWidth: part("maxWidth", "greatest link width"),
  };
}
