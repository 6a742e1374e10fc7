import { render } from "@evenkeel/core/render/render.ts";
import { limitsFor, parseVersions } from "@evenkeel/core/guest/versions.ts";
import { place } from "@evenkeel/core/fleet/place.ts";
import type { Plan } from "@evenkeel/core/plan/plan.ts";
import { defaultHostPolicy } from "@evenkeel/core/request/host-policy.ts";
import { resolveRequest } from "@evenkeel/core/request/resolve.ts";
import { isolations, localities } from "@evenkeel/core/request/virtual-machine.ts";
import { catalogMachine, catalogNames } from "@evenkeel/core/topology/catalog/catalog.ts";
import { expect, test } from "vitest";
import { whyNoSchema } from "./programs.ts";
import { domainSchema } from "./schema.ts";

if (whyNoSchema !== null) console.warn(`skipping the catalog's guests: ${whyNoSchema}`);

const late = limitsFor(parseVersions("qemu=10.0"));

/** What fits of a family of requests on a machine of the catalog, as placed. */
function plansOn(name: string): Plan[] {
  const topology = catalogMachine(name);
  if (topology === null) return [];
  const host = { topology, taken: [], policy: defaultHostPolicy };
  const devices = [1, 2, 4, 8].map((count) => ({ count, vcpus: count * 8, memory: count * 24 }));
  return devices.flatMap(({ count, vcpus, memory }) =>
    localities.flatMap((locality) =>
      isolations.flatMap((isolation) => {
        const request = resolveRequest(
          {
            apiVersion: "evenkeel/v1",
            kind: "VirtualMachine",
            metadata: { name: `${locality}-${isolation}`, tenant: "acme" },
            spec: { accelerators: { count }, vcpus, memory: `${memory}Gi`, locality, isolation },
          },
          [],
        );
        const answer = place([host], request);
        return answer.kind === "Plan" ? [answer] : [];
      }),
    ),
  );
}

test.skipIf(whyNoSchema !== null).each(catalogNames)(
  "what is placed on %s is a valid domain",
  (name) => {
    const wrong = domainSchema();
    const plans = plansOn(name);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) expect(wrong(render(plan, "libvirt", { limits: late }))).toBeNull();
  },
);
