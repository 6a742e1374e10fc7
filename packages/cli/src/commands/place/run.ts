import { EvenkeelError } from "@evenkeel/core/error/evenkeel-error.ts";
import type { HostState } from "@evenkeel/core/plan/host-state.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import type { Refusal } from "@evenkeel/core/plan/refusal.ts";
import { guestName, isVmCalled } from "@evenkeel/core/guest/name.ts";
import type { Request } from "@evenkeel/core/request/request.ts";
import { requestOfFlavor, resolveRequest } from "@evenkeel/core/request/resolve.ts";
import { didYouMean } from "@evenkeel/core/text/did-you-mean.ts";
import type { CliContext } from "../../command/context.ts";
import { refusalStatus } from "../../command/exit-status.ts";
import { refuseTwoStdins } from "../../input/read-text.ts";
import { jsonText } from "../../text/json-text.ts";
import { planText, type View } from "../../text/plan-text.ts";
import { refusalText } from "../../text/refusal-text.ts";
import type { PlaceFlags } from "./flags.ts";
import { readAsked } from "../../input/read-documents.ts";
import { readProfiles } from "../../input/read-profiles.ts";
import { readHosts, refuseHosts } from "../../input/read-hosts.ts";

export async function runPlace(this: CliContext, flags: PlaceFlags, path: string): Promise<void> {
  const {
    on,
    fleet,
    taken,
    flavor,
    profile,
    policy,
    calibration,
    state,
    "away-from": awayFrom,
    spread,
    forecast: isForecast,
    output,
  } = flags;
  const { surroundings } = this;
  refuseTwoStdins([
    path,
    ...on,
    ...taken,
    ...flavor,
    ...profile,
    policy ?? "",
    fleet ?? "",
    ...calibration,
  ]);
  const skipUnreadable = flags["skip-unreadable"];
  refuseHosts({ on, fleet, policy, skipUnreadable });
  if (isForecast && output !== "text" && output !== "json") {
    throw new EvenkeelError("usage", `--forecast has no effect as ${output}`, {
      expected: "--output text or json with --forecast",
      remedy: "leave out one of the two",
    });
  }
  const { vm, flavors } = await readAsked(path, flavor, surroundings);
  const profiles = await readProfiles(profile, surroundings);
  const request = resolveRequest(vm, flavors, profiles);
  const own = { vm: request.name, tenant: request.tenant };
  const asked = { on, fleet, skipUnreadable, taken, policy, calibration, state, vm: own };
  const hosts = await readHosts(asked, surroundings);
  refuseUnknownVms(awayFrom, hosts);
  refuseOwnPlan(request, hosts);
  const answer = place(hosts, request, {
    flavors: flavors.map((sold) => requestOfFlavor(sold, profiles)),
    awayFrom,
    preferEmptyHosts: spread,
    // Where too little is known, only a program gets to see the causes.
    causesWhereUntold: output === "json",
  });
  if (answer.kind === "Refusal") this.finish(refusalStatus(answer));
  const view = { width: this.columns, paint: this.paint };
  if ((output === "libvirt" || output === "svg") && answer.kind === "Refusal") {
    // A file that a definition or a picture is redirected into must not end up with prose.
    surroundings.stderr.write(refusalText(answer, view));
    return;
  }
  const host =
    answer.kind === "Refusal"
      ? undefined
      : hosts.find(({ topology }) => topology.name === answer.host);
  const wanted = host === undefined ? null : { host, request, isForecast };
  surroundings.stdout.write(await answerText(answer, wanted, output, view));
  if (answer.kind === "Refusal" || (output !== "text" && output !== "svg")) return;
  if (host !== undefined) surroundings.stdout.write(await pictureOf(host, answer, output, this));
}

/** The VM among the others on its host: as a picture, or below the text of a terminal. */
async function pictureOf(
  host: HostState,
  plan: Plan,
  output: "text" | "svg",
  { surroundings: { stdout }, columns: width, color }: CliContext,
): Promise<string> {
  if (output === "text" && !stdout.isTTY) return "";
  const { tenancyOf } = await import("@evenkeel/core/placement/tenancy/tenancy-of-host.ts");
  const tenancy = tenancyOf(host, plan);
  if (output === "svg") {
    const { drawSvg } = await import("@evenkeel/core/topology/draw/svg/draw-svg.ts");
    return drawSvg(host.topology, { tenancy });
  }
  const { drawTenancy } = await import("@evenkeel/core/topology/draw/draw-tenancy.ts");
  const { styled } = await import("../../text/terminal-text.ts");
  return styled(`\n${drawTenancy(host.topology, { width, color, tenancy })}`);
}

/**
 * Refuses to keep away from a VM without a plan: most likely a plan was forgotten or misspelled.
 */
function refuseUnknownVms(names: readonly string[], hosts: readonly HostState[]): void {
  const plans = hosts.flatMap(({ taken }) => taken);
  const unknown = names.find((name) => !plans.some((plan) => isVmCalled(name, plan)));
  if (unknown === undefined) return;
  const known = plans.flatMap(({ vm, tenant }) => [vm, guestName(vm, tenant)]);
  const near = didYouMean(unknown, known);
  throw new EvenkeelError("usage", `no plan is given for the VM ${JSON.stringify(unknown)}`, {
    where: "--away-from",
    expected: "the name of a VM whose plan is given with --taken",
    remedy: near === null ? "give its plan with --taken" : `did you mean ${near}?`,
  });
}

/** Refuses a plan of the VM itself among those of the others: it would count twice. */
function refuseOwnPlan({ name, tenant }: Request, hosts: readonly HostState[]): void {
  const plans = hosts.flatMap(({ taken }) => taken);
  const own = plans.find((plan) => plan.vm === name && plan.tenant === tenant);
  if (own === undefined) return;
  throw new EvenkeelError("usage", `${guestName(name, tenant)} has a plan on ${own.host} already`, {
    where: "--taken and this host's records",
    expected: "plans of other VMs",
    remedy: "give the new VM another name; or leave its plan out, or stop it, to place it anew",
  });
}

/** What is told beside a plan needs its host and the request, and whether a forecast is wanted. */
interface BesideWanted {
  readonly host: HostState;
  readonly request: Request;
  readonly isForecast: boolean;
}

async function answerText(
  answer: Plan | Refusal,
  wanted: BesideWanted | null,
  output: PlaceFlags["output"],
  view: View,
): Promise<string> {
  if (answer.kind === "Refusal") {
    return output === "json" ? jsonText(answer) : refusalText(answer, view);
  }
  if (output === "svg") return "";
  if (output === "libvirt") {
    const { render } = await import("@evenkeel/core/render/render.ts");
    return render(answer, "libvirt");
  }
  const isWanted =
    wanted !== null &&
    (wanted.isForecast || (output === "text" && wanted.request.locality !== "strict"));
  if (!isWanted) return output === "json" ? jsonText(answer) : planText(answer, view);
  const { besideOf, besideText } = await import("./beside.ts");
  const beside = besideOf(wanted.host, answer, wanted.request, wanted.isForecast);
  return output === "json"
    ? jsonText({ plan: answer, ...beside })
    : `${planText(answer, view)}${besideText(beside, view)}`;
}
