import { canonicalJson } from "../../hash/canonical-json.ts";
import type { Request } from "../../request/request.ts";

/** A request without its name, tenant and flavor: requests of one demand have the same answers. */
export interface Demand {
  readonly key: string;
  readonly request: Request;
  /** The only signature that counts; null where any placement of the request does. */
  readonly only: string | null;
}

/**
 * @param only a signature: only placements of it count, even under locality `preferred`. Slots of
 *   the signature that a flavor is sold in are counted so.
 */
export function demandOf(request: Request, only: string | null = null): Demand {
  const asked = { ...request, ...(only !== null && { signature: null }) };
  const key = canonicalJson({ ...asked, name: "", tenant: null, flavor: null, only });
  return { key, request: asked, only };
}
