import { amountOf } from "../text/amount.ts";
import { normalPciAddress } from "../topology/pci-address.ts";
import type { LocalRank } from "./local-rank.ts";
import type { Topology } from "../topology/topology.ts";
import { isUuid, namedIn } from "./visible/entries.ts";
import type { Unclear, VisibleAccelerators } from "./visible/seen.ts";

/** Which of the visible accelerators a command is to be beside. */
export type Wanted =
  /** All of them. */
  | { readonly kind: "all" }
  /** The one of a process among others on this machine. */
  | { readonly kind: "rank"; readonly rank: LocalRank }
  /** Positions among the visible ones, addresses, or UUIDs. */
  | { readonly kind: "named"; readonly words: readonly string[] };

/** The accelerators of a command. */
export interface Chosen {
  /** Where that is unclear, all that may be among them. */
  readonly addresses: readonly string[];
  readonly unclear: Pick<Unclear, "why" | "tells"> | null;
  readonly reason: string;
}

/** What no machine could mend: a word that names nothing here. */
export interface NotHere {
  readonly message: string;
  readonly expected: string;
}

/**
 * Chooses a command's accelerators.
 *
 * A process that is the only one of its job on this machine works with all that it sees, and so
 * does one without a rank. Otherwise it works with the one at its rank, as every launcher's users
 * write it (`cuda:LOCAL_RANK`), or with the only one that it sees. With more processes than
 * accelerators, which of them share one is for the program to say.
 */
export function chooseAccelerators(
  topology: Topology,
  visible: VisibleAccelerators,
  wanted: Wanted,
): Chosen | NotHere {
  const { addresses, unclear } = visible;
  const members = unclear?.of === "members" ? unclear : null;
  switch (wanted.kind) {
    case "all":
      return { addresses, unclear: members, reason: seenAs(visible) };
    case "rank":
      return ofRank(visible, wanted.rank);
    case "named":
      return named(topology, visible, wanted.words);
  }
}

/** What a command sees, for people. */
function seenAs({ addresses, unclear, chosenBy }: VisibleAccelerators): string {
  const by = byWhom(chosenBy);
  if (unclear?.of === "members") return `it may see any of ${amount(addresses)}${by}`;
  if (addresses.length < 2) return `it sees ${amount(addresses)}${by}`;
  return `it works with all ${amount(addresses)} that it sees${by}`;
}

function byWhom(variables: readonly string[]): string {
  return variables.length === 0 ? "" : ` (by ${variables.join(" and ")})`;
}

function ofRank(visible: VisibleAccelerators, { rank, count, from }: LocalRank): Chosen {
  const { addresses, unclear, chosenBy } = visible;
  const reason = (what: string): string => `${from} is ${rank}${what}`;
  const [only] = addresses;
  const members = unclear?.of === "members" ? unclear : null;
  if (addresses.length <= 1 || count === 1 || only === undefined) {
    const alone = count === 1 ? ", the only one here" : "";
    return { addresses, unclear: members, reason: reason(`${alone}: ${seenAs(visible)}`) };
  }
  if (typeof rank === "string") {
    const why = `${from} is ${JSON.stringify(rank)}, and no number`;
    return { addresses, unclear: { why, tells: "--gpu" }, reason: seenAs(visible) };
  }
  const address = addresses[rank];
  if (address === undefined || (count !== null && count > addresses.length)) {
    const why =
      `${count ?? `at least ${rank + 1}`} processes share ${addresses.length} GPUs, ` +
      "and the program says how";
    return { addresses, unclear: { why, tells: "--gpu" }, reason: reason("") };
  }
  if (unclear !== null) return { addresses, unclear, reason: reason("") };
  const which = `: number ${rank} of the ${amount(addresses)} that it sees${byWhom(chosenBy)}`;
  return { addresses: [address], unclear: null, reason: reason(which) };
}

function named(
  topology: Topology,
  visible: VisibleAccelerators,
  words: readonly string[],
): Chosen | NotHere {
  const all = topology.accelerators;
  const addresses: string[] = [];
  let unclear: Chosen["unclear"] = null;
  for (const word of words) {
    const found = oneNamed(topology, visible, word);
    if (found === null) {
      const numbers = visible.addresses.length;
      const upTo = numbers === 0 ? "" : `a number from 0 to ${numbers - 1}, `;
      const expected = `${upTo}a PCI address or a UUID of one of ${amount(all)}`;
      return { message: `no GPU here is ${word}`, expected };
    }
    if (typeof found === "string") addresses.push(found);
    else {
      addresses.push(...found.addresses);
      unclear = found.unclear;
    }
  }
  const unique = [...new Set(addresses)];
  return { addresses: unique, unclear, reason: `--gpu ${words.join(",")}` };
}

/** Null where it names none. */
function oneNamed(
  { accelerators }: Topology,
  { addresses, unclear }: VisibleAccelerators,
  word: string,
): string | Pick<Chosen, "addresses" | "unclear"> | null {
  if (/^\d+$/.test(word)) {
    const address = addresses[Number(word)];
    if (address === undefined) return null;
    return unclear === null || addresses.length === 1 ? address : { addresses, unclear };
  }
  const address = normalPciAddress(word);
  if (address !== null) return accelerators.some((one) => one.address === address) ? address : null;
  // As a library would read it, `0-3` is the number 0, which nobody means here.
  if (!isUuid(word)) return null;
  const found = namedIn("--gpu", word, { accelerators, unordered: null });
  if (found.kind === "unclear") return { addresses: accelerators.map(addressOf), unclear: found };
  return found.kind === "these" ? (found.addresses[0] ?? null) : null;
}

const addressOf = ({ address }: { readonly address: string }): string => address;

function amount(addresses: readonly unknown[]): string {
  if (addresses.length === 0) return "no GPU";
  return amountOf(addresses.length, "GPU");
}
