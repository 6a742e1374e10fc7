import { canonicalJson } from "../../hash/canonical-json.ts";
import type { Request } from "../../request/request.ts";

/** What requests have in common that are answered alike: everything but whose they are. */
export interface Demand {
  readonly key: string;
  readonly request: Request;
  /** The one signature that counts; null where the request alone says what may be had. */
  readonly only: string | null;
}

/**
 * @param only placements of this signature and no others, whatever the request's locality would put
 * up with: the signature that a flavor is sold in is counted apart from what else its VMs could be given.
 */
export function demandOf(request: Request, only: string | null = null): Demand {
  const asked = { ...request, ...(only !== null && { signature: null }) };
  const key = canonicalJson({ ...asked, name: "", tenant: null, flavor: null, only });
  return { key, request: asked, only };
}
