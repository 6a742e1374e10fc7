import type { NetworkPort } from "../../../evidence/machine-evidence.ts";
import { advice } from "../../../remedy/remedy.ts";
import { unknownCost } from "../../../verify/verdict/check.ts";
import {
  type Accusation,
  accused,
  acquitted,
  type Cause,
  irrelevant,
  untold,
} from "../../subject/cause.ts";
import type { Subject } from "../../subject/subject.ts";
import { devicesOf } from "../../subject/yardstick.ts";

/** Rates of ports that differ by less are the same, in other words for it. */
const alike = 0.8;

/**
 * A port that negotiated a lower rate than the twin's: a cable or a module for less, a port of the
 * switch, an autonegotiation that failed (github.com/NVIDIA/nccl/issues/307: 100 in place of 200
 * Gbit/s; github.com/robotology/mesh-support/issues/776: 10 Mbit/s of 1 Gbit/s). What the card
 * could do no file tells, so it needs the twin. A port without a link has a rate that says nothing.
 */
export const networkSlow: Cause = {
  code: "network-slow",
  layer: "fabric",
  looksFor: "a network port runs at a lower rate than the twin's",
  observable: "machine.networkPorts[].bytesPerSecond",
  readFrom: "/sys/class/infiniband/*/ports/*/rate, /sys/class/net/*/speed",
  acquittedBy: "the rates of the twin's ports, or higher ones",
  followsFrom: [],
  judge: (subject, twin) => {
    if (twin === null) return irrelevant;
    const [own, others] = [portsOf(subject), portsOf(twin)];
    if (own === null || others === null) return untold("the network ports were not read of both");
    if (own.length === 0 || others.length === 0) return irrelevant;
    const pairs = pairsOf(own, others);
    if (pairs === null) return untold("the rates of their network ports were not read of both");
    const slow = pairs.filter(({ port, there }) => port.rate < there * alike);
    if (slow.length > 0) return accused(...slow.map(accusation));
    const rates = pairs.map(({ port }) => port.rate);
    if (rates.length === 0) return irrelevant;
    return acquitted(`network ports up to ${rateText(Math.max(...rates))}`);
  },
};

/** The ports of the machine; of a VM those of the cards that it has. Null where nobody looked. */
function portsOf({ evidence, machine, topology }: Subject): readonly NetworkPort[] | null {
  const ports = machine?.networkPorts ?? null;
  if (ports === null || evidence.of !== "vm") return ports;
  const given = topology === null ? [] : devicesOf(evidence, topology).nics;
  return ports.filter(({ address }) => given.includes(address));
}

/** A port with a link. */
interface Port {
  readonly name: string;
  readonly rate: number;
}

/** A port, and the rate that it is held against. */
interface Pair {
  readonly port: Port;
  readonly there: number;
}

/**
 * Ports of one name that have a link in both; where the two have no name in common, the fastest of
 * each. Null where it is unknown of a port that counts.
 */
function pairsOf(
  own: readonly NetworkPort[],
  others: readonly NetworkPort[],
): readonly Pair[] | null {
  const shared = own.flatMap((port) => {
    const like = others.find(({ name }) => name === port.name);
    return like === undefined ? [] : [{ port, like }];
  });
  if (shared.length > 0) {
    const known = shared.filter(({ port, like }) => isKnown(port) && isKnown(like));
    const pairs = known.flatMap(({ port, like }): Pair[] => {
      const [one, there] = [linked(port), linked(like)];
      return one === null || there === null ? [] : [{ port: one, there: there.rate }];
    });
    return pairs.length === 0 && known.length < shared.length ? null : pairs;
  }
  if (![...own, ...others].every(isKnown)) return null;
  const [one, there] = [own, others].map((ports) => fastest(ports.flatMap((p) => linked(p) ?? [])));
  return one == null || there == null ? [] : [{ port: one, there: there.rate }];
}

function isKnown({ isUp, bytesPerSecond }: NetworkPort): boolean {
  return isUp === false || (isUp !== null && bytesPerSecond !== null);
}

function linked({ name, isUp, bytesPerSecond }: NetworkPort): Port | null {
  return isUp === true && bytesPerSecond !== null ? { name, rate: bytesPerSecond } : null;
}

function fastest(ports: readonly Port[]): Port | null {
  return ports.toSorted((a, b) => b.rate - a.rate)[0] ?? null;
}

function accusation({ port: { name, rate }, there }: Pair): Accusation {
  return {
    about: name,
    expected: `${rateText(there)}, as the other's`,
    found: rateText(rate),
    evidence: [`rate of ${name}: ${rate} bytes per second`],
    // What goes over it, and whether anything does, is not seen.
    seen: "inferred",
    cost: unknownCost,
    remedy: advice(
      "live",
      `Look at the cable and the module of ${name}, at the port of the switch, and at what both ` +
        "ends negotiate (ethtool, ibstat).",
    ),
  };
}

/** `200 Gbit/s`, `10 Mbit/s`. */
function rateText(bytesPerSecond: number): string {
  const megabits = (bytesPerSecond * 8) / 1e6;
  const [value, unit] = megabits >= 1000 ? [megabits / 1000, "Gbit/s"] : [megabits, "Mbit/s"];
  return `${Math.round(value * 10) / 10} ${unit}`;
}
