import { shareText } from "@evenkeel/core/text/share.ts";
import { allOrSome, type Claim, judged } from "./claims.ts";
import { timesText } from "./describe.ts";
import { shareOfPairsApart } from "./distribution.ts";
import type { Way, WayResult } from "./experiment.ts";

/** A twin is called slower from here on. */
const apart = 1.2;

/** Less than this nobody would notice. */
const alike = 1.005;

/** The claims about equal VMs, by how the experiment came out. */
export function twinClaims(ways: readonly WayResult[]): readonly Claim[] {
  const of = (way: Way): WayResult | undefined => ways.find((one) => one.way === way);
  const [luck, interleave, pinned, evenkeel] = [
    of("luck"),
    of("interleave"),
    of("pinned"),
    of("evenkeel"),
  ];
  return [
    ...(luck === undefined ? [] : [slowerTwin(luck)]),
    ...(luck === undefined || interleave === undefined ? [] : [average(luck, interleave)]),
    ...(interleave === undefined || evenkeel === undefined
      ? []
      : [wrongTrade(interleave, evenkeel)]),
    ...(pinned === undefined || evenkeel === undefined ? [] : [blindPinning(pinned, evenkeel)]),
    ...(evenkeel === undefined ? [] : [sameTwice(evenkeel)]),
  ].map(judged);
}

/** Nobody else runs: the claim is made of VMs without contention. */
function slowerTwin({ alone, basis }: WayResult): Claim {
  const share = shareOfPairsApart(alone, apart);
  return {
    name: "twin-slower",
    says: "of two equal VMs, placed by luck and with nobody else running, one is 20 % slower",
    found:
      `by 20 % or more in ${shareText(share, 1)} of all pairs; the slowest takes ` +
      `${timesText(alone.spread)} times as long as the fastest`,
    holds: alone.spread >= apart ? (share >= 0.5 ? "yes" : "partly") : "no",
    basis,
  };
}

function average(luck: WayResult, interleave: WayResult): Claim {
  const [a, b] = [luck.loaded, interleave.loaded];
  const isAverage = Math.abs(b.mean / a.mean - 1) <= 0.05;
  const isSteadier = b.spread < a.spread;
  return {
    name: "interleave-average",
    says: "interleaving makes all equal VMs run at about the average of what luck gives",
    found:
      `mean ${timesText(b.mean)} and at most ${timesText(b.spread)} times apart; by luck ` +
      `${timesText(a.mean)} and ${timesText(a.spread)}`,
    holds: allOrSome([isAverage, isSteadier]),
    basis: interleave.basis,
  };
}

function wrongTrade(interleave: WayResult, evenkeel: WayResult): Claim {
  const loss = interleave.loaded.mean / evenkeel.loaded.mean;
  return {
    name: "interleave-wrong-for-gpus",
    says: "for GPU VMs interleaving is the wrong trade: placement beats it",
    found: `interleaved, a step takes ${timesText(loss)} times as long as placed by a plan`,
    holds: loss > alike ? "yes" : "no",
    basis: interleave.basis,
  };
}

function blindPinning(pinned: WayResult, evenkeel: WayResult): Claim {
  const loss = pinned.loaded.mean / evenkeel.loaded.mean;
  return {
    name: "pinned-blind",
    says: "pinning cores and memory is not enough where devices and the guest are left out of it",
    found:
      `mean ${timesText(loss)} times that of a plan, the slowest ${timesText(pinned.loaded.most)}; ` +
      "what a guest that sees no nodes loses beyond that is not counted",
    holds: loss > alike ? "yes" : "no",
    basis: pinned.basis,
  };
}

function sameTwice({ loaded, basis }: WayResult): Claim {
  return {
    name: "same-twice",
    says: "placed as a plan says, equal VMs behave the same way twice",
    found:
      loaded.spread < alike
        ? `all take ${timesText(loaded.mean)}`
        : `from ${timesText(loaded.least)} to ${timesText(loaded.most)}`,
    holds: loaded.spread < alike ? "yes" : "no",
    basis,
  };
}
